# Two commands do everything on a fresh machine with Python 3.11+ and make:
#   make april   installs what the main job needs into .venv and runs it
#   make test    installs the developers' tools too and passes the tests
# The stamps in .venv are older than pyproject.toml or constraints.txt only when those change, so a second run starts at once.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install -c constraints.txt
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(if $(shell $(name) -c \
	'import sys; print(*("yes" for _ in range(sys.version_info >= (3, 11))))' 2>/dev/null),$(name))))

.DEFAULT_GOAL := help
.PHONY: help april test lint docs campaign audit clean
.DELETE_ON_ERROR:

help:
	@echo "make april   replay a 50x TY basis book through April 2025: the daily table, and results/april-2025"
	@echo "make test    lint, types, import contracts and every test"
	@echo "make lint    lint, types and import contracts only"
	@echo "make docs    build the site into docs/_build/html: examples are run, a warning is an error"
	@echo "make campaign HOURS=8   random worlds, hostile inputs, damaged files and kills, for hours; goes on where it stopped"
	@echo "make audit   known vulnerabilities of the pinned dependencies (asks the network)"
	@echo "make clean   remove .venv, caches and results"

april: $(VENV)/.runtime
	@$(BIN)/basis-stress backtest april-2025 --contract TY --leverage 50 --out results/april-2025

test: lint
	$(BIN)/python -m pytest -n auto --dist loadgroup

docs: $(VENV)/.docs
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	@$(BIN)/python docs/check_links.py docs/_build/html
	@echo "docs/_build/html/index.html"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

campaign: $(VENV)/.dev
	@PYTHONPATH=tests $(BIN)/python -m campaigns.run --hours $(or $(HOURS),1)

audit: $(VENV)/.dev
	@$(PIP) pip-audit
	$(BIN)/pip-audit --requirement constraints.txt --no-deps

clean:
	rm -rf $(VENV) build dist results docs/_build docs/_extra docs/tutorial docs/gallery *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "basis-stress needs Python 3.11 or newer; none was found: install one, or name it, as in" \
		"make april PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Making .venv with $$("$(PYTHON)" --version) ..."
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make an environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/.runtime: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what the main job needs (once) ..."
	@$(PIP) -e .
	@touch $@

$(VENV)/.docs: $(VENV)/.runtime
	@echo "Installing what the site needs (once) ..."
	@$(PIP) -e '.[docs]'
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@echo "Installing the developers' tools (once) ..."
	@$(PIP) -e '.[dev]'
	@touch $@
