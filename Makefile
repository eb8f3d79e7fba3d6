# The development workflow. Needs Python 3.11 or later and make, nothing else.

.DEFAULT_GOAL := help
.PHONY: help install run test check chaos cluster containers month sheets fuzz lint bench demo screenshots audit licences lock clean
MAKEFLAGS += --no-print-directory

PYTHON ?=
export PYTHON

test check chaos cluster containers month sheets fuzz: export TMPDIR = $(shell .ci/temporary)
test check chaos cluster containers month sheets fuzz: export PYTHONDONTWRITEBYTECODE = # or every process compiles all that it imports

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

install: ## make .venv: what runs, pinned by hash (PYTHON=… chooses the interpreter)
	@.ci/install requirements.txt

run: install ## start everything; Ctrl-C stops it
	@exec .venv/bin/python -m control.serve

test: ## run the tests (ARGS="-k cancel" chooses some)
	@.ci/install requirements-dev.txt
	@.ci/test-programs
	@exec .venv/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: lint ## what a developer runs all the time: lint, types, and the tests that start no process and no database server
	@exec .venv/bin/python -m pytest --no-processes -n 2 --dist worksteal $(ARGS)

chaos: ## kill, stop, wedge, lock, fill and silence everything, hundreds of times, and count (an hour or two)
	@.ci/install requirements-dev.txt
	@.ci/test-programs
	@CHAOS=all .venv/bin/python -m pytest tests/chaos --deselect tests/chaos/test_storm.py $(ARGS)
	@exec .venv/bin/python -m tests.chaos

month: ## simulate months: 2,000 posts that grow, checked and followed while processes are killed, on both databases (MONTH=short: a few)
	@.ci/install requirements-dev.txt
	@.ci/test-programs
	@MONTH=$(or $(MONTH),whole) exec .venv/bin/python -m pytest -s -o timeout=0 tests/clock $(ARGS)

cluster: ## kill, cut off, stop and restart hosts of a network made for it, as root, and count (hours; CLUSTER_ROUNDS=3: less)
	@.ci/install requirements-dev.txt
	@.ci/test-programs
	@CLUSTER=whole exec .venv/bin/python -m pytest -s -o timeout=0 tests/cluster $(ARGS)

containers: ## bring compose.yaml up on podman, as root, with images of Debian's packages, and use it (CONTAINERS=DIR keeps what it fetched)
	@.ci/install requirements-dev.txt
	@.ci/test-programs mmdebstrap
	@CONTAINERS=$(or $(CONTAINERS),anew) exec .venv/bin/python -m pytest -s -v -o timeout=0 tests/containers $(ARGS)

sheets: ## send a sheet of 100,000 links in, measure it, and compare every cell of what comes out (some minutes)
	@.ci/install requirements-dev.txt
	@SHEET_ROWS=100000 exec .venv/bin/python -m pytest -o timeout=0 tests/end_to_end/test_sheets.py $(ARGS)

fuzz: ## ask every route a thousand things and more, by the API's document and against it; send 5,000 broken files (an hour)
	@.ci/install requirements-dev.txt
	@.ci/test-programs
	@.venv/bin/python -m tests.security.broken_files
	@exec .venv/bin/python -m tests.security.fuzz $(ARGS)

lint: ## check style and types
	@.ci/install requirements-dev.txt
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy --no-error-summary

bench: ## measure beside the original, stock scrapyd and VK's budget, 10 minutes (ARGS="one budget" chooses some)
	@.ci/install requirements-dev.txt
	@.ci/test-programs
	@exec .venv/bin/python -m tests.bench $(ARGS)

demo: install ## start everything on a VK of our own, and watch a sample batch
	@exec .venv/bin/python -m tests.demo

screenshots: ## make the README's pictures anew
	@.ci/install requirements-dev.txt
	@.ci/test-programs
	@exec .venv/bin/python -m tests.screenshots

audit: ## look for known weaknesses of what is pinned, where an advisory source can be reached
	@.ci/install requirements-dev.txt
	@exec .venv/bin/python -m tests.security.audit $(ARGS)

licences: install ## list what runs, with versions and licences
	@exec .venv/bin/python -m tests.security.licences

lock: install ## pin requirements*.in anew, with hashes
	@for name in requirements requirements-dev; do \
		.venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 $$name.in -o $$name.txt; \
	done

clean: ## remove .venv and caches; var/ with the data stays
	@rm -rf .venv .*_cache .hypothesis
	@find crawler control tests -name __pycache__ -prune -exec rm -rf {} +
