"""A local stand-in for Yahoo's chart service, so that the real yfinance code runs without a network.

Each ticker behaves as told: "well", "late" (starts halfway), "gappy", "empty", "dead", "missing range",
429, 500, "500 json", "html", "cut", "zero", "slow", or a list of behaviours, one per attempt.
"""

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pandas as pd
import pytest

__all__ = ["StandIn", "closes_of", "stand_in"]

ZONE = "America/New_York"
FIRST_DAY, LAST_DAY = "2019-01-02", "2026-12-31"


def closes_of(ticker: str, days: pd.DatetimeIndex) -> list[float]:
    """Closing prices anyone can recompute: they depend on the ticker and the day alone."""
    base = 50 + sum(map(ord, ticker)) % 50
    return [base + (d.toordinal() * 7 % 13) / 10 + (d.toordinal() - 736_000) / 100 for d in days]


class StandIn:
    """What the server knows and what it was asked."""

    def __init__(self, behaviours: dict[str, object], slowness: float) -> None:
        self.behaviours = behaviours
        self.slowness = slowness
        self.requests: Counter[str] = Counter()
        self.prices_asked: Counter[str] = Counter()
        self.ranges: dict[str, list[tuple[pd.Timestamp, pd.Timestamp]]] = {}
        self.url = ""

    def behaviour(self, ticker: str) -> object:
        """The behaviour now; a list moves on with every request."""
        wanted = self.behaviours.get(ticker, "dead")
        if isinstance(wanted, list):
            return wanted[min(self.requests[ticker] - 1, len(wanted) - 1)]
        return wanted


def chart(ticker: str, behaviour: object, first: float, last: float) -> dict:
    """The body Yahoo gives for a chart request."""
    days = pd.bdate_range(FIRST_DAY, LAST_DAY)
    if behaviour == "seven days":
        days = pd.date_range(FIRST_DAY, LAST_DAY)
    if behaviour == "late":
        days = days[days >= "2022-06-01"]
    if behaviour == "ended":
        days = days[days < "2022-06-01"]
    if behaviour == "other holidays":
        days = days[days.day != 15]
    opens = (days + pd.Timedelta(hours=9, minutes=30)).tz_localize(ZONE)
    seconds = [int(t.timestamp()) for t in opens]
    inside = [k for k, s in enumerate(seconds) if first <= s < last]
    closes = closes_of(ticker, days)
    values: list[float | None] = [closes[k] for k in inside]
    if behaviour == "gappy":
        values = [None if k % 4 == 0 else v for k, v in enumerate(values)]
    if behaviour == "zero":
        values[len(values) // 2] = 0.0
    if behaviour == "empty":
        inside, values = [], []
    factor = 0.45 if behaviour == "adjusted anew" else 0.9
    adjusted = [None if v is None else v * factor for v in values]
    volume = [1000] * len(values)
    quote = {"open": values, "high": values, "low": values, "close": values, "volume": volume}
    meta = {
        "currency": "GBP" if ticker.endswith(".L") else "USD",
        "symbol": ticker,
        "instrumentType": "CRYPTOCURRENCY" if behaviour == "seven days" else "EQUITY",
        "longName": f"<b>{ticker}</b> plc",
        "exchangeTimezoneName": ZONE,
        "timezone": "EST",
        "gmtoffset": -18000,
        "regularMarketPrice": 1.0,
        "regularMarketTime": int(last),
        "firstTradeDate": seconds[0],
        "dataGranularity": "1d",
        "range": "",
        "validRanges": ["1d", "5d", "1mo", "max"],
        "currentTradingPeriod": {
            part: {"timezone": "EST", "start": int(last), "end": int(last), "gmtoffset": -18000}
            for part in ("pre", "regular", "post")
        },
    }
    result = {
        "meta": meta,
        "timestamp": [seconds[k] for k in inside],
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": adjusted}]},
    }
    return {"chart": {"result": [result], "error": None}}


def error_body(code: str, description: str) -> dict:
    return {"chart": {"result": None, "error": {"code": code, "description": description}}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    known: StandIn

    def log_message(self, *args: object) -> None:
        pass

    def send(self, code: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = parse_qs(parts.query)
        if "/v8/finance/chart/" not in parts.path:
            self.send(
                404, json.dumps({"quoteSummary": {"result": None, "error": {"code": "Not Found"}}}).encode()
            )
            return
        ticker = unquote(parts.path.rsplit("/", 1)[1])
        self.known.requests[ticker] += 1
        if "period1" in asked:
            self.known.prices_asked[ticker] += 1
            first, last = (pd.Timestamp(int(asked[p][0]), unit="s") for p in ("period1", "period2"))
            self.known.ranges.setdefault(ticker, []).append((first.normalize(), last.normalize()))
        self.answer(ticker, self.known.behaviour(ticker), asked)

    def answer(self, ticker: str, behaviour: object, asked: dict[str, list[str]]) -> None:
        if behaviour == "slow":
            time.sleep(self.known.slowness)
        if behaviour == "html":
            self.send(200, b"<!doctype html><html><body>Consent, please</body></html>", "text/html")
        elif behaviour == 429:
            self.send(429, b"Too Many Requests", "text/plain")
        elif behaviour == 500:
            self.send(500, b"<html>Internal Server Error</html>", "text/html")
        elif behaviour == "500 json":
            self.send(500, json.dumps(error_body("Internal", "Something went wrong")).encode())
        elif behaviour == "dead":
            body = error_body("Not Found", "No data found, symbol may be delisted")
            self.send(404, json.dumps(body).encode())
        elif behaviour == "missing range" and "period1" in asked:
            body = error_body("Bad Request", "Data doesn't exist for startDate = 1, endDate = 2")
            self.send(400, json.dumps(body).encode())
        else:
            first = float(asked.get("period1", ["1767225600"])[0])
            last = float(asked.get("period2", [str(time.time())])[0])
            body = json.dumps(chart(ticker, behaviour, first, last)).encode()
            self.send(200, body[: len(body) // 2] if behaviour == "cut" else body)


@contextlib.contextmanager
def stand_in(
    behaviours: dict[str, object], *, slowness: float = 5.0, refuse: bool = False
) -> Iterator[StandIn]:
    """Serve as told and point yfinance at it; with `refuse` nobody listens at the address."""
    import yfinance.base
    import yfinance.const
    import yfinance.scrapers.history
    import yfinance.scrapers.quote
    from yfinance.data import YfData

    known = StandIn(behaviours, slowness)
    handler = type("Told", (Handler,), {"known": known})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    known.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    if refuse:
        server.server_close()
    else:
        thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        modules = (yfinance.const, yfinance.base, yfinance.scrapers.history, yfinance.scrapers.quote)
        for module in modules:
            for name in ("_BASE_URL_", "_QUERY1_URL_", "_ROOT_URL_", "_QUOTE_SUMMARY_URL_"):
                if hasattr(module, name):
                    patch.setattr(module, name, known.url)
        patch.setattr(YfData, "_get_cookie_and_crumb", lambda *args, **kwargs: (None, "basic"))
        try:
            yield known
        finally:
            if not refuse:
                server.shutdown()
                server.server_close()
