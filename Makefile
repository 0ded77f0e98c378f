# What a developer or an owner types. Needs git, make and Python 3.11 to 3.13; everything else goes into .venv.
#
#   make run                 install (once) and start the bot: a web chat on this machine
#   make run TORCH=cuda      the same with PyTorch's CUDA build
#   make help                all targets

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV ?= .venv
TORCH ?= cpu
JOBS ?= auto
PRESET ?= nano
DATA ?= data
TURNS ?= 1000000
CASE ?=
BENCH ?= engine conversations worker road
MINUTES ?= 30
EXAMPLES ?= 5000
SCALE ?= 1
ifeq ($(filter cpu cuda,$(TORCH)),)
$(error TORCH is cpu or cuda, not "$(TORCH)")
endif
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# PyTorch's own index has the small CPU builds. It is asked for torch only, and only for a moment where it is away.
TORCH_CPU_INDEX := https://download.pytorch.org/whl/cpu
TORCH_PIN = $(shell sed -n 's/^torch==//p' constraints.txt)
PYTHONS ?= python3.11 python3.12 python3.13
PYTHON310 ?= python3.10
RASA_SDK ?= build/rasa-sdk
RASA_OSS ?= build/rasa-oss
SUPPLY ?= build/supply
SUPPLY_TOOLS := pip-audit==2.10.1 cyclonedx-bom==7.5.0
RASA_TESTS := hypothesis pytest pytest-asyncio pytest-timeout pytest-xdist
INSTALLED := $(VENV)/.installed-$(TORCH)
INSTALLED_DEV := $(VENV)/.installed-dev-$(TORCH)
# One thread for each of the parallel test processes: together they fill the machine.
TEST_ENV := OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false

.PHONY: help run chat doctor test test-slow check format bench load turns faults faults-ci soak fuzz flood headline docker-check rasa-check rasa lock secrets audit sbom clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1 /' | \
		while read -r target text; do printf '  make %-14s %s\n' "$$target" "$$text"; done

run: $(INSTALLED) ## Install what is missing and start the bot
	@echo "Starting Palaver. Ctrl-C stops it."
	@exec $(BIN)/palaver run

chat: $(INSTALLED) ## Talk to the bot in this terminal
	@exec $(BIN)/palaver chat

doctor: $(INSTALLED) ## Look for what is wrong with this installation
	@$(BIN)/palaver doctor

test: $(INSTALLED_DEV) ## Run the tests (JOBS=1 for one process)
	@echo "Running the tests. Those of whole bots and browsers: make test-slow."
	@$(TEST_ENV) $(BIN)/pytest -n $(JOBS) -m "not slow"

test-slow: $(INSTALLED_DEV) ## Run the tests that start whole bots, workers, brokers and browsers
	@echo "Running the slow tests. They take some ten minutes."
	@$(TEST_ENV) $(BIN)/pytest -n $(JOBS) -m slow

check: $(INSTALLED_DEV) ## Lint, formatting, types, directions between the rooms
	@echo "Checking style."
	@$(BIN)/ruff check .
	@echo "Checking formatting."
	@$(BIN)/ruff format --check .
	@echo "Checking types."
	@$(BIN)/mypy
	@echo "Checking who imports whom."
	@$(BIN)/lint-imports
	@echo "Looking for secrets."
	@$(BIN)/python .ci/secrets.py

format: $(INSTALLED_DEV) ## Format the code and mend what can be mended
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: $(INSTALLED_DEV) ## Measure how quickly replies are written, some 15 minutes (BENCH="ingest faces": other things)
	@echo "Measuring. Leave the machine alone meanwhile."
	@$(BIN)/python -m tests.benchmarks $(addprefix --only ,$(BENCH)) --seconds 30

load: $(INSTALLED_DEV) ## Measure how much a whole Palaver carries: some 25 minutes (SCALE=0.05: a short try)
	@echo "Writing to a whole Palaver as fast as it is promised to bear. Leave the machine alone meanwhile."
	@$(BIN)/python -m tests.load --scale $(SCALE)

