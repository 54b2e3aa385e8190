# `make try` and `make test` each install what they need into .venv and then run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: try test check fmt bench soak lock install install-dev clean

try: install
	$(BIN)/frontdesk try $(TRY)

# A process a core, each with one thread for the embedding model; the golden sets need both cores, so they come after.
# Tests at the wire want acks in time: where they must not fail for want of a core, WORKERS=0 runs one at a time.
WORKERS := auto
test: install-dev
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) --dist worksteal --ignore tests/evaluation
	$(BIN)/pytest tests/evaluation

check: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: install-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install-dev
	$(BIN)/python -m ops.bench

soak: install-dev
	$(BIN)/python -m ops.bench.soak_slack
	$(BIN)/python -m ops.bench.soak_sync
	$(BIN)/python -m ops.bench.soak_http
	$(BIN)/python -m ops.bench.soak_humans
	$(BIN)/python -m ops.bench.soak_escalations

# The locks are complete, so pip resolves nothing (--no-deps) and every file is checked by hash.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Frontdesk needs Python 3.11 or newer; run: make PYTHON=python3.12 try")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install --no-deps --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	touch $@

# Needs uv (any recent one) on the PATH. No registry address is written.
UV_COMPILE := uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
lock:
	$(UV_COMPILE) --universal --extra eval --group build -o requirements.lock pyproject.toml
	$(UV_COMPILE) --no-deps --group pyproject.toml:weights >> requirements.lock
	$(UV_COMPILE) --universal --extra eval --group build --group dev -c requirements.lock -o requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) .frontdesk .mypy_cache .pytest_cache .ruff_cache .hypothesis
