import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest
from streamlit import config

from riskcore.figures.theme import DARK, LIGHT, base_layout, value_axis

CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text("utf-8"))
# Viénot, Brettel & Mollon (1999) on linear RGB: what is left of a colour without one kind of cone.
SIGHT = {
    "usual": np.eye(3),
    "protan": np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]),
    "deutan": np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]),
}


def linear(colour):
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(one, two):
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, two))
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    t = xyz @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
class TestTheme:
    def test_text_is_readable_on_the_page_and_in_the_sidebar(self, theme):
        sidebar = CONFIG["theme"][theme.name]["sidebar"]["backgroundColor"]
        for ground in (theme.surface, sidebar):
            assert contrast(theme.ink, ground) >= 7
            assert contrast(theme.muted, ground) >= 4.5
        assert contrast(theme.loss, theme.surface) >= 4.5
        assert min(contrast(c, theme.surface) for c in (theme.a, theme.b)) >= 3

    def test_solid_and_pale_are_told_apart(self, theme):
        assert contrast(theme.a, theme.a_pale) >= 2.0
        assert contrast(theme.b, theme.b_pale) >= 2.0
        assert contrast(theme.ink, theme.a_pale) >= 4.5
        assert contrast(theme.ink, theme.b_pale) >= 4.5

    def test_a_after_a_change_is_neither_a_nor_b(self, theme):
        then = theme.before_after()
        assert (then.solid(0), then.pale(0)) == (theme.a, theme.a_pale)
        # Told apart by lightness, which every sight has.
        assert contrast(then.solid(1), theme.a) >= 2.0
        for sight in SIGHT.values():
            after, b = (lab(sight @ linear(colour)) for colour in (then.solid(1), theme.b))
            assert np.linalg.norm(after - b) > 40
        assert contrast(then.solid(1), then.pale(1)) >= 2.0
        assert contrast(then.solid(1), theme.surface) >= 3
        assert contrast(theme.ink, then.pale(1)) >= 4.5

    @pytest.mark.parametrize("sight", SIGHT)
    def test_series_colours_are_told_apart_by_the_colour_blind(self, theme, sight):
        seen = [lab(SIGHT[sight] @ linear(c)) for c in theme.categorical]
        assert len(seen) == 10
        assert min(np.linalg.norm(x - y) for x, y in itertools.combinations(seen, 2)) > 8

    def test_the_page_repeats_the_figures_colours(self, theme):
        page = CONFIG["theme"][theme.name]
        assert page["chartCategoricalColors"] == list(theme.categorical)
        assert (page["backgroundColor"], page["textColor"]) == (theme.surface, theme.ink)
        assert (page["blueColor"], page["orangeColor"]) == (theme.a, theme.b)
        assert (page["redColor"], page["grayColor"]) == (theme.loss, theme.muted)
        assert page["primaryColor"] == page["sidebar"]["primaryColor"] == theme.a

    def test_layout_is_transparent_and_without_frame(self, theme):
        layout = base_layout(theme, height=300)
        assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
        assert layout["separators"] == ".,"
        assert value_axis(theme)["automargin"] is True


def test_a_and_b_lead_and_keep_the_agreed_colours():
    assert (LIGHT.a, LIGHT.b, DARK.a, DARK.b) == ("#0B5FA5", "#D9730D", "#5AA9E6", "#F2A541")
    for theme in (LIGHT, DARK):
        assert theme.categorical[:2] == (theme.a, theme.b) == (theme.solid(0), theme.solid(1))
        assert (theme.pale(0), theme.pale(1)) == (theme.a_pale, theme.b_pale)


def settings(table, prefix=""):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from settings(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def test_every_setting_exists_in_this_streamlit_and_keeps_its_type():
    known = config._config_options_template
    for key, value in settings(CONFIG):
        assert key in known, key
        default = known[key].default_val
        if isinstance(default, bool):
            assert isinstance(value, bool), key


def test_money_on_an_axis_reads_like_money_at_a_bar():
    layout = base_layout(LIGHT, height=300) | {"xaxis": value_axis(LIGHT, "EUR")}
    assert layout["xaxis"]["separatethousands"] is True
    assert layout["separators"] == ".,"


def test_the_server_is_local_quiet_and_guarded():
    flat = dict(settings(CONFIG))
    assert flat["server.address"] == "127.0.0.1"
    assert flat["server.maxUploadSize"] == 64
    assert flat["server.enableXsrfProtection"] is flat["server.enableCORS"] is True
    assert flat["client.showErrorDetails"] == "none"
    assert flat["client.toolbarMode"] == "viewer"
    assert flat["client.showSidebarNavigation"] is False
    assert flat["browser.gatherUsageStats"] is False
    assert flat["runner.postScriptGC"] is False


def test_no_address_of_a_font_or_anything_else_is_fetched():
    assert not [v for _, v in settings(CONFIG) if isinstance(v, str) and "://" in v]
