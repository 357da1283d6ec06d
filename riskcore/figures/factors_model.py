"""The factor model itself: exposures by asset as a heat map, and the spectrum of statistical factors."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from riskcore.figures.bars import row_label
from riskcore.figures.drawing import Drawing
from riskcore.figures.theme import Theme, base_layout, value_axis
from riskcore.figures.words import number, percent, plain, shorten
from riskcore.results.factors import ComponentsResult, ExposureResult

__all__ = ["draw_exposure_map", "draw_spectrum"]

ROW_PIXELS = 30
STRONG = 0.55


def draw_exposure_map(found: ExposureResult, *, theme: Theme, basis: str = "") -> Drawing:
    r"""Draw the exposure of every asset to every factor, numbers in the cells, R² in the last column.

    Green cells move with the factor, pink ones against it; the number says what the colour says. Exposures
    within two standard errors of zero are pale and in brackets.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> one = pd.DataFrame({"SPY": [1.2]}, index=["QQQ"])
    >>> flat = pd.Series([0.8], index=["QQQ"])
    >>> model = ExposureResult(one, 0.1 * one, flat, flat, flat, flat, one, 100, 1, 252.0, 0.0, "classic",
    ...                        None, 98.0, ())
    >>> draw_exposure_map(model, theme=LIGHT).alt
    'QQQ: SPY 1.20, R² 80\xa0%.'
    """
    b = found.exposures.to_numpy(dtype=np.float64)
    error = found.standard_errors.to_numpy(dtype=np.float64)
    clear = np.abs(b) > 2.0 * error
    columns = [*found.factors, "R²"]
    shown = np.where(clear, b, 0.3 * b)
    most = float(np.abs(b).max(initial=0.0)) or 1.0
    texts = [
        [
            *(number(v, 2) if c else f"({number(v, 2)})" for v, c in zip(row, sure, strict=True)),
            percent(r, 0) if np.isfinite(r) else "–",
        ]
        for row, sure, r in zip(b, clear, found.r_squared, strict=True)
    ]
    hover = [
        [
            *(
                f"<b>{plain(asset, 40)}</b> to {plain(factor, 40)}<br>{number(v, 3)} % per 1 %<br>"
                f"standard error {number(e, 3)}"
                for factor, v, e in zip(found.factors, row, errors, strict=True)
            ),
            f"<b>{plain(asset, 40)}</b><br>{percent(r)} of its variance moves with the factors",
        ]
        for asset, row, errors, r in zip(found.assets, b, error, found.r_squared, strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=np.column_stack([shown, np.zeros(len(b))]),
            x=list(range(len(columns))),
            y=list(range(len(b))),
            zmin=-most,
            zmax=most,
            colorscale=[[0.0, theme.categorical[3]], [0.5, theme.surface], [1.0, theme.categorical[2]]],
            showscale=False,
            text=texts,
            texttemplate="%{text}",
            textfont={"color": theme.ink, "size": 13},
            hovertext=hover,
            hoverinfo="text",
            xgap=2,
            ygap=2,
            opacity=STRONG,
        )
    )
    figure.layout = base_layout(theme, height=ROW_PIXELS * len(b) + 64) | {
        "xaxis": value_axis(
            theme,
            side="top",
            ticks="",
            tickmode="array",
            tickvals=list(range(len(columns))),
            ticktext=[plain(c, 10) for c in columns],
            tickfont={"color": theme.ink, "size": 13},
            tickangle=0 if len(columns) < 6 else -40,
            showgrid=False,
        ),
        "yaxis": value_axis(
            theme,
            range=[len(b) - 0.5, -0.5],
            ticks="",
            tickmode="array",
            tickvals=list(range(len(b))),
            ticktext=[row_label(a) for a in found.assets],
            tickfont={"color": theme.ink, "size": 13},
            showgrid=False,
        ),
    }
    alt = " ".join(
        f"{shorten(asset)}: "
        + ", ".join(f"{shorten(f)} {number(v, 2)}" for f, v in zip(found.factors, row, strict=True))
        + f", R² {percent(r, 0)}."
        for asset, row, r in zip(found.assets, b, found.r_squared, strict=True)
    )
    return Drawing(
        figure,
        f"Exposure of each asset to each factor{f', {basis}' if basis else ''}",
        alt,
        _table(found),
        "By how many percent the asset moves on average when this factor moves by 1 % and the others do not. "
        "In brackets and pale: within two standard errors of zero. R²: share of the asset’s variance that "
        "moves with the factors.",
    )


def _table(found: ExposureResult) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for factor in found.factors:
        columns[f"{factor} (% per 1 %)"] = found.exposures[factor]
        columns[f"{factor} standard error"] = found.standard_errors[factor]
        columns[f"{factor} t"] = found.t_statistics[factor]
    columns["alpha (% per period)"] = 100.0 * found.alpha
    columns["alpha standard error"] = 100.0 * found.alpha_errors
    columns["R² (%)"] = 100.0 * found.r_squared
    columns["specific volatility (% per period)"] = 100.0 * np.sqrt(found.specific_variance)
    return pd.DataFrame(columns).rename_axis("asset")


def draw_spectrum(found: ComponentsResult, *, theme: Theme, most: int = 20) -> Drawing:
    r"""Draw the variance of each principal component, with the Marchenko–Pastur line where it applies.

    Examples
    --------
    >>> from riskcore.figures.theme import LIGHT
    >>> names = ["PC1", "PC2"]
    >>> flat = pd.DataFrame([[0.5, 0.5], [0.5, -0.5]], columns=names)
    >>> one = ComponentsResult("correlation", pd.Series([1.6, 0.4], names), flat, flat, 1.1, 1, 900.0)
    >>> draw_spectrum(one, theme=LIGHT).alt
    'PC1 explains 80.0\xa0%, PC2 20.0\xa0% of the variance. 1 of 2 lies above the noise line at 1.10.'
    """
    values = found.eigenvalues.to_numpy(dtype=np.float64)[:most]
    names = [str(n) for n in found.eigenvalues.index[:most]]
    explained = found.explained.to_numpy(dtype=np.float64)
    above = np.zeros(values.size, dtype=bool) if found.edge is None else values > found.edge
    figure = go.Figure(
        go.Bar(
            name="components",
            x=list(range(values.size)),
            y=values,
            marker={"color": [theme.ink if high else theme.categorical[-1] for high in above]},
            text=[percent(e, 0) for e in explained[:most]],
            textposition="outside",
            textfont={"color": theme.ink, "size": 12},
            cliponaxis=False,
            hovertext=[
                f"<b>{name}</b><br>eigenvalue {number(v, 3)}<br>{percent(e)} of the variance"
                for name, v, e in zip(names, values, explained, strict=False)
            ],
            hoverinfo="text",
        )
    )
    figure.layout = base_layout(theme, height=300) | {
        "bargap": 0.25,
        "xaxis": value_axis(
            theme,
            tickmode="array",
            tickvals=list(range(values.size)),
            ticktext=names,
            showgrid=False,
        ),
        "yaxis": value_axis(
            theme, "eigenvalue", range=[0.0, 1.12 * max(float(values[0]), found.edge or 0.0)]
        ),
    }
    if found.edge is not None:
        figure.add_shape(
            type="line",
            x0=-0.5,
            x1=values.size - 0.5,
            y0=found.edge,
            y1=found.edge,
            line={"color": theme.ink, "dash": "dash", "width": 1.5},
        )
        figure.add_annotation(
            x=values.size - 0.5,
            y=found.edge,
            text=f"noise line {number(found.edge, 2)}",
            showarrow=False,
            xanchor="right",
            yanchor="bottom",
            font={"color": theme.ink, "size": 12},
        )
    parts = ", ".join(
        f"{n} {'explains ' if i == 0 else ''}{percent(float(e))}"
        for i, (n, e) in enumerate(zip(names[:3], explained, strict=False))
    )
    line = (
        ""
        if found.edge is None
        else f" {found.signal} of {len(found.eigenvalues)} lies above the noise line at "
        f"{number(found.edge, 2)}."
    )
    return Drawing(
        figure,
        f"Variance of each principal component, as a share of the total in % ({found.on})",
        f"{parts} of the variance.{line}",
        pd.DataFrame(
            {
                "eigenvalue": found.eigenvalues,
                "explained (%)": 100.0 * found.explained,
                "explained so far (%)": 100.0 * found.explained.cumsum(),
            }
        ).rename_axis("component"),
        "Principal components of the correlation of the assets: the portfolios that move most. Bars above "
        "the dashed Marchenko–Pastur line are larger than unrelated assets would show by chance in as many "
        "rows; pale ones could be noise.",
    )
