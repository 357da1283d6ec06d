"""A store to test with: in a file, and on the PostgreSQL server that RISKCORE_TEST_DATABASE_URL names.

Without the variable the tests on the server are skipped, unless RISKCORE_REQUIRE contains postgresql.
"""

import os
import re
from uuid import uuid4

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from riskcore.data.price_set import PriceSet, plain_assets
from riskcore.data.store import open_store
from riskcore.data.store.database import server_url

ADDRESS = os.environ.get("RISKCORE_TEST_DATABASE_URL")
REQUIRED = re.findall(r"\w+", os.environ.get("RISKCORE_REQUIRE", ""))


@pytest.fixture
def server():
    """The address of an empty schema on the test server, dropped afterwards."""
    if not ADDRESS:
        sentence = "RISKCORE_TEST_DATABASE_URL names no PostgreSQL server"
        if "postgresql" in REQUIRED:
            pytest.fail(f"{sentence} (RISKCORE_REQUIRE asks for it)")
        pytest.skip(sentence)
    engine = create_engine(server_url(ADDRESS))
    schema = f"test_{uuid4().hex}"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield (
        server_url(ADDRESS)
        .update_query_dict({"options": f"-csearch_path={schema}"})
        .render_as_string(hide_password=False)
    )
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    """How to open one store again and again: the arguments of open_store."""
    if request.param == "sqlite":
        return {"home": str(tmp_path / "home")}
    return {"url": request.getfixturevalue("server")}


@pytest.fixture
def store(where):
    with open_store(**where) as opened:
        yield opened


@pytest.fixture
def file_store(tmp_path):
    """A store in a file, for what is refused before any database is asked."""
    with open_store(home=tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def prices():
    """A small price set with everything that has to come back."""
    days = pd.to_datetime(["2024-01-02 00:00", "2024-01-03 00:00", "2024-01-05 16:30", "2024-01-08 00:00"])
    frame = pd.DataFrame(
        {
            "date": [1 / 3, 0.1, 1e-300, 5e300],
            "=SUM(A1)": [float("nan"), float("nan"), 2.0, 3.0],
            "Ünïcode 基金": [1.0, 2.0, float("nan"), 4.0],
        },
        index=days,
    )
    assets = plain_assets(list(frame.columns), currencies=["EUR", "", "INR"])
    assets["name"] = ["<b>One</b>", "", "NA"]
    return PriceSet(
        key="upload-1",
        label="My file, 2024",
        prices=frame,
        assets=assets,
        periods_per_year=252.0,
        source="file “a.csv”",
        returns_basis="EUR",
        notes=("First note.", "Second | note."),
        default_assets=("date", "Ünïcode 基金"),
        default_index="date",
    )
