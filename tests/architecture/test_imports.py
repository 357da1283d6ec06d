"""The architecture, enforced: imports run one way, and every library stays in its room."""

import ast
from pathlib import Path

import pytest

from tests.architecture.imports import ROOMS, circles, imports, packages, sources, violations

ROOT = Path(__file__).parents[2]
PACKAGES = frozenset({"riskcore", "riskcore.numerics", "riskcore.figures", "riskcore.allocation"})


def test_the_project_keeps_its_architecture():
    modules = sources(ROOT)
    assert {"riskcore", "riskcore.errors", "riskcore.scenarios"} <= set(modules)
    assert violations(modules, packages=packages(ROOT)) == []


def test_the_rooms_are_all_different():
    rooms = [room for row in ROOMS for room in row]
    assert len(rooms) == len(set(rooms))


# Synthetic houses: the first part of each case breaks one rule, and the checker has to say which.
BROKEN = {
    "upward": ({"riskcore.measures": "from riskcore.allocation.parity import solve"}, "above it"),
    "upward from the floor": ({"riskcore.errors": "import riskcore.numerics.tail"}, "above it"),
    "upward, late": (
        {"riskcore.numerics.tail": "def f():\n    from riskcore import scenarios\n"},
        "above it",
    ),
    "upward, relative": ({"riskcore.numerics.tail": "from ..portfolio import Portfolio"}, "above it"),
    "upward, for types": (
        {
            "riskcore.portfolio": (
                "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from riskcore.measures import cvar"
            )
        },
        "above it",
    ),
    "dashboard below": ({"riskcore.limits": "from riskcore.dashboard import state"}, "above it"),
    "a front door with a screen": ({"riskcore": "from riskcore.dashboard import frame"}, "front door"),
    "a page imported": ({"riskcore.dashboard.frame": "import pages.tail"}, "nothing imports a page"),
    "figure that calculates": ({"riskcore.figures.tail": "from riskcore.measures import cvar"}, "it may use"),
    "figure on numerics": ({"riskcore.figures.tail": "from riskcore.numerics import tail"}, "it may use"),
    "data that calculates": ({"riskcore.data.files": "import riskcore.measures"}, "it may use"),
    "calculation that loads": (
        {"riskcore.stress.replay": "from riskcore.data import samples"},
        "stands beside",
    ),
    "calculation that draws": ({"riskcore.measures": "from riskcore.figures import tail"}, "stands beside"),
    "Streamlit": ({"riskcore.data.yahoo": "import streamlit as st"}, "imports Streamlit"),
    "Streamlit, late": (
        {"riskcore.figures.tail": "def f():\n    from streamlit import x"},
        "imports Streamlit",
    ),
    "Plotly on a page": ({"pages.tail": "import plotly.graph_objects as go"}, "imports Plotly"),
    "Plotly in app": ({"app": "from plotly import express"}, "imports Plotly"),
    "Plotly in the dashboard": ({"riskcore.dashboard.widgets": "import plotly.io"}, "imports Plotly"),
    "pandas in numerics": ({"riskcore.numerics.tail": "import pandas as pd"}, "arrays only"),
    "cvxpy at the start": ({"riskcore.allocation.solver": "import cvxpy as cp"}, "when it is loaded"),
    "sklearn at the start": (
        {"riskcore.numerics.moments": "from sklearn.covariance import OAS"},
        "when it is",
    ),
    "yfinance, guarded": ({"app": "try:\n    import yfinance\nexcept ImportError:\n    raise"}, "when it is"),
    "cvxpy in a class": ({"riskcore.sizing": "class A:\n    import cvxpy"}, "when it is loaded"),
    "a new room": ({"riskcore.utils": "x = 1"}, "no place"),
    "a missing room": ({"riskcore.measures": "import riskcore.utils"}, "no place"),
    "circle": (
        {
            "riskcore.scenarios": "import riskcore.portfolio",
            "riskcore.portfolio": "import riskcore.scenarios",
        },
        "circle: riskcore.portfolio → riskcore.scenarios → riskcore.portfolio",
    ),
    "circle, late": (
        {
            "riskcore.allocation.a": "from riskcore.allocation import b",
            "riskcore.allocation.b": "def f():\n    from .a import g",
        },
        "circle: riskcore.allocation.a → riskcore.allocation.b → riskcore.allocation.a",
    ),
}


@pytest.mark.parametrize(("modules", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_house_is_refused_with_the_reason(modules, reason):
    found = violations(modules, packages=PACKAGES)
    assert len(found) == 1
    assert reason in found[0]
    assert any(name in found[0] for name in modules)


def test_a_sound_house_passes():
    sound = {
        "app": "import streamlit\nfrom riskcore.dashboard import frame\nimport riskcore.figures",
        "riskcore.dashboard.frame": "import streamlit\nfrom riskcore.measures import cvar",
        "riskcore.dashboard.state": "from riskcore.data.samples import load",
        "riskcore.report.html": "import plotly.io\nfrom riskcore.figures import tail",
        "riskcore.figures.tail": "import plotly.graph_objects\nfrom riskcore.results.risk import Risk",
        "riskcore.limits": "from riskcore.validation import x\nfrom riskcore.measures import cvar",
        "riskcore.stress.replay": "from riskcore.contributions import c\nimport riskcore.errors",
        "riskcore.allocation.solver": "def f():\n    import cvxpy\n",
        "riskcore.measures": "import pandas\nfrom riskcore.numerics.tail import cvar",
        "riskcore.numerics.tail": "import numpy\nfrom riskcore.errors import InputError",
        "riskcore.errors": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import sklearn",
    }
    assert violations(sound, packages=PACKAGES) == []


def test_imports_are_resolved_to_the_module_meant():
    known = frozenset({"riskcore.measures"})
    read = imports(
        "from riskcore import measures, __version__\nfrom .b import c\nfrom .. import d",
        package="riskcore.allocation",
        known=known,
    )
    assert [each.module for each in read] == [
        "riskcore.measures",
        "riskcore",
        "riskcore.allocation.b",
        "riskcore",
    ]
    assert [each.line for each in read] == [1, 1, 2, 3]


def test_a_long_circle_is_found_once():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}
    assert circles(graph) == [["a", "b", "c", "a"]]


def test_a_diamond_is_no_circle():
    assert circles({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}) == []


def test_only_the_state_module_touches_the_session_state():
    allowed = "riskcore.dashboard.state"
    offenders = [
        f"{name}, line {node.lineno}"
        for name, source in sources(ROOT).items()
        if name != allowed
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr == "session_state"
    ]
    assert offenders == []
