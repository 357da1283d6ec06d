"""What the repository promises about its own files: locks, samples, texts, and what an import costs."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.imports import HEAVY, imports, sources

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-test.lock")
TEXT = {
    ".cfg",
    ".css",
    ".csv",
    ".html",
    ".js",
    ".json",
    ".lock",
    ".md",
    ".py",
    ".sh",
    ".toml",
    ".txt",
    ".yml",
}
# The start of a path that exists on one person's machine only, and is of no use to anyone else.
MACHINE_PATH = re.compile(r"""(?<![\w.:/-])(?:/(?:home|Users|root|work|tmp|opt)/[\w.-]+|[A-Z]:\\Users\\)""")
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+)( ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
MOST_SAMPLE_BYTES = 1_200_000


def unusable_lock_lines(text: str) -> list[str]:
    """Return the lines of a lock that are neither a pinned version nor a hash."""
    return [line for line in text.splitlines() if not (PIN.match(line) or HASH.match(line))]


def pins(lock: str) -> set[tuple[str, str]]:
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    return {(found[1], found[2]) for line in lines if (found := PIN.match(line))}


def own_files() -> list[Path]:
    """Return the files that are, or are about to be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout, so there is no list of the repository's own files")
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_pins_and_hashes_and_no_address(lock):
    text = (ROOT / lock).read_text("utf-8")
    assert unusable_lock_lines(text) == []
    assert len(pins(lock)) > 30


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://registry.example/simple",
        "--find-links ../wheels",
        "numpy @ https://registry.example/numpy.whl \\",
        "-e .",
        "numpy>=2.3 \\",
        "    # via pandas",
    ],
)
def test_a_line_with_an_address_or_without_a_pin_is_refused(line):
    assert unusable_lock_lines(f"numpy==2.4.6 \\\n    --hash=sha256:{'0' * 64}\n{line}\n") == [line]


def test_the_test_lock_adds_to_the_runtime_lock_and_changes_nothing_in_it():
    runtime, test = (pins(lock) for lock in LOCKS)
    assert runtime < test


def test_the_locks_hold_every_dependency_and_the_build_backend():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    wanted = {
        "requirements.lock": [*project["project"]["dependencies"], *project["build-system"]["requires"]],
        "requirements-test.lock": [*extras["test"], *extras["dev"]],
    }
    for lock, requirements in wanted.items():
        names = {re.split(r"[^a-z0-9-]", requirement.lower())[0] for requirement in requirements}
        assert names - {name for name, _ in pins(lock)} == set()


# Distributions that are imported under another name than their own.
IMPORTED_AS = {"exchange-calendars": "exchange_calendars", "scikit-learn": "sklearn"}


def undeclared(modules: dict[str, str], declared: set[str]) -> set[str]:
    """Return the libraries that the modules import and the project does not declare."""
    imported = {
        each.module.split(".")[0]
        for source in modules.values()
        for each in imports(source, package="riskcore")
    }
    own = {"riskcore", "app", "pages"}
    return imported - own - declared - set(sys.stdlib_module_names)


def test_every_imported_library_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.split(r"[^a-z0-9-]", requirement.lower())[0] for requirement in project["dependencies"]}
    assert undeclared(sources(ROOT), {IMPORTED_AS.get(name, name) for name in names}) == set()


def test_an_undeclared_library_would_be_found():
    assert undeclared({"riskcore.x": "def f():\n    import requests.adapters"}, {"numpy"}) == {"requests"}


def test_no_file_names_a_path_of_one_machine():
    found = [
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file in own_files()
        if file.suffix in TEXT or file.name in {"Makefile", "run"}
        for match in MACHINE_PATH.finditer(file.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("folder", ["home/ann", "Users/ann", "root/data", "tmp/x"])
def test_a_path_of_one_machine_would_be_found(folder):
    assert MACHINE_PATH.search(f'open("/{folder}/prices.csv")')
    assert not MACHINE_PATH.search(f"see https://example.org/{folder}")


def test_the_samples_stay_small_together():
    samples = list((ROOT / "riskcore/data/samples").glob("*"))
    assert samples
    assert sum(file.stat().st_size for file in samples) < MOST_SAMPLE_BYTES


def loaded_by(statement: str) -> set[str]:
    """Return the top-level names of everything a fresh Python has loaded after one statement."""
    program = (
        f"{statement}\nimport sys, json\nprint(json.dumps(sorted({{n.split('.')[0] for n in sys.modules}})))"
    )
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout.splitlines()[-1]))


def library_modules() -> list[str]:
    return sorted(name for name in sources(ROOT) if name.startswith("riskcore"))


def test_importing_everything_leaves_the_heavy_libraries_alone():
    loaded = loaded_by("import " + ", ".join(library_modules()))
    assert "riskcore" in loaded
    assert loaded & HEAVY == set()


def test_importing_the_calculating_half_needs_neither_streamlit_nor_plotly():
    screen = ("riskcore.dashboard", "riskcore.figures", "riskcore.report")
    names = [name for name in library_modules() if not name.startswith(screen)]
    assert loaded_by("import " + ", ".join(names)) & {"streamlit", "plotly"} == set()


@pytest.mark.parametrize("library", sorted(HEAVY))
def test_a_heavy_library_would_be_noticed(library):
    assert library in loaded_by(f"import sys, types; sys.modules['{library}.x'] = types.ModuleType('x')")


def module_table(readme: str) -> set[str]:
    """Return the modules named in the first column of README's module table."""
    return set(re.findall(r"^\| `riskcore/([a-z_]+)(?:\.py|/)`", readme, flags=re.MULTILINE))


def test_readme_names_every_module_of_the_library():
    package = ROOT / "riskcore"
    folders = {file.parent.name for file in package.glob("*/__init__.py")}
    files = {file.stem for file in package.glob("*.py")} - {"__init__"}
    assert module_table((ROOT / "README.md").read_text("utf-8")) == folders | files


def test_the_module_table_is_read_from_its_first_column_only():
    text = "| `riskcore/errors.py` | see `riskcore/other.py` |\n| `riskcore/data/` | x |\n`riskcore/no.py`"
    assert module_table(text) == {"errors", "data"}


def test_every_make_command_in_the_texts_exists():
    declared = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE)
    assert declared
    for name in ("README.md", "CONTRIBUTING.md", ".ci/run"):
        text = (ROOT / name).read_text("utf-8")
        named = set(re.findall(r"(?:`|^)make ([a-z]+)", text, flags=re.MULTILINE))
        assert {"test"} <= named <= set(declared[1].split()), name


def test_make_refuses_a_python_that_is_too_old_or_missing(tmp_path):
    old = tmp_path / "python-old"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Python 3.9.2" && exit 0\nexit 1\n', "utf-8")
    old.chmod(0o755)
    for python, reason in ((old, "is Python 3.9.2"), (tmp_path / "none", "there is no")):
        command = ["make", f"PYTHON={python}", f"VENV={tmp_path / 'env'}", "run"]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert run.returncode != 0
        assert "riskcore needs Python 3.11 or newer" in run.stderr
        assert reason in run.stderr
        assert not (tmp_path / "env").exists()
