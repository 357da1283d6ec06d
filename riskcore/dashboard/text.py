"""Text from readers, made safe for the places where Streamlit would read markdown."""

import re

__all__ = ["plain"]

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: object) -> str:
    r"""Return text that markdown shows as it stands: no links, images, formulas, colours or HTML.

    Examples
    --------
    >>> plain("![x](https://a.b) $1$")
    '\\!\\[x\\]\\(https\\:\\/\\/a\\.b\\) \\$1\\$'
    """
    one_line = " ".join(str(text).split(" ")).replace("\n", " ").replace("\r", " ")
    return _PUNCTUATION.sub(r"\\\1", one_line)