turns: $(INSTALLED_DEV) ## Fill an empty database with made-up conversations (TURNS=1000000, PALAVER_DATABASE_URL)
	@echo "Making $(TURNS) turns. A million take a few minutes."
	@$(BIN)/python -m tests.benchmarks.turns $(TURNS)

faults: $(INSTALLED_DEV) ## Break processes and services and count what is lost (CASE=kill or CASE=F9; default all)
	@echo "Breaking things on purpose. This takes a while."
	@$(BIN)/python -m tests.faults $(addprefix --case ,$(CASE))

faults-ci: $(INSTALLED_DEV) ## The rows that every change is tried with: F1, F5, F9, F13, S1 to S4, S10, S15 (some minutes)
	@echo "Breaking a few things on purpose."
	@$(BIN)/python -m tests.faults --store postgresql --broker redis --messages 60 --chats 10 --faults 2 --rate 6 \
		$(addprefix --case ,kill database duplicates S1 S2 S3 S4 S10 S15)

soak: $(INSTALLED_DEV) ## Break something every 30 seconds while people write (MINUTES=30)
	@echo "Breaking things on purpose for $(MINUTES) minutes."
	@$(BIN)/python -m tests.faults --case soak --store postgresql --broker redis \
		--messages $$(( 600 * $(MINUTES) )) --chats 50 --faults $$(( 2 * $(MINUTES) ))

fuzz: $(INSTALLED_DEV) ## Try EXAMPLES=5000 inputs on every parser of bytes that strangers send
	@echo "Trying $(EXAMPLES) inputs a property. This takes a while."
	@$(TEST_ENV) PALAVER_TEST_EXAMPLES=$(EXAMPLES) $(BIN)/pytest -n $(JOBS) --timeout 0 -m fuzz tests/unit

flood: $(INSTALLED_DEV) ## Let 50 people write at once to a Telegram and a Slack that enforce their limits
	@echo "Flooding stand-ins of Telegram and Slack, without and with faults. This takes some minutes."
	@$(BIN)/python -m tests.flood

headline: $(INSTALLED) ## Train, fuse, distil, measure, draw (PRESET=nano, h200 or families, DATA=data)
	@echo "Making the whole journey ($(PRESET)). A cut one goes on where it was; results go to build/reports."
	@$(BIN)/python -m nlg.headline "$(PRESET)" --data "$(DATA)"

docker-check: $(INSTALLED_DEV) ## Check the compose file and the images' recipes
	@if docker compose version >/dev/null 2>&1; then \
		echo "Asking docker compose."; \
		ENV_FILE=../.env.example POSTGRES_PASSWORD=check docker compose --env-file .env.example -f docker/compose.yaml --profile gpu --profile cpu --profile rasa config --quiet; \
	else \
		echo "No docker compose here: only our own tests of these files run."; \
	fi
	@$(BIN)/pytest tests/unit/operations/test_docker.py

rasa-check: $(RASA_SDK)/.installed ## Test the action server for Rasa with the real rasa-sdk
	@echo "Testing the action server for Rasa."
	@$(TEST_ENV) $(RASA_SDK)/bin/pytest tests/contracts/test_rasa_actions_http.py tests/contracts/test_rasa_actions_grpc.py

rasa: $(INSTALLED_DEV) $(RASA_SDK)/.installed $(RASA_OSS)/.installed ## Write to a real Rasa OSS with the example of docs/rasa
	@echo "Training the example, starting everything, and writing 50 messages. This takes a few minutes."
	@$(BIN)/python -m tests.rasa --rasa $(RASA_OSS)/bin/rasa --sdk $(RASA_SDK)/bin/python

secrets: $(INSTALLED_DEV) ## Look for secrets in the files of the repository (part of check)
	@$(BIN)/python .ci/secrets.py

