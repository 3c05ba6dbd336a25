# Two commands matter: `make lab` opens the course, `make test` runs everything that is checked.
# Each sets up what it needs in .venv, the first time. Works with GNU make 3.81 (macOS) and later.

PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install -qq
# A lock is complete, so pip need not resolve anything. What the course needs is compiled afterwards, on all cores, so that
# nobody waits for JupyterLab; of the rest, and in CI, most is never imported, and Python compiles what is.
INSTALL_LOCK := $(INSTALL) --no-compile --no-deps --require-hashes --requirement
COMPILE_ALL := test "$(CI)" = true || $(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true
# JupyterLab would ask every newcomer whether it may fetch news. And unless it is told to keep the state of widgets, a
# saved notebook shows an error in the place of each view when it is opened again.
NEWS := "@jupyterlab/apputils-extension:announcements"
# No index address and no path of the machine that made the lock is written into it.
LOCK := uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-package minigrad --group build pyproject.toml

# Containers often forbid Python to keep what it compiles. Hundreds of processes would then compile every file anew.
unexport PYTHONDONTWRITEBYTECODE

# What runs side by side prints one after the other, where make can do that.
TOGETHER := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.DEFAULT_GOAL := help
.PHONY: help env env-dev lab test chromium lint types floors unit browser chapters notebooks fix docs bench peer judge cuda gpu standin lock clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# --- Environment ----------------------------------------------------------------------------------

env: $(VENV)/env.stamp  ## Create .venv with what the course needs

env-dev: $(VENV)/env-dev.stamp  ## The same, with what the tests need

$(VENV)/env.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
	  echo "minigrad needs Python 3.11, 3.12 or 3.13."; \
	  echo "  got: $(PYTHON), which is $$($(PYTHON) --version 2>&1 || true)"; \
	  echo "  try: make $(firstword $(MAKECMDGOALS)) PYTHON=python3.12   (docs/installation.md says how to get one)"; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python cannot make virtual environments: its venv module is missing."; \
	  echo "  got: $(PYTHON)"; \
	  echo "  try: sudo apt-get install python3-venv   (Debian and Ubuntu ship it apart)"; \
	  exit 1; }
	@echo "Setting up $(VENV) (about a minute the first time) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(INSTALL_LOCK) requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@$(BIN)/jupyter labextension disable $(NEWS) >/dev/null 2>&1
	@mkdir -p $(VENV)/share/jupyter/lab/settings
	@echo '{"@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": true}}' \
	  > $(VENV)/share/jupyter/lab/settings/overrides.json
	@$(COMPILE_ALL)
	@touch $@

$(VENV)/env-dev.stamp: $(VENV)/env.stamp requirements-dev.lock
	@echo "Adding what the tests need (about a minute the first time) ..."
	@$(INSTALL_LOCK) requirements-dev.lock
	@touch $@

peer: env-dev  ## Install PyTorch, to test and measure against
	@$(BIN)/python -c 'import torch' 2>/dev/null || $(INSTALL) --no-compile torch==2.13.0

cuda: env  ## Add what a GPU needs beside its driver (650 MB)
	@$(INSTALL_LOCK) requirements-cuda.lock
	@$(COMPILE_ALL)
	@$(BIN)/python -c 'from minigrad_kernels.cuda import runtime; print(runtime.unavailable() or runtime.gpu())'

lock:  ## Write the three lock files anew (needs uv: pipx install uv)
	$(LOCK) --extra lab --output-file requirements.lock
	$(LOCK) --extra test --constraint requirements.lock --output-file requirements-dev.lock
	$(LOCK) --extra cublas --constraint requirements-dev.lock --output-file requirements-cuda.lock

clean:  ## Remove the environment and what the tools left behind
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist

# --- The course -----------------------------------------------------------------------------------

# Served from here, so that the source can be read beside a chapter; the address that Jupyter prints opens chapter 00.
# Jupyter refuses to start as root unless told; a container often has no other user.
lab: env  ## Open the course in JupyterLab
	@$(BIN)/python -m minigrad.warm
	@$(BIN)/jupyter lab $$(test "$$(id -u)" != 0 || echo --allow-root) --LabApp.news_url= \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
	  --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb $(LAB_OPTIONS)

judge: env  ## Judge your exercises of one chapter: make judge CHAPTER=03
	@$(BIN)/python -m minigrad_course judge $(CHAPTER)

# --- Checks ---------------------------------------------------------------------------------------

# The type checker knows one core only, and a browser waits half of its time, so other tests run beside them.
test: env-dev chromium lint floors  ## Run every check that CI runs
	@$(MAKE) --no-print-directory --jobs 2 types unit
	@echo "Browsers and notebooks, side by side: some minutes, then what each has to say ..."
	@$(MAKE) --no-print-directory --jobs 2 $(TOGETHER) browser notebooks
	@echo "make test: all green (lint, types, floors, unit and browser tests, notebooks)."

chromium:
	@$(BIN)/python tests/chromium.py

lint:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types:
	@$(BIN)/pyright

floors:
	@$(BIN)/lint-imports --no-logo

# One thread for each worker: two pools of spinning threads on two cores wait for each other.
unit:
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 \
	  $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile -m "not browser" --ignore tests/course tests

# In processes of their own: Playwright keeps an event loop running, beside which nothing else may start one. That no browser
# test stands anywhere else, tests/test_project.py sees to.
browser:
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 \
	  $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal -m "browser and not slow" tests/browser tests/widgets

# Every chapter, not only those that CI opens: before a release, and after a change to what all views share.
chapters: env-dev chromium  ## Run every chapter in a real JupyterLab
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 \
	  $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal tests/browser/test_chapters.py

# The tests of the device that otherwise run in the simulator.
gpu: env-dev cuda  ## Run the tests of the device on a GPU
	@MINIGRAD_GPU=1 $(BIN)/python -m pytest -p no:xdist tests/kernels/cuda tests/minigrad/cuda

# As on a GPU, on a driver that is none (tests/standin): minutes, and a C compiler.
standin: env-dev cuda  ## Run these tests without a GPU, through all of the host's side
	@$(BIN)/python tests/standin --numprocesses $(WORKERS) tests/kernels/cuda tests/minigrad/cuda

# Every chapter gives its stored outputs and is proved; beside them the tests of the course's tools, which start kernels too.
# In this order: the proofs, one file, take one worker half of the time, and begin first.
notebooks:
	@MINIGRAD_QUIET=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 \
	  $(BIN)/python -m pytest --nbval --nbval-current-env --numprocesses $(WORKERS) --dist loadfile \
	  --no-loadscope-reorder \
	  tests/course notebooks/[0-9]*.ipynb

fix: env-dev  ## Format, and repair what the linter can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: env  ## Make the reference page of the operations anew
	@$(BIN)/python -m minigrad.reference docs/operations.md

bench: peer  ## Measure against PyTorch and write benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks
