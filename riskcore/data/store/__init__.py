"""What people save: portfolios, price sets, snapshots, small things by kind, fetched prices."""

from riskcore.data.store.kept import Kept, KeptShelf
from riskcore.data.store.portfolios import PortfolioShelf, SavedPortfolio
from riskcore.data.store.price_sets import PriceSetShelf, SavedPriceSet
from riskcore.data.store.series import Decision, SeriesShelf, StoredSeries
from riskcore.data.store.snapshots import Snapshot, SnapshotShelf
from riskcore.data.store.store import Store, home_folder, open_store

__all__ = [
    "Decision",
    "Kept",
    "KeptShelf",
    "PortfolioShelf",
    "PriceSetShelf",
    "SavedPortfolio",
    "SavedPriceSet",
    "SeriesShelf",
    "Snapshot",
    "SnapshotShelf",
    "Store",
    "StoredSeries",
    "home_folder",
    "open_store",
]
