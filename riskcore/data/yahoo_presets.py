"""Lists of Yahoo tickers to start from."""

__all__ = ["PRESETS"]

PRESETS: dict[str, tuple[str, ...]] = {
    "60/40": ("SPY", "AGG"),
    "All-weather": ("VTI", "TLT", "IEF", "GLD", "DBC"),
    "US sectors": ("XLB", "XLC", "XLE", "XLF", "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY"),
    "World": ("SPY", "VGK", "EWJ", "EWU", "EWC", "EWA", "EEM", "AGG", "GLD"),
    "NIFTY names": (
        "RELIANCE.NS",
        "HDFCBANK.NS",
        "ICICIBANK.NS",
        "INFY.NS",
        "TCS.NS",
        "ITC.NS",
        "LT.NS",
        "BHARTIARTL.NS",
        "SBIN.NS",
        "HINDUNILVR.NS",
        "^NSEI",
    ),
}
