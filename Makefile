# Everything the project needs is one of these targets; `make help` lists them.
# Only Python 3.11 or newer and make have to be installed: the rest goes into .venv from the locks.

PORT ?= 8501
PYTHON ?= python3
VENV ?= .venv

# Windows has Scripts/ instead of bin/; README.md says how to install there without make.
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TESTABLE := $(VENV)/.testable
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

# Streamlit opens a browser window by itself; on a server or in CI there is none to open.
HEADLESS := $(if $(CI),--server.headless=true,)

# One worker per core; a file stays whole, because its tests share what is slow to set up.
EVERY_CORE := -n auto --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help run test fast slow proof check bench lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-12s %s\n", $$1, $$2}'

run: $(INSTALLED)  ## open the dashboard on http://127.0.0.1:8501 (PORT=… for another port)
	@$(BIN)/python -m riskcore.dashboard --server.address=127.0.0.1 --server.port=$(PORT) --server.showEmailPrompt=false $(HEADLESS)

test: $(TESTABLE)  ## tests and doctests, pages included; the browser tests too where Chromium is installed
	$(BIN)/python -m pytest -m "not slow" $(EVERY_CORE)

fast: $(TESTABLE)  ## the tests to run while working: all but pages, browser and slow ones (ninety seconds)
	$(BIN)/python -m pytest -m "not slow and not browser and not pages" $(EVERY_CORE)

slow: $(TESTABLE)  ## the simulations and long suites that .ci/run adds to the tests
	$(BIN)/python -m pytest -m slow $(EVERY_CORE)

proof: $(TESTABLE)  ## every numerical test with far more generated cases (many minutes; not in CI)
	$(BIN)/python -m pytest -m "not browser" --hypothesis-profile=proof $(EVERY_CORE)

check: $(TESTABLE)  ## lint, format, types, and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet tests/architecture

bench: $(TESTABLE)  ## run the benchmarks, one after the other
	@set -e; for script in benchmarks/bench_*.py; do echo "$$script"; $(BIN)/python "$$script"; done

# The build backend has to be in the lock, because the editable install runs without build isolation.
lock: $(TESTABLE)  ## resolve pyproject.toml again into the locks
	echo 'setuptools>=80' | $(COMPILE) --output-file=requirements.lock pyproject.toml -
	echo 'setuptools>=80' | $(COMPILE) --extra=test --extra=dev --extra=postgres --constraint=requirements.lock --output-file=requirements-test.lock pyproject.toml -
	echo 'setuptools>=80' | $(COMPILE) --extra=bench --constraint=requirements.lock --output-file=requirements-bench.lock pyproject.toml -

clean:  ## remove the environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info

# A stamp is newer than the files it was made from until one of them changes, so a second run starts at once.
$(INSTALLED): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	  echo "riskcore needs Python 3.11 or newer, and there is no '$(PYTHON)' here. Install it, or name another: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "riskcore needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make environments: its module venv or ensurepip is missing. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing riskcore into $(VENV); this takes about a minute, once."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes --requirement requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(TESTABLE): $(INSTALLED) requirements-test.lock
	@echo "Adding the test tools to $(VENV)."
	@$(PIP) --require-hashes --requirement requirements-test.lock
	@touch $@
