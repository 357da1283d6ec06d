"""QR codes against symbols made by another encoder, and read back bit by bit."""

import hashlib

import numpy as np
import pytest

from riskcore.errors import InputError
from riskcore.figures.qr_code import LONGEST, draw_qr_code, qr_modules

# "Kelly" at level M by the encoder "qrcode" 8 for Python: one row of 21 modules each, dark = 1.
KELLY = """1fc57f 104841 175e5d 17575d 17555d 105a41 1fd57f 001800 17c27c 0d37cd 0fe96e
123fcf 0e7921 001128 1fc696 10583e 175692 1753e8 175564 104bcc 1fd53a"""


def test_a_short_word_is_the_symbol_of_another_encoder():
    rows = [[bool(int(row, 16) >> (20 - k) & 1) for k in range(21)] for row in KELLY.split()]
    np.testing.assert_array_equal(qr_modules("Kelly"), rows)


@pytest.mark.parametrize(
    ("text", "size", "digest"),
    [
        ("https://example.org/exhibits?exhibit=6", 29, "0ca876e92e2e0a23"),
        ("x" * 60, 33, "a8ab3a113e3290a1"),  # two blocks
        ("https://example.org/" + "y" * 80, 41, "5ffbf11d35498d89"),  # four blocks
    ],
)
def test_longer_texts_are_the_symbols_another_encoder_makes(text, size, digest):
    found = qr_modules(text)
    assert found.shape == (size, size)
    assert hashlib.sha256(np.packbits(found).tobytes()).hexdigest().startswith(digest)


def test_the_drawing_is_dark_on_light_with_a_quiet_border():
    drawn = draw_qr_code("Kelly")
    assert 'viewBox="0 0 29 29"' in drawn and drawn.count("h1v1h-1z") == int(qr_modules("Kelly").sum())
    assert "M4 4h1" in drawn and "M3 " not in drawn


@pytest.mark.parametrize("text", ["", "x" * (LONGEST + 1), "é" * 60])
def test_what_does_not_fit_is_refused(text):
    with pytest.raises(InputError, match="1 to 106 bytes"):
        qr_modules(text)
