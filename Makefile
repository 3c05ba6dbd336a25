# Two commands matter: `make lab` opens the course, `make test` runs everything that is checked.
# Each sets up what it needs in .venv, the first time. Works with GNU make 3.81 (macOS) and later.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install -qq
# Files are compiled by Python as they are first imported: compiling all of them up front costs more than installing them.
INSTALL_LOCK := $(INSTALL) --no-compile --require-hashes --requirement

.DEFAULT_GOAL := help
.PHONY: help env env-dev lab test fix bench peer lock clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env: $(VENV)/env.stamp  ## Create .venv with what the course needs

env-dev: $(VENV)/env-dev.stamp  ## The same, with what the tests need

$(VENV)/env.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
	  echo "minigrad needs Python 3.11, 3.12 or 3.13."; \
	  echo "  got: $(PYTHON), which is $$($(PYTHON) --version 2>&1)"; \
	  echo "  try: make $(MAKECMDGOALS) PYTHON=python3.12   (docs/installation.md says how to get one)"; \
	  exit 1; }
	@echo "Setting up $(VENV): about a minute, this first time ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(INSTALL_LOCK) requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/env-dev.stamp: $(VENV)/env.stamp requirements-dev.lock
	@echo "Adding what the tests need ..."
	@$(INSTALL_LOCK) requirements-dev.lock
	@touch $@

peer: env-dev  ## Install PyTorch, to test and measure against
	@$(BIN)/python -c 'import torch' 2>/dev/null || $(INSTALL) torch==2.13.0
