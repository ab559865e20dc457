# The two commands of the README: `make papers` and `make test`. Each brings its own environment first.
export OPENBLAS_NUM_THREADS = 1
export PYTHONHASHSEED = 0

PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN = .venv/Scripts
else
BIN = .venv/bin
endif
EXTRAS = --extra test --extra dev --extra territory --extra bench --extra cluster
TESTS = $(BIN)/python -m pytest -q -n 2 --dist loadgroup

.PHONY: papers test test-slow verify lint lab lock bench setup
papers: setup
	@$(BIN)/python -m analysis papers

test: setup
	@$(TESTS) -m "not slow"

test-slow: setup
	@$(TESTS) -m slow

verify: setup
	@$(BIN)/python -m analysis verify demo milano

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

lab: setup
	@$(BIN)/python -m analysis lab

bench: setup
	@for benchmark in benchmarks/*.py; do $(BIN)/python $$benchmark || exit 1; done

lock: setup
	$(BIN)/uv pip compile pyproject.toml $(EXTRAS) --universal --python-version 3.11 --generate-hashes --no-emit-index-url -q -o requirements.lock

# Installs what the lock says; skipped while neither the lock nor pyproject.toml has changed.
setup:
	@cat requirements.lock pyproject.toml | cmp -s - .venv/installed || { \
	  echo "Setting up .venv from requirements.lock"; \
	  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")' && \
	  $(PYTHON) -m venv --clear .venv && \
	  $(BIN)/python -m pip install -q --disable-pip-version-check $$(sed -n 's/^\(uv==[0-9.]*\).*/\1/p' requirements.lock) && \
	  $(BIN)/python -m uv -q pip sync --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock && \
	  $(BIN)/python -m uv -q pip install --python $(BIN)/python --no-deps --no-build-isolation -e . && \
	  cat requirements.lock pyproject.toml > .venv/installed; }
