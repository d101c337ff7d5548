# make tag MUSIC=folder   names the genre of every audio file in a folder
# make test               lint, types, import contracts and tests
#
# Needs Python 3.11 or newer and make. Everything else goes into .venv.

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
  BIN := $(VENV)/Scripts
else
  BIN := $(VENV)/bin
endif
MUSIC ?= examples/album
GTZAN ?= ../shared/data/gtzan-mel
QUADRANTS ?= ../shared/data/quadrants-mel
# Through the environment, so that any folder name survives the shell.
export MUSIC GTZAN QUADRANTS

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help tag test dev lint types imports unit default-model clean

help:
	@sed -n '1,2s/^# //p' Makefile

tag: $(VENV)/.core
	@$(BIN)/earmark tag "$$MUSIC"

test: lint types imports unit

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	$(BIN)/lint-imports

# A test process per core, up to four; files stay whole, since what is trained serves a whole file.
unit: export OMP_NUM_THREADS := 1
unit: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n logical --maxprocesses 4 --dist loadfile

dev: $(VENV)/.dev

# Trains the built-in model with three seeds (a few minutes each on two cores), writes
# docs/results.md from the runs, and puts the first one into the package.
default-model: $(VENV)/.dev
	set -e; for seed in 0 1 2; do \
	  $(BIN)/earmark train recipes/default.toml --set seed=$$seed --out runs/default-s$$seed \
	    --data gtzan-mel="$$GTZAN" --data quadrants-mel="$$QUADRANTS"; \
	done
	$(BIN)/python recipes/results.py runs/default-s0 runs/default-s1 runs/default-s2
	rm -rf src/earmark/models/default
	cp -R runs/default-s0/bundle src/earmark/models/default

$(VENV)/bin/python $(VENV)/Scripts/python.exe:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Earmark needs Python 3.11 or newer, and $(PYTHON) is ' + sys.version.split()[0] + '; try: make PYTHON=python3.12 ...')"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml constraints.txt | $(BIN)/python$(if $(filter Windows_NT,$(OS)),.exe)
	@echo "Installing Earmark into $(VENV) ..." >&2
	@$(PIP) -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python$(if $(filter Windows_NT,$(OS)),.exe)
	@echo "Installing Earmark and its tools into $(VENV) ..." >&2
	@$(PIP) -e ".[dev]"
	@touch $@ $(VENV)/.core

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
