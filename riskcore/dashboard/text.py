"""Text from readers, made safe for the places where Streamlit would read markdown."""

import re

__all__ = ["counted", "plain"]

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Addresses become links even when escaped; an invisible joiner inside them keeps them text.
_ADDRESS = re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*:(?=//)|\bwww(?=\.)|[\w.+-](?=@))")
JOINER = "\N{WORD JOINER}"


def plain(text: object) -> str:
    r"""Return text that markdown shows as it stands: no links, images, formulas, colours or HTML.

    Examples
    --------
    >>> plain("![x](https://a.b) $1$")
    '\\!\\[x\\]\\(https\\:\u2060\\/\\/a\\.b\\) \\$1\\$'
    """
    one_line = " ".join(str(text).split(" ")).replace("\n", " ").replace("\r", " ")
    return _PUNCTUATION.sub(r"\\\1", _ADDRESS.sub(rf"\1{JOINER}", one_line))


def counted(count: int, thing: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> counted(1, "asset"), counted(7, "asset")
    ('1 asset', '7 assets')
    """
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
