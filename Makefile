# The two commands of the README: `make papers` and `make test`. Each brings its own environment.
export OPENBLAS_NUM_THREADS = 1
export PYTHONHASHSEED = 0

PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN = .venv/Scripts
else
BIN = .venv/bin
endif
STAMP = .venv/lock.stamp
LOCKED = --extra test --extra dev --extra territory --extra bench

.PHONY: papers test test-slow lint lab lock bench setup
papers: $(STAMP)
	@$(BIN)/python -m analysis papers

test: $(STAMP)
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "not slow"

test-slow: $(STAMP)
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m slow

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

lab: $(STAMP)
	@$(BIN)/python -m analysis lab

bench: $(STAMP)
	@for b in benchmarks/*.py; do $(BIN)/python $$b || exit 1; done

lock: $(STAMP)
	$(BIN)/uv pip compile pyproject.toml $(LOCKED) --universal --python-version 3.11 --generate-hashes --no-emit-index-url -q -o requirements.lock

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) tools/setup.py
