"""The one theme of all figures, light and dark.

A is blue and B is orange on every page; red is kept for loss thresholds. The page's own colours in
`.streamlit/config.toml` repeat these values, and a test compares the two.
"""

from dataclasses import dataclass, replace
from typing import Any

__all__ = ["DARK", "FONT", "LIGHT", "Theme", "base_layout", "value_axis"]

# The page's own font first, so that a figure's text is the page's; a report falls back to the system's.
FONT = '"Source Sans", "Source Sans 3", system-ui, sans-serif'
TRANSPARENT = "rgba(0,0,0,0)"


@dataclass(frozen=True)
class Theme:
    """Colours of one appearance, as #RRGGBB.

    Attributes
    ----------
    a, b, a_pale, b_pale
        Portfolios A and B: solid for risk, pale for weight.
    a_after, a_after_pale
        A after a change, beside A as it is: A's hue, nearer to the ink.
    ink, muted, grid
        Numbers; axis labels; grid lines.
    loss
        Loss thresholds and breaches, nothing else.
    surface
        The page behind the figure, used where text needs a ground (hover labels, table cells).
    categorical
        Ten colours for further series, distinguishable with red–green colour blindness.
    """

    name: str
    a: str
    b: str
    a_pale: str
    b_pale: str
    a_after: str
    a_after_pale: str
    ink: str
    muted: str
    grid: str
    loss: str
    surface: str
    categorical: tuple[str, ...]

    def solid(self, which: int) -> str:
        """Return the solid colour of portfolio 0 (A) or 1 (B)."""
        return (self.a, self.b)[which]

    def pale(self, which: int) -> str:
        """Return the pale colour of portfolio 0 (A) or 1 (B)."""
        return (self.a_pale, self.b_pale)[which]

    def before_after(self) -> "Theme":
        """Return the theme in which the second portfolio is A after a change, not B.

        Examples
        --------
        >>> LIGHT.before_after().solid(1) == LIGHT.a_after
        True
        """
        return replace(self, b=self.a_after, b_pale=self.a_after_pale)


LIGHT = Theme(
    name="light",
    a="#0B5FA5",
    b="#D9730D",
    a_pale="#BAD1E6",
    b_pale="#F4D3B4",
    a_after="#06264A",
    a_after_pale="#A3B5C8",
    ink="#1A2230",
    muted="#5B6675",
    grid="#E7EAEE",
    loss="#C0271B",
    surface="#FFFFFF",
    categorical=(
        "#0B5FA5",
        "#D9730D",
        "#009E73",
        "#CC79A7",
        "#56B4E9",
        "#57270F",
        "#29303D",
        "#6B6F00",
        "#4B2A9B",
        "#B4BDC7",
    ),
)

DARK = Theme(
    name="dark",
    a="#5AA9E6",
    b="#F2A541",
    a_pale="#2B4A66",
    b_pale="#5F4724",
    a_after="#D9ECFC",
    a_after_pale="#4F6378",
    ink="#E8ECF1",
    muted="#9AA7B4",
    grid="#262E38",
    loss="#FF7B6B",
    surface="#12161C",
    categorical=(
        "#5AA9E6",
        "#F2A541",
        "#009E73",
        "#CC79A7",
        "#F0E442",
        "#F7F7D4",
        "#5F6FE8",
        "#B9C4D3",
        "#8A7A2E",
        "#89D289",
    ),
)


def base_layout(theme: Theme, *, height: int, right: int = 16) -> dict[str, Any]:
    """Return the layout every figure starts from: transparent, no frame, no legend, no drag.

    Charts carry their title outside (`Drawing.title`), where it wraps on a phone. `height` and the margin on
    the `right` are in pixels. Best handed over whole, as `go.Figure(layout=...)` or `figure.layout = ...`:
    Plotly changes a layout ten times slower than it takes one. A layout set so takes the place of marks
    already drawn on the old one, so it comes before them.

    Examples
    --------
    >>> base_layout(LIGHT, height=300)["paper_bgcolor"]
    'rgba(0,0,0,0)'
    """
    return {
        "template": "none",
        "height": height,
        "paper_bgcolor": TRANSPARENT,
        "plot_bgcolor": TRANSPARENT,
        "font": {"family": FONT, "size": 13, "color": theme.ink},
        "margin": {"l": 8, "r": right, "t": 8, "b": 8, "pad": 4},
        "separators": ".,",
        "showlegend": False,
        "dragmode": False,
        "colorway": list(theme.categorical),
        "hoverlabel": {
            "bgcolor": theme.surface,
            "bordercolor": theme.muted,
            "font": {"family": FONT, "size": 13, "color": theme.ink},
            "align": "left",
            "namelength": -1,
        },
    }


def value_axis(theme: Theme, title: str | None = None, **settings: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return one axis: grid barely visible, labels muted, margins grown to fit, fixed against zooming.

    `settings` are Plotly axis attributes and win over the defaults.
    """
    return {
        "automargin": True,
        "fixedrange": True,
        "showline": False,
        "zeroline": False,
        "gridcolor": theme.grid,
        "separatethousands": True,
        "tickfont": {"color": theme.muted, "size": 12},
        "title": {"text": title, "font": {"color": theme.muted, "size": 12}, "standoff": 8},
        **settings,
    }
