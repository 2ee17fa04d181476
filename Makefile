# Everything a developer or a curious visitor runs. `make` alone lists the targets.
# Works with GNU make 3.81 and any POSIX shell. ARGS is handed on: make test ARGS="-k watermark".

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test chaos endure lts check lint format lock jaeger up down clean

VENV := .venv
BIN := $(VENV)/bin
ARGS :=
SEEDS := 5
JAVA := java
SEED :=

# Packages come from the index that uv is set up for, else from the one that pip is set up for.
UV := UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$${UV_INDEX_URL:-$${PIP_INDEX_URL:-$$(cat $(VENV)/index 2>/dev/null)}}}" $(BIN)/uv
# Into our environment only, whatever other one is active. Versions and hashes are those of requirements.lock, for what
# builds the package too.
UV_INSTALL := $(UV) pip install --quiet --python $(BIN)/python --build-constraints requirements.lock

help: ## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '  make %-8s %s\n' "$$name" "$$text"; done

demo: $(VENV)/.runtime ## the main job on real services: Kafka to graph to search
	@$(BIN)/episodes demo $(ARGS)

# The graph store's contract runs on the real Neo4j too when an address is named; an empty one stands for a local one.
test: $(VENV)/.complete ## all tests with coverage (short chaos included)
	EPISODES_TEST_NEO4J="$${EPISODES_TEST_NEO4J-}" $(BIN)/pytest -m "not slow" --cov --cov-report=term $(ARGS)

chaos: $(VENV)/.complete ## seeds of chaos, about a minute each: make chaos SEEDS=30; one again: make chaos SEED=7
	EPISODES_TEST_CHAOS_SEEDS="$(SEEDS)" EPISODES_TEST_CHAOS_SEED="$(SEED)" \
		$(BIN)/pytest -q -s -m slow tests/faults/test_chaos.py $(ARGS)

endure: $(VENV)/.complete ## the long fault tests: killed ten times, 20,000 episodes waiting (about 15 minutes)
	$(BIN)/pytest -s -m slow tests/faults --ignore=tests/faults/test_chaos.py $(ARGS)

# The last release of the 5 series needs an older Java than ours, 17 or 21.
lts: $(VENV)/.complete ## graph, search and Graphiti tests on Neo4j 5.26: make lts JAVA=/path/to/java (17 or 21)
	EPISODES_TEST_NEO4J= EPISODES_STACK__NEO4J_VERSION=5.26.12 EPISODES_STACK__JAVA="$$(command -v "$(JAVA)")" \
		$(BIN)/pytest -m "not slow" tests/integration/graph tests/integration/search tests/compat $(ARGS)

check: lint ## format, lint, types, layers, and the tests that need no service
	$(BIN)/pytest -q -m "not slow and not engine" -n 2 --dist loadfile tests/unit tests/contract tests/property $(ARGS)

lint: $(VENV)/.complete ## format, lint, types and layers only
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.complete ## rewrite the sources as ruff wants them
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(BIN)/uv ## choose versions again and write requirements.lock
	@$(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 --all-extras --group dev \
		--no-emit-index-url --custom-compile-command "make lock" --output-file requirements.lock pyproject.toml $(ARGS)

# Its own page is not in the module; `docker compose up` has a Jaeger with one.
jaeger: $(VENV)/.runtime ## build Jaeger from its Go module for the tests of traces (needs Go; some minutes, once)
	@$(BIN)/python ops/jaeger/build.py

up: $(VENV)/.runtime ## start Kafka and Neo4j in the background
	@$(BIN)/episodes up --detach $(ARGS)

down: $(VENV)/.runtime ## stop what `make up` started
	@$(BIN)/episodes down $(ARGS)

clean: ## remove the environment and all caches in this folder
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage coverage.xml dist build
	find consumer tests ops -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment, in steps that are remembered by stamp files: an interpreter with uv; what the product needs
# (`make demo`); everything (`make test`). A changed lock or pyproject.toml makes the last two again.

$(BIN)/uv:
	@set -e; for python in python3 python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; python=; done; \
	if [ -z "$$python" ]; then \
		echo "make: no Python 3.11 or newer found (looked for python3, python3.13, python3.12, python3.11)." >&2; \
		echo "make: install one, e.g. from your system's packages or python.org, and run make again." >&2; exit 1; fi; \
	echo "making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv $(VENV) || { \
		echo "make: $$python can't make an environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }; \
	$(BIN)/python -m pip config get global.index-url > $(VENV)/index 2>/dev/null || true; \
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.txt; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(VENV)/uv.txt

$(VENV)/.runtime: $(BIN)/uv pyproject.toml requirements.lock
	@echo "installing what the product needs (about 310 MB the first time)"
	@$(UV_INSTALL) --constraints requirements.lock --editable '.[local,communities]'
	@touch $@

$(VENV)/.complete: $(BIN)/uv pyproject.toml requirements.lock
	@echo "installing what the product and its tests need (about 410 MB the first time, less after make demo)"
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(UV_INSTALL) --no-deps --editable .
	@touch $@ $(VENV)/.runtime
