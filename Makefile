# Everything a person does with this tree. Needs Python >= 3.11 and make; the rest comes into .venv.
# One line of help each: `make`.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
OPS    := $(VENV)/.installed-ops

# What every pinned set is made with: no address of any index ends up in the files.
LOCK := CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-annotate \
        --no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
# The lists are complete: what a package asks for beyond them, or newer, is not looked for.
PINNED := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps

# The layers that decide must be covered to the last branch.
DECIDING := sidecar/model/*,sidecar/policy/*,sidecar/consent/*,sidecar/engine/*

# Two workers: what the smallest CI machine has.
WORKERS ?= 2
# make bench QUICK=1: a look, not a measurement.
QUICK   ?=
# make run ARGS="--listen unix:/tmp/sidecar.sock"
ARGS    ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- set up -----------------------------------------------------------------------------------------------------------

.PHONY: install
install: $(STAMP) ## make .venv with all that running and testing need

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || \
	  { echo 'error: no `$(PYTHON)` found: install Python 3.11 or newer, or say `make PYTHON=/path/to/python3`' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: Python 3.11 or newer is needed, \`$(PYTHON)\` is $$($(PYTHON) -V 2>&1): say \`make PYTHON=python3.11\`" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo 'error: `$(PYTHON) -m venv` failed; on Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }

$(STAMP): constraints-dev.txt pyproject.toml | $(BIN)/python
	@echo 'installing into $(VENV) ...'
	@$(PINNED) -r constraints-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(OPS): constraints-ops.txt $(STAMP)
	@echo 'installing what test-ops needs into $(VENV) ...'
	@$(PINNED) -r constraints-ops.txt
	@touch $@

# --- use --------------------------------------------------------------------------------------------------------------

.PHONY: run
run: $(STAMP) ## serve the policies in policies/ with data in .data/, seeded on the first start
	@$(BIN)/sidecar serve --bundle policies --data-dir .data --seed-demo $(ARGS)

.PHONY: demo
demo: $(STAMP) ## watch a withdrawal turn the very next answer, on a free port
	@$(BIN)/sidecar demo $(ARGS)

# --- verify -----------------------------------------------------------------------------------------------------------

.PHONY: test
test: $(STAMP) ## run the tests; needs nothing but Python and git
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report=
	@$(BIN)/coverage report --include='$(DECIDING)' --fail-under=100

.PHONY: test-ops
test-ops: $(OPS) ## run the tests that need tools (promtool, h2load, chromium, chromedriver); fails where one is missing
	@$(BIN)/python -m pytest tests/ops

.PHONY: check
check: $(STAMP) ## lint, types, layers, protocol, and that generated files are fresh
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/buf lint
	$(BIN)/python scripts/check_tree.py

.PHONY: bench
bench: $(STAMP) ## measure all that is claimed, then compare with the baseline; QUICK=1 for a short look
	@$(BIN)/python -m benchmarks.all $(if $(QUICK),--quick)

.PHONY: bench-tools
bench-tools: ## bring what is measured beside the sidecar, into build/tools; needs npm
	@command -v npm >/dev/null || { echo 'error: no `npm` found; on Debian and Ubuntu: apt-get install npm' >&2; exit 1; }
	npm install --silent --no-audit --no-fund --prefix build/tools cerbos@0.51.0

# --- write ------------------------------------------------------------------------------------------------------------

.PHONY: fmt
fmt: $(STAMP) ## format the code and mend what can be mended by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: proto
proto: $(STAMP) ## write sidecar/api/ from proto/
	@$(BIN)/python scripts/proto.py

.PHONY: docs
docs: $(STAMP) ## write what is generated in docs/ and policies/
	@$(BIN)/python scripts/configuration.py
	@$(BIN)/python scripts/taxonomy.py
	@$(BIN)/python -m tests.unit.cli.reference

.PHONY: lock
lock: $(STAMP) ## pin the newest allowed versions in constraints*.txt
	@$(LOCK) --upgrade --extra analysis --extra native --extra nats --output-file constraints.txt pyproject.toml
	@$(LOCK) --upgrade --extra analysis --extra native --extra nats --extra dev --constraint constraints.txt --output-file constraints-dev.txt pyproject.toml
	@$(LOCK) --upgrade --extra ops --constraint constraints-dev.txt --output-file constraints-ops.txt pyproject.toml

.PHONY: clean
clean: ## remove what was made; keeps .data/
	rm -rf $(VENV) build dist htmlcov .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
