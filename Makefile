# Two commands do everything: `make run` (see it) and `make test` (check it).
.DEFAULT_GOAL := help
SHELL := /bin/bash
PORT ?= 8501
PY := .venv/bin/python
# Live demo events a minute; 0 for none, negative for as many as the city's record has. More than
# that is quickly told as abnormal, rightly.
GOVDASH_DEMO_RATE ?= -1

.PHONY: help setup run test test-long bench lock docs clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: ## .venv with the pinned packages
	@scripts/setup

run: setup ## database, demo city on first start, server on http://127.0.0.1:$(PORT)
	@$(PY) -m govdash init
	@$(PY) -m govdash demo --if-empty
	@GOVDASH_DEMO_RATE=$(GOVDASH_DEMO_RATE) exec $(PY) -m govdash serve --port $(PORT)

test: setup ## every check: format, lint, types, import contracts, tests with PostgreSQL and Chromium
	@scripts/test

test-long: setup ## soaks, big matrices, benchmarks
	@scripts/test long

bench: setup ## how well detection finds, how fast it and the lake are
	@$(PY) -m benchmarks

lock: setup ## new pins from pyproject.toml
	@scripts/lock

docs: setup ## the data dictionary from the models, the tables of roles, what the notebook prints
	@$(PY) scripts/data_dictionary.py
	@$(PY) scripts/role_tables.py
	@$(PY) scripts/loop_tables.py
	@$(PY) scripts/indicator_table.py
	@$(PY) scripts/notebook.py

clean: ## all that was made: environment, database, demo city
	@rm -rf .venv var .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info build dist tests/artefacts
