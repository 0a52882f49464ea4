# Everything a person, or the build server, runs. The environment is made on first use from the pinned lock file.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: help install demo test check format bench validity mutations crash notebooks dictionaries reference docs lock wheel clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /	/'

install: $(INSTALLED)  ## create the environment with the pinned dependencies

$(INSTALLED): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(INSTALLED)  ## simulate a company and run the whole job on it
	$(BIN)/healthscore demo

test: $(INSTALLED)  ## run the tests, with coverage
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term

check: $(INSTALLED)  ## style, types, and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED)  ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

BENCH ?= bench-data
PEERS ?= $(HEALTHSCORE_PEERS)
PEERS_PYTHON ?= $(BIN)/python

bench: $(INSTALLED)  ## features of 20 million events beside other plans (PEERS=their folder, PEERS_PYTHON=their python)
	HEALTHSCORE_PEERS=$(PEERS) $(BIN)/python benchmarks/speed.py features --folder $(BENCH) --peers-python $(PEERS_PYTHON)

validity: $(INSTALLED)  ## measure the statistics on simulated truth, docs/validity.md (an hour and a half, two cores; resumes)
	PYTHONPATH=tests $(BIN)/python -m validity

mutations: $(INSTALLED)  ## damage ten thousand bundles and load them: none may end the process or pass unseen (minutes)
	PYTHONPATH=tests $(BIN)/python -m mutations

crash: $(INSTALLED)  ## kill, cut off, starve and race the jobs, docs/crashes.md (less than 90 minutes, two cores; resumes)
	PYTHONPATH=tests $(BIN)/python -m crash

notebooks: $(INSTALLED)  ## execute the notebooks in place, as they are committed (minutes)
	$(BIN)/ruff format --quiet notebooks
	$(BIN)/jupyter execute --inplace notebooks/*.ipynb

dictionaries: $(INSTALLED)  ## write features/dictionary/*.md; of the runs over public data too with HEALTHSCORE_DATA=path
	$(BIN)/python -m healthscore.pipelines.dictionaries $(HEALTHSCORE_DATA)

reference: $(INSTALLED)  ## write docs/reference/*.md: commands, keys, features and public functions, as the code tells them
	PYTHONPATH=tests $(BIN)/python -m reference

docs: $(INSTALLED)  ## build the documentation site into site/
	$(BIN)/zensical build --clean --strict

lock:  ## renew requirements.lock from pyproject.toml (needs uv); names no package index
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
		pyproject.toml --group dev -o requirements.lock

wheel: $(INSTALLED)  ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

clean:  ## remove what commands made here, but for the environment
	rm -rf dist build site .cache demo healthscore-out .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
