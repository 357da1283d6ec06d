"""Data: choose prices, assets and weights; what is loaded is checked and said."""

import streamlit as st

from riskcore.dashboard.data_assets import asset_choice, asset_table
from riskcore.dashboard.data_currency import rates_offer
from riskcore.dashboard.data_doors import open_door
from riskcore.dashboard.data_files import file_door
from riskcore.dashboard.data_forms import sample_door
from riskcore.dashboard.data_holdings import holdings_door
from riskcore.dashboard.data_quality import quality_report
from riskcore.dashboard.data_saved import saved_things
from riskcore.dashboard.data_yahoo import yahoo_door
from riskcore.dashboard.frame import open_page
from riskcore.dashboard.script import page_script
from riskcore.dashboard.widgets import guarded

DOORS = {
    "sample": ("Bundled samples", sample_door),
    "csv": ("File of prices", file_door),
    "yahoo": ("Yahoo tickers", yahoo_door),
}
SCRIPT = """
print(prices)
print(history)
for portfolio in (a, b):
    print(portfolio.name, portfolio.weights.to_dict())
for asset, first, years in prices.shortened_by(history.assets):
    print(f"{asset} starts on {first:%Y-%m-%d} and costs {years:.1f} years")
"""

frame = open_page("data", uses={"a", "b", "window"})
st.header("What you hold", anchor=False)
with guarded():
    holdings_door(frame.book)
st.header("Where the prices come from", anchor=False)
open_door({key: title for key, (title, _) in DOORS.items()})
door = st.segmented_control(
    "Source",
    list(DOORS),
    format_func=lambda key: DOORS[key][0],
    default="sample",
    required=True,
    key="door",
    bind="query-params",
    label_visibility="collapsed",
)
with guarded():
    DOORS[door][1](frame.book)
with guarded():
    rates_offer(frame.book)
st.header("Which assets", anchor=False)
with guarded():
    asset_choice(frame.book)
    asset_table(frame.book)
st.header("Is anything wrong with the prices", anchor=False)
with guarded():
    quality_report(frame.book)
st.header("What is saved", anchor=False)
with guarded():
    saved_things(frame.book)
with guarded():
    frame.footer(page_script(frame.book, SCRIPT))
