# `make help` lists what there is.
PYTHON ?= python3.11
BIN := .venv/bin
WEB := ui/web
CHROMIUM ?= /usr/bin/chromium
WEB_SOURCES := $(shell find $(WEB) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup page check test test-all run bench peers faults soak evaluate chromium
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/installed $(WEB)/dist/index.html ## Python packages and the web page, where they are missing or old

.venv/installed: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed: install Python 3.11, or run make PYTHON=/path/to/python3.11."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check -q -c constraints.txt -e '.[dev]'
	@touch $@

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json .venv/installed
	cd $(WEB) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WEB)/dist/index.html: $(WEB)/node_modules/.package-lock.json $(WEB_SOURCES)
	cd $(WEB) && npm run --silent build
	@touch $@

page: $(WEB)/dist/index.html ## the web page alone

check: setup ## style, types, import rules
	ruff check .
	ruff format --check .
	mypy .
	lint-imports
	cd $(WEB) && npm run --silent lint && npm run --silent typecheck

chromium:
	@if [ -x $(CHROMIUM) ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else \
		echo "The browser tests need Chromium: install it (Debian: sudo apt-get install chromium) or run make CHROMIUM=/path/to/it."; exit 1; \
	fi

test: setup chromium ## every test but the long ones
	cd $(WEB) && npm run --silent test
	pytest -q -n 2 --dist loadscope -m "not slow"

test-all: setup chromium ## every test, the long ones too
	cd $(WEB) && npm run --silent test
	pytest -q

run: setup ## the whole product with a simulated fleet; Ctrl-C stops it
	fleetguard demo

bench: setup ## the figures of the documentation, measured anew (about half an hour)
	python -m bench

peers: setup ## beside other servers and stream engines, installed on demand; writes docs/peers.md (about half an hour)
	python -m bench peers

faults: setup ## every fault on purpose, five times each, audited; writes docs/reliability.md (about an hour and a half)
	python -m bench.faults

soak: setup ## half an hour of 5,000 vehicles and a kill a minute, audited; writes docs/soak.md
	python -m bench.faults soak

evaluate: setup ## the models judged on what they never saw; writes docs/models (MODELS="driver fuel" for some of them)
	python -m bench.evaluation $(MODELS)
