"""Read the imports of the project from its source and name every one that breaks the architecture.

Nothing is imported here: the sources are parsed, so a forbidden import is found even where it hides in a
function that no test calls.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# Lower rooms know nothing of higher ones; among the calculating modules, later rows may use earlier ones.
CALCULATING_ROWS: tuple[tuple[str, ...], ...] = (
    ("periods", "moments", "estimators", "measures"),
    ("contributions", "tail_models", "uncertainty", "statistics", "worst"),
    ("currency_effect", "share_order"),
    ("allocation", "stress", "factors", "benchmark", "sizing", "simulation"),
    ("validation", "exhibits"),
    ("limits",),
)
ROOMS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("numerics",),
    ("scenarios", "portfolio", "results"),
    *CALCULATING_ROWS,
    ("data",),
    ("figures",),
    ("report",),
    ("check",),
    ("dashboard",),
)
RANK = {room: rank for rank, rooms in enumerate(ROOMS) for room in rooms}
CALCULATING = frozenset(room for rooms in CALCULATING_ROWS for room in rooms)
TYPES = frozenset({"errors", "scenarios", "portfolio", "results"})
# These three stand beside each other and beside the calculating modules: each row says what it may use.
SIDE_BY_SIDE: Mapping[str, frozenset[str]] = {
    "data": TYPES | {"numerics"},
    "figures": TYPES,
    "report": TYPES | {"figures"},
}

SCREEN = "the pages"
HEAVY = frozenset({"cvxpy", "sklearn", "yfinance"})


@dataclass(frozen=True)
class Import:
    """One imported module, as seen from the file that imports it."""

    module: str
    line: int
    at_start: bool


def room_of(module: str) -> str:
    """Return which room of the house a module is in; app.py and pages/ are the screen."""
    parts = module.split(".")
    if parts[0] != "riskcore":
        return SCREEN
    return parts[1] if len(parts) > 1 else "riskcore"


def sources(root: Path) -> dict[str, str]:
    """Return the source of every module of the project under its dotted name."""
    files = [*root.glob("app.py"), *root.glob("pages/*.py"), *root.glob("riskcore/**/*.py")]
    return {
        ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): file.read_text(
            "utf-8"
        )
        for file in files
    }


def packages(root: Path) -> frozenset[str]:
    """Return the dotted names of the project's packages, which relative imports are counted from."""
    return frozenset(
        ".".join(file.parent.relative_to(root).parts) for file in root.glob("riskcore/**/__init__.py")
    )


def imports(source: str, *, package: str, known: frozenset[str] = frozenset()) -> list[Import]:
    """Return the imports of a source, each with whether it runs when the module is loaded.

    `package` is the package that relative imports start from. `from riskcore import measures` means the
    module riskcore.measures where `known` has one of that name, and riskcore itself otherwise.
    """
    return [
        Import(module, node.lineno, at_start)
        for node, at_start in _import_nodes(ast.parse(source), at_start=True)
        for module in _modules_of(node, package, known)
    ]


def _import_nodes(node: ast.AST, *, at_start: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, at_start
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _import_nodes(child, at_start=False)
        elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            yield from _import_nodes(ast.Module(child.body, []), at_start=False)
            yield from _import_nodes(ast.Module(child.orelse, []), at_start=at_start)
        else:
            yield from _import_nodes(child, at_start=at_start)


def _modules_of(node: ast.Import | ast.ImportFrom, package: str, known: frozenset[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, base] if base else above)
    inner = [f"{base}.{alias.name}" for alias in node.names]
    return list(dict.fromkeys(name if name in known else base for name in inner))


def violations(modules: Mapping[str, str], *, packages: frozenset[str]) -> list[str]:
    """Return one sentence for every import that breaks the architecture."""
    known = frozenset(modules) | {f"riskcore.{room}" for room in RANK}
    found: list[str] = []
    graph: dict[str, set[str]] = {}
    for name, source in sorted(modules.items()):
        package = name if name in packages else name.rpartition(".")[0]
        room = room_of(name)
        if room not in {*RANK, SCREEN, "riskcore"}:
            found.append(f"{name}: the room '{room}' has no place in ROOMS; decide what it may import")
            continue
        read = imports(source, package=package, known=known)
        graph[name] = {each.module for each in read if each.module in known} - {name}
        for each in read:
            reason = _reason(room, each)
            if reason:
                found.append(f"{name}, line {each.line}: {reason}")
    found += [f"circle: {' → '.join(circle)}" for circle in circles(graph)]
    return found


def _reason(room: str, each: Import) -> str | None:
    library = each.module.split(".")[0]
    if library == "riskcore":
        return _inner_reason(room, room_of(each.module))
    if library in {"app", "pages"} and room != SCREEN:
        return f"imports {each.module}, and nothing imports a page"
    if library == "streamlit" and room not in {SCREEN, "dashboard"}:
        return "imports Streamlit, which belongs to app.py, pages/ and riskcore/dashboard"
    if library == "plotly" and room not in {"figures", "report"}:
        return "imports Plotly, which belongs to riskcore/figures and riskcore/report"
    if library == "pandas" and room == "numerics":
        return "imports pandas, and numerics knows arrays only"
    if library in HEAVY and each.at_start:
        return f"imports {library} when it is loaded; import it in the function that needs it"
    return None


def _inner_reason(room: str, target: str) -> str | None:
    if room == "riskcore" and target in {"figures", "report", "dashboard"}:
        return f"riskcore itself imports riskcore.{target}; its front door opens the calculating half only"
    if target in {room, "riskcore"} or room in {SCREEN, "riskcore"}:
        return None
    if target not in RANK:
        return f"imports riskcore.{target}, which has no place in ROOMS"
    if room in SIDE_BY_SIDE and target not in SIDE_BY_SIDE[room]:
        return (
            f"riskcore.{room} imports riskcore.{target}; it may use {', '.join(sorted(SIDE_BY_SIDE[room]))}"
        )
    if room in CALCULATING and target in SIDE_BY_SIDE:
        return f"riskcore.{room} imports riskcore.{target}, which stands beside it and not below"
    if RANK[target] > RANK[room]:
        return f"riskcore.{room} imports riskcore.{target}, which is above it"
    return None


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Return one closed path for every group of modules that import each other in a circle."""
    found: list[list[str]] = []
    finished: set[str] = set()

    def follow(module: str, path: list[str]) -> None:
        if module in path:
            found.append([*path[path.index(module) :], module])
            return
        if module in finished:
            return
        for target in sorted(graph.get(module, set())):
            follow(target, [*path, module])
        finished.add(module)

    for module in sorted(graph):
        follow(module, [])
    return found
