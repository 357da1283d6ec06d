"""A figure for a projector: the same picture with larger type."""

import plotly.graph_objects as go

__all__ = ["enlarged"]

LARGER_TYPE = 1.5
LARGER_HEIGHT = 1.35


def enlarged(figure: go.Figure) -> go.Figure:
    """Return a copy of the figure with every font half as large again and more height for it.

    Examples
    --------
    >>> small = go.Figure(layout={"height": 400, "font": {"size": 12}, "xaxis": {"tickfont": {"size": 10}}})
    >>> large = enlarged(small)
    >>> large.layout.height, large.layout.font.size, large.layout.xaxis.tickfont.size
    (540, 18, 15)
    """
    described = figure.to_plotly_json()
    larger = _scaled(described)
    layout = larger["layout"] if isinstance(larger, dict) else {}
    if "height" in layout:
        layout["height"] = round(LARGER_HEIGHT * layout["height"])
    if "r" in layout.get("margin", {}):  # holds the names and numbers at the ends of lines and bars
        layout["margin"]["r"] = round(LARGER_TYPE * layout["margin"]["r"])
    return go.Figure(larger)


def _scaled(part: object, *, in_font: bool = False) -> object:
    if isinstance(part, dict):
        return {
            key: round(LARGER_TYPE * value)
            if in_font and key == "size" and isinstance(value, int | float)
            else _scaled(value, in_font=str(key).endswith("font"))
            for key, value in part.items()
        }
    if isinstance(part, list | tuple):
        return [_scaled(each) for each in part]
    return part
