"""Every choice of every control of every page is made once: none may end in a traceback."""

from collections.abc import Iterator

import pytest

from tests.dashboard.reading import checked
from tests.dashboard.test_pages import PAGES

# The control of a page that decides which others it shows.
VIEWS = {"stress": "stress", "exhibits": "exhibit"}
CHOOSERS = ("segmented_control", "selectbox", "radio", "pills")
SWITCHES = ("toggle", "checkbox")
# What the frame offers on every page is made once, on the Overview. The tester knows choices by their words,
# and those of scenario sets say less than their codes: test_scenario_set.py opens them by link.
SHARED = "frame_"
BY_LINK = "frame_scenario_set"


def views(app, page) -> Iterator[tuple[str, str | None]]:
    """Yield the key of the control that chooses a closer look, with each of its options; none comes first."""
    key = VIEWS.get(page, "closer")
    yield key, None
    for kind in CHOOSERS:
        for widget in app.get(kind):
            if widget.key == key:
                yield from ((key, option) for option in widget.options)


def controls(app, page, chooser):
    """Return kind, key and the choices of every control that can be moved."""
    found = []
    for kind in (*CHOOSERS, *SWITCHES):
        for widget in app.get(kind):
            if widget.key in (None, chooser, BY_LINK) or widget.disabled:
                continue
            if widget.key.startswith(SHARED) and page:
                continue
            options = (True, False) if kind in SWITCHES else range(len(widget.options))
            found.append((kind, widget.key, options))
    return found


def chosen(app, kind, key, choice):
    """Make one choice; options are told by their place, as their words change with the page."""
    widget = getattr(app, kind)(key=key)
    if kind in SWITCHES:
        return widget.set_value(choice)
    if kind == "segmented_control":
        return widget.set_value(widget.options[choice])
    return widget.select_index(choice)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_no_choice_ends_in_a_traceback(open_app, page):
    made = set()
    for chooser, option in list(views(open_app(page), page)):
        asked = {} if option is None else {chooser: option}
        first = open_app(page, value="1000000", limits="cvar~0.02;volatility~0.1", **asked)
        for kind, key, options in controls(first, page, chooser):
            for choice in options if key not in made else ():
                app = open_app(page, value="1000000", limits="cvar~0.02;volatility~0.1", **asked)
                try:
                    moved = chosen(app, kind, key, choice)
                except (KeyError, ValueError):
                    pytest.fail(f"{key} of {page} is drawn once and gone the next time")
                checked(moved.run())
            made.add(key)
    assert made
