# Everything is done by two commands: `make run` and `make test`.
.DEFAULT_GOAL := help
.PHONY: help setup run test thorough lab notebooks docs data lint lock bench fresh
SHELL := /bin/sh

# The first interpreter that the lock was made for; `make PYTHON=/path/to/python3.12 run` overrides it.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv/bin

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install the environment into .venv from the lock (the other targets do it when it is needed)
	@test -n "$(PYTHON)" || { echo "setup: no Python 3.11, 3.12 or 3.13 was found; install one, or name it: make PYTHON=/path/to/python3.11 run" >&2; exit 2; }
	@command -v "$(PYTHON)" >/dev/null || { echo "setup: there is no $(PYTHON); name a Python 3.11, 3.12 or 3.13: make PYTHON=/path/to/python3.11 run" >&2; exit 2; }
	@"$(PYTHON)" tools/bootstrap.py

run: setup ## run the collection on the data in the repository; the result is outputs/latest/index.html
	@$(VENV)/notebooks run $(RUN_OPTIONS)

test: setup ## run all tests, the notebooks included
	@$(VENV)/python -m pytest

thorough: setup ## run all tests with all random examples of the slowest ones
	@THOROUGH=yes $(VENV)/python -m pytest

lab: setup ## open JupyterLab with the kernel of this environment
	@$(VENV)/jupyter lab --notebook-dir=. --LabApp.extension_manager=readonly $(LAB_OPTIONS)

notebooks: setup ## execute the committed notebooks again, in place
	@$(VENV)/python -m helpers.runs.committed

docs: setup ## write the generated parts of README.md and docs/contracts.md again
	@$(VENV)/python -m helpers.runs.documents

data: setup ## record the present checksums of data/ in data/datapackage.json
	@$(VENV)/python -m helpers.datapackage

lint: setup ## check the style of modules and notebooks
	@$(VENV)/ruff check src tests tools bench notebooks schedules

lock: ## make requirements.lock again from pyproject.toml (needs uv)
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --all-extras \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock

bench: setup ## measure runs, the check of case lists and the draw beside other ways, and how often limits hold the truth
	@$(VENV)/python bench/run_against_command_lines.py
	@$(VENV)/python bench/sweep_cost.py
	@$(VENV)/python bench/validate_cases.py
	@$(VENV)/python bench/coverage.py
	@$(VENV)/python bench/prevalence_coverage.py
	@$(VENV)/python bench/prevalence_coverage.py --speed
	@$(VENV)/python bench/draw_speed.py
	@$(VENV)/python bench/bootstrap_speed.py
	@$(VENV)/python bench/type_one_error.py
	@OPENBLAS_NUM_THREADS=1 $(VENV)/python -m bench.lowest_question

fresh: ## try `make run` and `make test` in a new clone with an empty home and cache
	@sh tools/fresh_clone.sh
