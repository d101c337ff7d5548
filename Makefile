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
EMOTIFY ?= ../shared/data/emotify
GTZAN_AUDIO ?= ../shared/data/gtzan-audio
RUNS ?= runs/default
# Through the environment, so that any folder name survives the shell.
export MUSIC GTZAN GTZAN_AUDIO QUADRANTS EMOTIFY RUNS

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

# Trains the built-in model (about an hour and a half of two cores), judges it by folds and on the
# valid list, writes docs/default-model.md, and puts the model into the package. What is finished is
# not done again: stop it at any moment.
default-model: $(VENV)/.dev
	set -e; \
	for i in 0 1 2; do \
	  $(BIN)/earmark blend recipes/default/valid-$$i.toml --side official --runs "$$RUNS" --out "$$RUNS/bundle-$$i" \
	    --data gtzan-mel="$$GTZAN" --data quadrants-mel="$$QUADRANTS"; \
	  rm -rf "$$RUNS/valid-$$i"; mv "$$RUNS/blend-official" "$$RUNS/valid-$$i"; \
	done; \
	$(BIN)/earmark evaluate --data gtzan-mel="$$GTZAN" --split valid \
	  --model "$$RUNS/bundle-0" --format json --out "$$RUNS/valid.json"; \
	$(BIN)/earmark evaluate --data gtzan="$$GTZAN_AUDIO" --split valid --robustness \
	  --model "$$RUNS/bundle-0" --format json --out "$$RUNS/robustness.json"; \
	$(BIN)/earmark blend recipes/default/blend.toml --side all --runs "$$RUNS" --out "$$RUNS/bundle" \
	  --data gtzan-mel="$$GTZAN" --data quadrants-mel="$$QUADRANTS" --data emotify="$$EMOTIFY"; \
	$(BIN)/earmark remember "$$RUNS/bundle" --features "$$RUNS/features" --out "$$RUNS/memory.json" \
	  --data gtzan-mel="$$GTZAN" --data quadrants-mel="$$QUADRANTS" --data emotify="$$EMOTIFY"; \
	$(BIN)/earmark blend recipes/default/tried/blend.toml --side folds --runs "$$RUNS/tried" \
	  --data gtzan-mel="$$GTZAN" --data quadrants-mel="$$QUADRANTS" --data emotify="$$EMOTIFY"; \
	$(BIN)/python recipes/card.py "$$RUNS"; \
	rm -rf src/earmark/models/default; cp -R "$$RUNS/bundle" src/earmark/models/default

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
