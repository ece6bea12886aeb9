# What a newcomer needs: `make demo` to see it, `make test` to trust it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell find src adapters python -type f -not -name '*.pyc') Cargo.toml Cargo.lock pyproject.toml

# Test binaries of the crates that know Python link with its library, wherever that is.
export PYO3_PYTHON := $(abspath $(BIN)/python)
LIBDIR = $(shell $(BIN)/python -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')
RUST = LD_LIBRARY_PATH="$(LIBDIR)$${LD_LIBRARY_PATH:+:$$LD_LIBRARY_PATH}" cargo

.PHONY: help install demo test test-fast lint rust-test python-test server-test matrix bench bench-cgi bench-inprocess instructions soak \
	fuzz-short fuzz miri miri-short loom deny valgrind valgrind-short check-short check-deep packages clean

help:
	@echo "make demo       build all, start the gateway, show one app through four protocols (ONCE=1: and end)"
	@echo "make test       formatting, lints, all tests, also those behind real web servers"
	@echo "make test-fast  the same without the web servers"
	@echo "make matrix     every server, protocol and mount times every kind of target; writes docs/matrix.md"
	@echo "make bench      beside uWSGI, flup6 and the kernel's floor; writes benches/results.md (ROUNDS=11, CASES=hello,page)"
	@echo "make bench-cgi  janua-cgi beside wsgiref and programs in C, also through Apache; writes benches/results-cgi.md (ROUNDS=11)"
	@echo "make bench-inprocess  nanoseconds of each part of a request's way, without the kernel"
	@echo "make instructions     the same in instructions, beside benches/instructions.txt (WRITE=1: and written there)"
	@echo "make soak       an hour of mixed load with faults, every request accounted for (MINUTES=60, SEED=1)"
	@echo "make check-deep more than each change needs: fuzzing, miri, loom, valgrind, cargo-deny (each is a target of its own)"
	@echo "make install    janua in $(VENV)"
	@echo "make clean      remove what was built"

install: $(VENV)/.installed

$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# Building in place keeps what cargo has compiled; the wheel is what users get.
$(VENV)/.installed: $(BIN)/python $(SOURCES)
	@echo "building janua into $(VENV); the first time takes some minutes"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "pytest>=8" .
	@touch $@

demo: install
	$(BIN)/python examples/demo.py $(if $(ONCE),--once)

# The tests in Python wait more than they compute: what the checkers compute fits beside them.
test: packages lint rust-test
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=line python-test check-short
	@$(MAKE) --no-print-directory server-test

test-fast: lint rust-test python-test

lint: install
	cargo fmt --all --check
	$(RUST) clippy --workspace --all-targets -- -D warnings
	@echo "lint: no warnings"

rust-test: install
	$(RUST) test --workspace --quiet

python-test: install
	$(BIN)/python -m pytest --quiet --ignore tests/servers --ignore tests/matrix

# Leaves it in "$$folder/venv", as long as the line runs that this begins.
SERVERS_VENV = set -e; folder=$$(mktemp -d /tmp/janua-venv-XXXXXX); trap 'rm -rf "$$folder"' EXIT; chmod 755 "$$folder"; \
	echo "building an environment that the servers' children can read"; \
	$(BIN)/python tests/servers/environment.py "$$folder/venv"

server-test: install packages
	@$(SERVERS_VENV); JANUA_E2E_VENV="$$folder/venv" $(BIN)/python -m pytest --quiet tests/servers tests/matrix

# A short run of each; where a tool is missing, it says so.
check-short:
	@nice -n 10 $(MAKE) --no-print-directory --jobs=1 loom miri-short fuzz-short valgrind-short

check-deep: check-short miri deny

# Each target for some seconds, without a tool beside a nightly compiler; says so where there is none.
fuzz-short:
	@sh fuzz/short.sh

# One target for as long as you like: make fuzz TARGET=http MINUTES=30
fuzz:
	$(RUST) run --quiet -p janua-properties --example corpora -- fuzz/corpus
	cd fuzz && cargo +nightly fuzz run --fuzz-dir . --sanitizer $(or $(SANITIZER),none) --no-trace-compares \
		$(if $(filter config,$(TARGET)),--features config) $(TARGET) -- -max_len=2048 -rss_limit_mb=1024 \
		-max_total_time=$$(($(or $(MINUTES),30) * 60)) $(addprefix -dict=,$(wildcard fuzz/dictionaries/$(TARGET:_operations=).dict))

# What the codecs and the environ builder do with memory, by an interpreter that knows what is undefined.
miri-short:
	@if cargo +nightly miri --version >/dev/null 2>&1; then \
		MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test --quiet --target-dir target/miri \
			-p janua-vocabulary -p janua-fastcgi -p janua-scgi -p janua-response --lib && echo "miri: nothing undefined in the codecs"; \
	else echo "miri: NOT RUN, it is not installed (rustup +nightly component add miri)"; fi

miri: miri-short
	@cargo +nightly miri --version >/dev/null || { echo "miri is missing: rustup +nightly component add miri"; exit 1; }
	MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test --quiet --target-dir target/miri \
		-p janua-properties --no-default-features --test short

# Every way in which the threads of a worker can pass the lead to one another.
loom:
	cargo test --quiet --locked --release --manifest-path tests/loom/Cargo.toml --target-dir target/loom

deny:
	@cargo deny --version >/dev/null || { echo "cargo-deny is missing: cargo install cargo-deny --locked"; exit 1; }
	cargo deny check bans licenses sources
	@if cargo deny fetch db >/dev/null 2>&1; then cargo deny check advisories; \
	else echo "deny: advisories NOT CHECKED, their database is a git repository that cannot be reached from here"; fi

valgrind-short:
	@if command -v valgrind >/dev/null; then $(MAKE) --no-print-directory valgrind; else echo "valgrind: NOT RUN, it is not installed"; fi

valgrind: install
	@$(BIN)/python tests/valgrind/run.py

matrix: install packages
	PYTHONPATH=tests $(BIN)/python -m matrix

bench-inprocess: $(BIN)/python
	$(RUST) bench --package janua-inprocess

instructions: $(BIN)/python packages
	PYTHONPATH=tests $(BIN)/python -m instructions $(if $(WRITE),--write)

soak: install packages
	PYTHONPATH=tests nice -n 5 $(BIN)/python -m soak --minutes=$(or $(MINUTES),60) --seed=$(or $(SEED),1) --janua=$(BIN)/janua

packages:
	@sh tests/servers/packages.sh

BENCH_PACKAGES = sh tests/servers/packages.sh bench "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("include"))')"

# uWSGI is compiled when it is installed; the same Python runs it and janua.
.bench/.installed: $(BIN)/python benches/requirements.txt
	@$(BENCH_PACKAGES)
	$(BIN)/python -m venv --clear .bench
	.bench/bin/python -m pip install --quiet --disable-pip-version-check --requirement benches/requirements.txt
	@touch $@

bench: install .bench/.installed
	@$(BENCH_PACKAGES)
	$(BIN)/python -m benches $(if $(ROUNDS),--rounds $(ROUNDS)) --cases "$(CASES)"

bench-cgi: $(BIN)/python
	@$(BENCH_PACKAGES)
	@$(SERVERS_VENV); $(BIN)/python -m benches.cgi --bin "$$folder/venv/bin" $(if $(ROUNDS),--rounds $(ROUNDS))

clean:
	rm -rf target $(VENV) .bench
