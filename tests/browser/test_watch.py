"""The watch over the journeys notices what it is there to notice."""

from collections.abc import Callable

from tests.browser.conftest import IDLE, Visit

WIDE = "() => document.querySelector('[data-testid=\"stMain\"]').insertAdjacentHTML('beforeend', '{}')"


def test_errors_and_requests_to_other_places_are_collected(visit: Callable[..., Visit]):
    tab = visit()
    page = tab.goto("tail")
    assert tab.complaints == []
    page.evaluate("() => console.error('something broke')")
    page.evaluate("() => fetch('http://127.0.0.1:9/elsewhere').catch(() => null)")
    page.evaluate("() => { setTimeout(() => { throw new Error('thrown') }, 0) }")
    page.wait_for_timeout(200)
    text = "\n".join(tab.complaints)
    tab.complaints.clear()
    assert "something broke" in text
    assert "request to another place: http://127.0.0.1:9/elsewhere" in text
    assert "thrown" in text


def test_a_page_with_something_stale_or_undrawn_is_not_idle(visit: Callable[..., Visit]):
    page = visit().goto("tail")
    for unfinished in (
        '<i data-stale="true"></i>',
        '<i data-testid="stSkeleton"></i>',
        '<i data-testid="stPlotlyChart"></i>',
    ):
        page.evaluate(WIDE.format(unfinished.replace("<i ", '<i id="mine" ')))
        assert page.evaluate(IDLE) is False
        page.evaluate("() => document.getElementById('mine').remove()")
        page.wait_for_function(IDLE, timeout=2_000, polling=30)
