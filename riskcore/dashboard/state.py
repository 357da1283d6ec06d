"""Session state, URL and widget keys: the only module that touches `st.session_state`.

The session stores inputs only: the View as last drawn, the URL last written, the page last shown, the
typed portfolios on offer. The pattern (a fresh page or an untouched, changed URL sets the widgets; otherwise
the widgets speak) keeps deep links, Back, reload and fast clicks in agreement.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import streamlit as st

from riskcore.dashboard.view import CODED, PAGE_KEYS, View, query_of, read_view
from riskcore.errors import RiskcoreError

__all__ = [
    "change",
    "choose",
    "count_parts",
    "done",
    "enter",
    "first_time",
    "key_of",
    "leave",
    "parts_counted",
    "presenting",
    "recall",
    "say",
    "seed",
    "store",
    "told",
    "touched",
    "typed_portfolios",
]

_VIEW, _PAGE, _URL, _TOUCHED, _TYPED, _PROBLEMS, _DONE, _PARTS, _TOLD = (
    "_view",
    "_page",
    "_url",
    "_touched",
    "_typed",
    "_problems",
    "_done",
    "_parts",
    "_told",
)
MOST_TYPED = 20


def key_of(name: str) -> str:
    """Return the widget key of an input of the View."""
    return f"frame_{name}"


def enter(page: str) -> tuple[View, tuple[str, ...]]:
    """Return the view to draw and the sentences about URL parameters that were not usable.

    Widgets are re-seeded from the URL when the page is new or the URL changed without a touch.
    """
    query = {key: st.query_params.get_all(key) for key in st.query_params if key not in PAGE_KEYS}
    state = st.session_state
    new_page = state.get(_PAGE) != page
    moved = not state.get(_TOUCHED, False) and query != state.get(_URL)
    if new_page or moved:
        view, problems = read_view(query)
        if new_page and not query and _VIEW in state:
            view = state[_VIEW]
        state[_PROBLEMS], state[_DONE] = problems, ""
        _forget_widgets()
    else:
        view = state[_VIEW]
    state[_PAGE], state[_VIEW], state[_TOLD] = page, view, []
    for code in (view.a, view.b, view.bench):
        _remember_typed(code)
    return view, state.get(_PROBLEMS, ())


def seed(name: str, value: object) -> str:
    """Give the widget of an input its value where it has none yet, and return its key."""
    key = key_of(name)
    if key not in st.session_state:
        st.session_state[key] = value
    return key


def choose(name: str, fallback: object) -> object:
    """Return what the widget of an input says, or the fallback where it is not drawn or emptied."""
    value = st.session_state.get(key_of(name))
    return fallback if value is None else value


def touched() -> None:
    """Note that the reader moved a control: `on_change` of every frame widget."""
    st.session_state[_TOUCHED] = True
    st.session_state[_PROBLEMS], st.session_state[_DONE] = (), ""


def leave(view: View) -> dict[str, str]:
    """Remember the view, write what differs from the defaults to the URL, and return that query.

    What a page's own widgets have bound to the URL stays there.
    """
    query = query_of(view)
    for key in [key for key in st.query_params if key not in query and key not in PAGE_KEYS]:
        del st.query_params[key]
    for key, value in query.items():
        if st.query_params.get_all(key) != [value]:
            st.query_params[key] = value
    st.session_state[_VIEW] = view
    st.session_state[_URL] = {key: [value] for key, value in query.items()}
    st.session_state[_TOUCHED] = False
    return query


def change(**inputs: object) -> None:
    """Change inputs from a button's callback ("make this A"); the widgets follow on the next run."""
    view: View = st.session_state[_VIEW]
    st.session_state[_VIEW] = view.but(**inputs)
    for code in (inputs.get("a"), inputs.get("b"), inputs.get("bench")):
        if isinstance(code, str):
            _remember_typed(code)
    _forget_widgets()
    touched()


def say(sentence: str) -> None:
    """Show at the top of the page, on its next run, why something was not done; from a button's callback."""
    st.session_state[_PROBLEMS], st.session_state[_DONE] = (sentence,), ""


def told(doing: Callable[[], str]) -> None:
    """Do what a button asks for, and show what was done, or why it was not, on the page's next run."""
    try:
        said = doing()
    except RiskcoreError as error:
        say(str(error))
    else:
        st.session_state[_PROBLEMS], st.session_state[_DONE] = (), said


def done() -> str:
    """Return what the last button did, empty where none did anything worth a sentence."""
    return str(st.session_state.get(_DONE, ""))


def first_time(message: str) -> bool:
    """Return whether this run has not shown the message yet: one trouble is told once a page."""
    shown = st.session_state.setdefault(_TOLD, [])
    if message in shown:
        return False
    shown.append(message)
    return True


def presenting() -> bool:
    """Return whether one part of the page is shown alone, in large type."""
    view = st.session_state.get(_VIEW)
    return isinstance(view, View) and view.present > 0


def count_parts(count: int) -> None:
    """Note how many parts the page in front has, 0 before they are drawn."""
    st.session_state[_PARTS] = count


def parts_counted() -> int:
    """Return how many parts the page in front has."""
    return int(st.session_state.get(_PARTS, 0))


def recall(key: str) -> Any:  # noqa: ANN401 - whatever was stored
    """Return a value of a page's own widget or form, None where there is none.

    Before a widget bound to the URL is drawn for the first time, the URL speaks for it.
    """
    if key in PAGE_KEYS and key not in st.session_state:
        return st.query_params.get(key)
    return st.session_state.get(key)


def store(key: str, value: object) -> None:
    """Keep a page's own value for the session."""
    st.session_state[key] = value


def typed_portfolios() -> tuple[str, ...]:
    """Return the codes of typed and saved portfolios this session has seen, newest last."""
    return tuple(st.session_state.get(_TYPED, ()))


def _remember_typed(code: str) -> None:
    if not code.startswith(CODED):
        return
    known = [c for c in typed_portfolios() if c != code]
    st.session_state[_TYPED] = (*known[-MOST_TYPED + 1 :], code)


def _forget_widgets() -> None:
    for name in (*(f.name for f in fields(View)), "window"):
        st.session_state.pop(key_of(name), None)