audit: $(SUPPLY)/.installed ## Ask the public service of known weaknesses about every package
	@$(SUPPLY)/bin/python .ci/audit.py

sbom: $(INSTALLED) $(SUPPLY)/.installed ## Write what is installed to build/reports/sbom.json (CycloneDX)
	@mkdir -p build/reports
	@$(SUPPLY)/bin/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --of JSON -o build/reports/sbom.json
	@echo "Wrote build/reports/sbom.json."

lock: ## Write constraints.txt and requirements.txt anew (PYTHONS="python3.11 python3.12 python3.13")
	@echo "Finding the newest versions that fit together."
	@"$$(.ci/find-python)" .ci/lock.py $(PYTHONS)

clean: ## Remove .venv and caches; the data stay
	rm -rf $(VENV) build dist ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# These look at the installation from outside, so that nothing of theirs is in it.
$(SUPPLY)/.installed:
	@echo "Installing $(SUPPLY_TOOLS) into $(SUPPLY)."
	@"$$(.ci/find-python)" -m venv $(SUPPLY)
	@$(SUPPLY)/bin/python -m pip --disable-pip-version-check install -qq $(SUPPLY_TOOLS)
	@touch $@

# rasa-sdk and Rasa need other versions than we do, and Rasa OSS needs Python 3.10: each gets an environment of its own.
$(RASA_SDK)/.installed: pyproject.toml
	@echo "Installing rasa-sdk into $(RASA_SDK)."
	@"$$(.ci/find-python)" -m venv $(RASA_SDK)
	@$(RASA_SDK)/bin/python -m pip --disable-pip-version-check install -qq -e '.[rasa]' $(RASA_TESTS)
	@touch $@

$(RASA_OSS)/.installed:
	@for python in $(PYTHON310) "$$HOME"/.pyenv/versions/3.10*/bin/python; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' >/dev/null 2>&1; then \
			echo "Installing Rasa OSS into $(RASA_OSS). This takes a few minutes."; exec "$$python" -m venv $(RASA_OSS); \
		fi; \
	done; echo "Rasa OSS needs Python 3.10: make rasa PYTHON310=/path/to/python3.10" >&2; exit 1
	@$(RASA_OSS)/bin/python -m pip --disable-pip-version-check install -qq 'rasa==3.6.21' 'setuptools<81'
	@touch $@

$(BIN)/python:
	@python="$$(.ci/find-python)"; echo "Making $(VENV) with $$("$$python" --version)."; "$$python" -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Could not make $(VENV). On Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }

$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	$(call install,all)

$(INSTALLED_DEV): pyproject.toml constraints.txt | $(BIN)/python
	$(call install,all$(comma)dev)
	@touch $(INSTALLED)

comma := ,

# $(1): extras. The stamp is the target; it is touched last, so that an interrupted installation is begun again.
define install
	@echo "Installing Palaver into $(VENV) with PyTorch for $(TORCH). The first time takes a few minutes."
	@rm -f $(VENV)/.installed*
	@$(torch-$(TORCH))
	@$(PIP) install -qq -c constraints.txt -e '.[$(1)]'
	@touch $@
	@echo "Installed."
endef

define torch-cpu
$(BIN)/python -c 'import importlib.metadata as m; raise SystemExit(m.version("torch").split("+")[0] != "$(TORCH_PIN)")' 2>/dev/null || \
$(PIP) install -qq --no-deps --index-url $(TORCH_CPU_INDEX) --retries 1 --timeout 5 torch==$(TORCH_PIN) >/dev/null 2>&1 || \
echo "PyTorch's own index cannot be reached; taking the build that pip finds elsewhere."
endef

define torch-cuda
if $(BIN)/python -c 'import importlib.metadata as m; raise SystemExit("+cpu" not in m.version("torch"))' 2>/dev/null; \
then $(PIP) uninstall -q -y torch; fi
endef
