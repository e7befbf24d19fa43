# make          the environment in .venv
# make trial    the whole regime on this repository, on this machine
# make test     all tests (at most ten minutes)
# make check    lint, types, import contracts, documentation
# make soak     long fuzzing, kills, large registers; never in CI
# make bench    every bench, quick

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
RUNTIME := src/assay/requirements.lock
# More than cores: much of the time of the tests is waiting for a disk or another process.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 2))')
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1767225600)
export SOURCE_DATE_EPOCH
# What was compiled is kept: without that every process of the tests compiles everything anew, for a tenth of their time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: all trial test check soak bench lock clean wheel

all: $(VENV)/.runtime

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Assay needs Python 3.11 or newer; set PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(RUNTIME) requirements/build.lock pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r $(RUNTIME) -r requirements/build.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.lock
	$(PIP) install --quiet --require-hashes -r requirements/dev.lock
	@touch $@

wheel: $(VENV)/.runtime
	@rm -f dist/assay_office-*.whl
	$(PIP) wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

trial: wheel
	@$(BIN)/assay trial . --report-only $(foreach file,$(wildcard dist/assay_office-*.whl),--release $(file))

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/docs

soak: $(VENV)/.dev
	$(BIN)/python -m pytest tests/soak -m soak
	HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -n auto tests/fuzz tests/property tests/unit/formats

bench: $(VENV)/.dev
	$(BIN)/python bench/validate.py --quick
	$(BIN)/python bench/honesty.py --quick
	$(BIN)/python bench/register.py --quick
	$(BIN)/python bench/office.py --quick

lock:
	sh tools/lock

clean:
	rm -rf $(VENV) dist .assay .bench
