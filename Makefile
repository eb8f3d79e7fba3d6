# The development workflow, executable: `make help` lists it.
# Everything is installed into .venv; everything written while the system runs lies under var/.

.PHONY: help install develop run demo test lint lock clean
.DEFAULT_GOAL := help

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## Install what the system needs to run
	@.ci/install requirements.txt

develop: install
	@.ci/install requirements-dev.txt

# The last command replaces the shell, so that a SIGTERM to make reaches the supervisor.
run: install ## Start the whole system: API, scheduler, scrapyd
	@exec .venv/bin/python -m control.serve

demo: develop ## Show the main job without internet, on a stand-in for VK
	@exec .venv/bin/python -m tests.demo

test: develop ## Run all tests
	@.ci/packages
	@.venv/bin/python -m pytest

lint: develop ## Check style and types
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

lock: install ## Pin the requirements anew
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url requirements.in -o requirements.txt
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url requirements-dev.in -o requirements-dev.txt

clean: ## Remove .venv and caches; var/ with your data stays
	@rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
