"""Names of every kind: kept byte for byte or refused, and never a path."""

import pytest

from riskcore.data.store import open_store
from riskcore.errors import InputError

KEPT = [
    "Robert'); DROP TABLE portfolios;--",
    "../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/absolute/path",
    "CON",
    ".hidden",
    "%2e%2e%2fetc",
    "<b>bold</b>",
    "<svg><script>alert(1)</script>",
    "![x](https://example.org/x)",
    "=HYPERLINK(1)",
    "${jndi:ldap://x}",
    "{0} %s :name ?",
    "Müller 基金 🚀",
    "M\u00fcller",  # ü as one character
    "Mu\u0308ller",  # and as two: another name
    "My Portfolio",
    "my portfolio",
    "MY PORTFOLIO",
    " leading",
    "trailing ",
    "İstanbul",
    "straße",
    "STRASSE",
    "‏עברית",
    "a" * 200,
    "\U0001f680" * 200,
    "NULL",
    "None",
    "0",
]
REFUSED = {
    "": "is blank",
    "   ": "is blank",
    "\u00a0\u2003": "is blank",
    "\u200b": "is blank",
    "a" * 201: "has 201 characters",
    "name\twith\ttabs": r"is a control character \(U\+0009\), such as a tab",
    "two\nlines": "U\\+000A",
    "nul\0": "U\\+0000",
    "esc\x1b[31m": "U\\+001B",
    "c1\x85": "U\\+0085",
    "line\u2028": "U\\+2028",
    "half \ud800": "U\\+D800",
    "turned \u202egnp.exe": "U\\+202E",
}


def test_every_name_is_kept_byte_for_byte_and_no_two_are_confused(where, tmp_path):
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(tmp_path / "home")}
    with open_store(**where) as store:
        keys = {name: store.portfolios.save(name, {"A": float(n)}).key for n, name in enumerate(KEPT)}
        assert len(set(keys.values())) == len(KEPT)
    with open_store(**where) as store:
        assert sorted(p.name for p in store.portfolios.all()) == sorted(KEPT)
        for n, (name, key) in enumerate(keys.items()):
            found = store.portfolios.find(name)
            assert found is not None
            assert (found.key, found.name.encode(), found.positions) == (key, name.encode(), {"A": float(n)})
    after = {path for path in tmp_path.rglob("*") if not path.is_relative_to(tmp_path / "home")}
    assert after - before <= {tmp_path / "home"}
    assert {p.name for p in (tmp_path / "home").glob("*")} <= {
        "riskcore.sqlite",
        "prices.sqlite",
        "opening.sqlite",
        "backups",
    }


@pytest.mark.parametrize(("name", "sentence"), REFUSED.items())
def test_a_name_nobody_could_see_or_type_is_refused_with_the_reason(file_store, prices, name, sentence):
    mine = file_store.portfolios.save("Mine", {"A": 1.0})
    for call in (
        lambda: file_store.portfolios.save(name, {"A": 1.0}),
        lambda: file_store.portfolios.rename(mine.key, name),
        lambda: file_store.portfolios.duplicate(mine.key, name),
        lambda: file_store.price_sets.save(prices, name=name),
        lambda: file_store.snapshots.freeze(name, {}, schema_version=1),
        lambda: file_store.kept.save("stress", name, {}),
        lambda: file_store.series.keep_better(name, None),
    ):
        with pytest.raises(InputError, match=sentence):
            call()
    assert [p.name for p in file_store.portfolios.all()] == ["Mine"]
    assert file_store.price_sets.all() == ()
    assert file_store.snapshots.all() == ()
    assert file_store.kept.all("stress") == ()


def test_a_name_that_is_no_text_is_refused(file_store):
    with pytest.raises(InputError, match="must be text, got int"):
        file_store.portfolios.save(7, {"A": 1.0})
