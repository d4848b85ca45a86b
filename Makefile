# One line a task; bootstrap.py does the work and needs nothing but Python.
PYTHON ?= python3

.PHONY: demo test ui setup lint coverage fuzz bench bench-quick

demo:        ## set everything up, simulate a hospital, run its nights, print the morning's answer
	$(PYTHON) bootstrap.py demo

test:        ## set everything up, PostgreSQL and a browser included, and run all tests
	$(PYTHON) bootstrap.py test

ui:          ## open Dagster's UI on the demo's data (http://localhost:3000)
	$(PYTHON) bootstrap.py ui

setup:       ## create .venv with the pinned dependencies and the `aiops` command
	$(PYTHON) bootstrap.py setup

lint:        ## format, lint, types and walls
	$(PYTHON) bootstrap.py lint

coverage:    ## simulate all intervals, verdicts and alarms and rewrite docs/validation.md (slow); PART=name, SHARE=0.1
	$(PYTHON) bootstrap.py coverage $(PART) $(if $(SHARE),--share $(SHARE))

fuzz:        ## feed damaged files to every parser for ten minutes
	$(PYTHON) bootstrap.py fuzz

bench:       ## time us beside other libraries and rewrite benchmarks/README.md (some twenty minutes)
	$(PYTHON) bootstrap.py bench

bench-quick: ## the same without what takes more than a minute
	$(PYTHON) bootstrap.py bench --quick
