# Polycool. `make run` and `make test` need nothing but make and Python 3.11 or newer with venv.

SHELL := /bin/sh
PYTHON := .venv/bin/python
CHECKED := core data_ingestion infrastructure telegram_bot migrations scripts tests
.DEFAULT_GOAL := help
.PHONY: help run replay test lint coverage bench faults crash proof soak weather-backtest format doctor psql backup backup-key restore rebuild keys words screens lock clean bootstrap

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 12

run: bootstrap  ## start the bot; options by ARGS="--duration 60"
	@exec $(PYTHON) telegram_bot/main.py $(ARGS)

replay: bootstrap  ## play the recording FILE=path in the sandbox, on an empty database; SPEED=10
	@test -n "$(FILE)" || { echo "FILE: write make replay FILE=path/of/a/recording"; exit 2; }
	@exec scripts/replay "$(FILE)" "$(or $(SPEED),1)" $(ARGS)

test: lint  ## format check, linters, types, import contracts, all tests; options by ARGS="-k name"
	$(PYTHON) -m pytest --numprocesses=3 --dist=loadgroup $(ARGS)

lint: bootstrap  ## everything of `make test` but the tests
	$(PYTHON) -m ruff format --check $(CHECKED)
	$(PYTHON) -m ruff check $(CHECKED)
	$(PYTHON) -m mypy
	.venv/bin/lint-imports --no-cache

coverage: bootstrap  ## run all tests, print which part of the branches they take; fails below decided shares
	$(PYTHON) -m pytest --numprocesses=2 --dist=loadgroup --timeout=300 --cov --cov-report= $(ARGS)
	@$(PYTHON) -m scripts.covered

bench: bootstrap  ## measure, print a table, write bench.json
	$(PYTHON) -m tests.benchmarks $(ARGS)

faults: bootstrap  ## the table of faults: noticed, wrong, repaired, not live; ONLY="frozen" takes those
	@exec $(PYTHON) -m tests.benchmarks.faults $(if $(ONLY),"$(ONLY)")

crash: bootstrap  ## kill the program at its milestones, compare with the venue; TRIALS=50 SEED=7 ONLY="7 9"
	@exec $(PYTHON) -m tests.crash $(if $(TRIALS),--trials $(TRIALS)) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY))

proof: bootstrap  ## the full-size proof of one tap, one order: 1,000 confirmations, 200 racers, 5,000 forgeries
	PROOF_CONFIRMATIONS=1000 PROOF_RACERS=200 PROOF_FORGERIES=5000 PROOF_SECONDS=3600 \
		$(PYTHON) -m pytest --durations=5 tests/integration/test_proof_taps.py $(ARGS)

soak: bootstrap  ## run the feed for 10 minutes at 10 times a recording's rate; SECONDS=120 FILE=path
	$(PYTHON) -m tests.benchmarks.soak $(if $(SECONDS),--seconds $(SECONDS)) $(if $(FILE),--file "$(FILE)")

weather-backtest: bootstrap  ## score weather forecasts day by day on the histories in DATA=folder
	@test -n "$(DATA)" || { echo "DATA: write make weather-backtest DATA=a/folder/of/histories"; exit 2; }
	@exec $(PYTHON) -m scripts.weather_backtest "$(DATA)"

format: bootstrap  ## format the code and mend what can be mended
	$(PYTHON) -m ruff format $(CHECKED)
	$(PYTHON) -m ruff check --fix $(CHECKED)

doctor: bootstrap  ## check everything the program needs; options by ARGS="--stream 60"
	@exec $(PYTHON) -m telegram_bot.doctor $(ARGS)

psql: bootstrap  ## open the database, read-only
	@exec $(PYTHON) -m scripts.database psql $(ARGS)

backup: bootstrap  ## write a backup into DATA_DIR/backups, or to FILE=path; sealed if BACKUP_KEY_FILE
	@exec $(PYTHON) -m scripts.database backup $(if $(FILE),"$(FILE)")

backup-key: bootstrap  ## make the key file that seals backups, see docs/security.md
	@exec $(PYTHON) -m scripts.database backup-key

restore: bootstrap  ## replace the database by the backup FILE=path; nothing may be running
	@test -n "$(FILE)" || { echo "FILE: write make restore FILE=path/of/a.dump"; exit 2; }
	@exec $(PYTHON) -m scripts.database restore "$(FILE)" $(if $(PLAIN),--plain)

rebuild: bootstrap  ## positions that are not what their fills make; ARGS="--apply" mends them
	@exec $(PYTHON) -m scripts.rebuild $(ARGS)

keys: bootstrap  ## key files, keys and authenticators; ARGS="status", see docs/security.md
	@exec $(PYTHON) -m scripts.keys $(or $(ARGS),status)

words: bootstrap  ## is everything translated; ARGS="update" takes new messages into the French catalogue
	@exec $(PYTHON) -m scripts.catalogue $(or $(ARGS),check)

screens: bootstrap  ## take the pictures in docs/screens anew; some of them by ARGS="start market"
	@exec $(PYTHON) -m scripts.screens $(ARGS)

lock:  ## pin every dependency anew, with hashes
	@exec scripts/lock

clean:  ## remove the environment and caches; data stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

bootstrap:
	@scripts/bootstrap
