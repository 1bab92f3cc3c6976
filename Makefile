# Two commands for a fresh clone: `make demo` and `make test`. Each builds its own .venv.
PYTHON ?= python3
PORT ?= 8000
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: help demo test test-all compare mutants races stateful benchmarks bench pages lint clean
help:
	@echo "make demo               the example site on http://127.0.0.1:8000/   (PORT=8001, PHOTOS=folder)"
	@echo "make test               the test suite, and the life of files on the database servers that are installed"
	@echo "make test-all           all of it on SQLite, PostgreSQL and MariaDB; a server that is missing is an error"
	@echo "make stateful           random lives of rows and files, for long   (STEPS=200000, SEED=0, JOBS=1)"
	@echo "make races              many at once on the same images, for long, on PostgreSQL and MariaDB   (ROUNDS=100)"
	@echo "make mutants            faults of one line, each of which the tests must notice"
	@echo "make compare            the stories of rows and files, told of two other libraries, too"
	@echo "make benchmarks         what it costs that files follow their rows, an audit, serving, a backfill, a move"
	@echo "make bench              rendering and reading beside other packages: writes benchmarks/RESULTS.md"
	@echo "                        (QUICK=1 for a first look, which writes nothing; PHOTOS=folder)"
	@echo "make pages              a gallery page, built in several ways, beside django-pictures; needs Chromium"
	@echo "                        (PHOTOS=folder)"
	@echo "make lint               ruff, mypy --strict"
	@echo "make clean              remove the environment and the demo's data"

demo: $(VENV)/demo.stamp
	@cd example_project && ../$(BIN)/python manage.py demo --port $(PORT) $(if $(PHOTOS),--photos "$(abspath $(PHOTOS))")

test: $(VENV)/test.stamp
	$(BIN)/python -m pytest -n auto
	$(BIN)/python -m tests.servers $(BIN)/python -m pytest -n auto tests/life

test-all: $(VENV)/test.stamp
	$(BIN)/python -m pip install --quiet --editable ".[test,databases]"
	$(BIN)/python -m pytest -n auto
	@# Browser, engines and workers have sites with databases of their own.
	$(BIN)/python -m tests.servers --all $(BIN)/python -m pytest -n auto --ignore tests/browser --ignore tests/engines --ignore tests/test_workers.py

stateful: $(VENV)/test.stamp
	@$(BIN)/python -m tests.life.run_stateful --steps $(or $(STEPS),200000) --seed $(or $(SEED),0) --jobs $(or $(JOBS),1)

races: $(VENV)/test.stamp
	$(BIN)/python -m pip install --quiet --editable ".[test,databases]"
	ATTACHMENT_RACES=$(or $(ROUNDS),100) $(BIN)/python -m tests.servers --all $(BIN)/python -m pytest tests/attachments/test_races.py

mutants: $(VENV)/test.stamp
	$(BIN)/python -m tests.life.run_mutants

compare: $(VENV)/test.stamp $(VENV)-compare/stamp
	$(BIN)/python -m tests.life.compare $(VENV)-compare/bin/python

benchmarks: $(VENV)/test.stamp
	@$(BIN)/python -m benchmarks.cleanup
	@$(BIN)/python -m benchmarks.audit
	@$(BIN)/python -m benchmarks.serving
	@$(BIN)/python -m benchmarks.backfill --rows 10000
	@$(BIN)/python -m benchmarks.attachments --rows 10000

bench: $(VENV)-bench/stamp
	@$(VENV)-bench/bin/python -m benchmarks.peers $(if $(QUICK),--quick) $(if $(PHOTOS),--photos "$(PHOTOS)")

pages: $(VENV)-bench/stamp
	@$(VENV)-bench/bin/python -m benchmarks.pages $(if $(PHOTOS),--folder "$(PHOTOS)")

lint: $(VENV)/test.stamp
	$(BIN)/python -m pip install --quiet --editable ".[lint]"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) $(VENV)-compare $(VENV)-bench example_project/media example_project/*.sqlite3

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: install Python 3.11 or newer, or say PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: Python 3.11 or newer is needed (say PYTHON=/path/to/python3)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "The module venv is missing: install it (on Debian: apt-get install python3-venv)."; exit 1; }
	@echo "Making the environment $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/demo.stamp: setup.cfg | $(BIN)/python
	@echo "Installing derived-images and its dependencies ..."
	@$(BIN)/python -m pip install --quiet --editable ".[rest]" drf-spectacular drf-spectacular-sidecar || { echo "The installation failed: is PyPI within reach?"; exit 1; }
	@touch $@

$(VENV)/test.stamp: setup.cfg | $(BIN)/python
	@echo "Installing derived-images and what its tests need ..."
	@$(BIN)/python -m pip install --quiet --editable ".[test]" || { echo "The installation failed: is PyPI within reach?"; exit 1; }
	@touch $@ $(VENV)/demo.stamp

$(VENV)-compare/stamp:
	@echo "Making the environment $(VENV)-compare with django-cleanup and django-stdimage ..."
	@$(PYTHON) -m venv $(VENV)-compare
	@$(VENV)-compare/bin/python -m pip install --quiet "Django~=5.2.0" Pillow django-cleanup django-stdimage
	@touch $@

$(VENV)-bench/stamp: setup.cfg benchmarks/peers/requirements.txt
	@echo "Making the environment $(VENV)-bench with the packages that are compared ..."
	@$(PYTHON) -m venv $(VENV)-bench
	@$(VENV)-bench/bin/python -m pip install --quiet --editable . --requirement benchmarks/peers/requirements.txt
	@touch $@
