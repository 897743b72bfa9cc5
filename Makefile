# The verbs of the project. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
SANDBOX := $(BIN)/athena-sandbox
SANDBOX_UP := $(SANDBOX) up --bucket acme-lakehouse-bronze --bucket acme-lakehouse-silver --bucket acme-lakehouse-results \
	--spark-workgroup spark=s3://acme-lakehouse-results/spark/
IN_SANDBOX := $(SANDBOX) exec --
# agate warns of each column of texts that it takes for dates.
DOCS := $(IN_SANDBOX) env PYTHONWARNINGS=ignore::RuntimeWarning:agate.type_tester $(BIN)/dbt --quiet docs generate --static

# Size of the demo: days of arrivals, factor on the viewers of a day, share of dirty rows.
DAYS ?= 7
SCALE ?= 1
DIRT ?= 0.02
SEED ?= 1

export DBT_PROFILES_DIR := $(CURDIR)/profiles
export DBT_SEND_ANONYMOUS_USAGE_STATS := 0

.PHONY: help setup up down demo build docs reference lint format unit integration check test structure corpus-check clean lock

help: ## List the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: ## Make .venv from requirements.lock
	@$(PYTHON) scripts/bootstrap.py

up: setup ## Start the sandbox
	@$(SANDBOX_UP)

down: setup ## Stop the sandbox; its data stays
	@$(SANDBOX) down

demo: setup ## From a fresh clone to green marts: sandbox, bronze data, dbt build, summary
	@$(SANDBOX_UP)
	@$(IN_SANDBOX) $(BIN)/lakehouse telemetry generate --days $(DAYS) --scale $(SCALE) --dirt $(DIRT) --seed $(SEED)
	@$(IN_SANDBOX) $(BIN)/lakehouse build -- --exclude-resource-type unit_test
	@$(DOCS) --no-compile
	@printf '%s\n' \
	  'Docs      target/static_index.html (one file; open it in a browser)' \
	  'Next      $(IN_SANDBOX) $(BIN)/lakehouse sql "select event_type, count(*) from local_marts.fct_playback_events group by 1"' \
	  '          $(SANDBOX) status' \
	  '          $(SANDBOX) down'

build: setup ## dbt build on the running sandbox
	@$(IN_SANDBOX) $(BIN)/dbt build

docs: setup ## The dbt docs site, as one file: target/static_index.html
	@$(SANDBOX_UP)
	@$(DOCS)
	@echo 'target/static_index.html'

reference: setup ## Write docs/cli and docs/macros.md from the commands and macros
	@$(BIN)/python scripts/reference_pages.py

lint: setup ## ruff and mypy (sqlfluff asks the sandbox, so it runs in make test)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

format: setup ## Let ruff and sqlfluff rewrite what they can
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format
	@$(SANDBOX_UP)
	@$(IN_SANDBOX) $(BIN)/sqlfluff fix models analyses

unit: setup ## Tests that need no service
	@$(BIN)/pytest --numprocesses 2 tests/unit

integration: setup ## Tests against a sandbox of their own
	@$(BIN)/pytest tests/integration tests/proving

check: lint unit ## What to run before every commit: lint, and the tests that need no service

test: lint ## Everything that CI runs
	@$(BIN)/pytest --numprocesses 2 --durations 40

structure: setup ## Count what imports what; AT=revision counts there
	@$(BIN)/python -m tests.support.structure $(if $(AT),--at $(AT))

corpus-check: setup ## The timestamp corpus as one SELECT, to run on any Athena: target/timestamp_corpus_check.sql
	@mkdir -p target
	@$(BIN)/python -m tests.unit.dbt.macros.timestamp_corpus > target/timestamp_corpus_check.sql
	@echo 'target/timestamp_corpus_check.sql'

clean: ## Stop the sandbox and remove everything that was made here (not the download cache)
	@if [ -x $(SANDBOX) ]; then $(SANDBOX) down --clean; fi
	@rm -rf target logs .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

lock: ## Compile requirements.lock from pyproject.toml (needs uv)
	@uv pip compile pyproject.toml --extra dev --extra clients --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --no-header -o requirements.lock --quiet
