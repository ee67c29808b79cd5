# RESET-OR. `make` alone prints what can be done.
# Everything below runs on a fresh machine: .ci/prepare makes .venv from requirements.lock and, as root on
# Debian, installs what the system lacks; elsewhere it names it. A second run starts at once.

SHELL  := /bin/bash
PYTHON := .venv/bin/python
# Two workers: the machines this runs on have two cores, and each worker starts a PostgreSQL of its own.
WORKERS ?= 2
SPREAD  := -n $(WORKERS) --dist loadfile -m "not slow"
# Tests with windows have processes of their own: what Qt leaves behind must not be collected by the thread
# of a server that a later test starts.
SCREENS := tests/ui tests/e2e/test_blinding_screens.py
# Of every fault campaign: rounds, and the seconds after which it stops and says how far it came.
COUNT   ?=
SECONDS_EACH ?=
# Of the dice. Round n alone runs again with SEED=seed+n COUNT=1.
SEED    ?=
EFFORT  := $(if $(COUNT),--count $(COUNT)) $(if $(SECONDS_EACH),--seconds $(SECONDS_EACH)) \
	$(if $(SEED),--seed $(SEED))

.DEFAULT_GOAL := help
.PHONY: help run test check faults bench bench-kinto installer lock clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

run: ## open the application on the demo site (without a display: drive it, leave demo-output/)
	@.ci/prepare run
	@$(PYTHON) -m ui.demo

test: ## all checks and all tests, with a real PostgreSQL
	@.ci/prepare test
	@$(MAKE) --no-print-directory checks
	@$(PYTHON) -m pytest $(SPREAD) $(SCREENS)
	@$(PYTHON) -m pytest $(SPREAD) --ignore=tests/bench $(addprefix --ignore=,$(SCREENS))

check: ## only the checks: ruff, format, mypy --strict, floor plan, words
	@.ci/prepare run
	@$(MAKE) --no-print-directory checks
	@$(PYTHON) -m pytest tests/test_architecture.py tests/test_words.py

faults: ## the fault campaigns at full length; leaves faults-report.md (COUNT=, SECONDS_EACH=, SEED=)
	@.ci/prepare test
	@HYPOTHESIS_PROFILE=campaign $(PYTHON) -m pytest -s --timeout 7200 tests/faults $(EFFORT)

bench: ## measure speed against the anchors of the same run (ONLY=topic, COUNT=size)
	@.ci/prepare test
	@$(PYTHON) -m pytest -s tests/bench $(if $(ONLY),-k "$(ONLY)") $(EFFORT)

bench-kinto: ## the same beside Kinto alone, installed into .venv-kinto where it is missing
	@$(MAKE) --no-print-directory bench ONLY=kinto

installer: ## build the one-folder application in dist/ and let it check itself
	@.ci/prepare installer
	@$(PYTHON) -m PyInstaller --noconfirm --log-level WARN build_installer.spec
	@QT_QPA_PLATFORM=offscreen dist/RESET-OR/reset-or --self-check

lock: ## write requirements.lock anew from pyproject.toml, and that of Kinto
	@.ci/prepare run
	@$(PYTHON) -m piptools compile --quiet --upgrade --extra central --extra dev --generate-hashes \
		--allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--no-header --no-annotate --output-file requirements.lock pyproject.toml
	@$(PYTHON) -m piptools compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --no-annotate \
		--output-file tests/bench/kinto/requirements.lock tests/bench/kinto/requirements.in

clean: ## remove what was built; .venv and data stay
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.PHONY: checks
checks:
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check --quiet .
	@$(PYTHON) -m mypy
