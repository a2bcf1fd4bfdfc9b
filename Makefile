# The menu: `make` prints it.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test lint arch unit bench bench-live bench-logins bench-worker fuzz test-rolling test-scaffold clients test-clients tutorial test-tutorial migrate token dev-keys docs clean toolchain postgres nats

# rustup's cargo is found in a shell that never read its profile.
export PATH := $(HOME)/.cargo/bin:$(PATH)

RUST_VERSION := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

# Every command is about the whole workspace: cargo would resolve features anew for a part of it, and build again.
CARGO := cargo
ifdef CI
export CARGO_INCREMENTAL := 0
CARGO_LOCKED := --locked
endif

help:
	@printf 'Marquee: a service kit, shown on a film catalogue.\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: toolchain postgres ## build and serve on 127.0.0.1:3000 until Ctrl-C; needs nothing set up (SERVICE=accounts, catalog, orders or live for one alone)
	@exec $(CARGO) run $(CARGO_LOCKED) --bin $(or $(SERVICE),platform)

test: toolchain postgres lint unit ## everything that has to pass before a merge

lint: toolchain arch ## format, clippy, layers, documentation, licences
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(CARGO_LOCKED) --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc $(CARGO_LOCKED) --workspace --no-deps
	@if command -v cargo-deny >/dev/null; then $(CARGO) deny --log-level error check bans licenses sources; \
	else echo 'cargo-deny is not installed: bans, licences, sources are not checked'; fi

arch: toolchain ## which crate may use which, and the shape each one keeps
	@$(CARGO) run $(CARGO_LOCKED) --quiet --bin arch

unit: toolchain postgres nats
	$(CARGO) test $(CARGO_LOCKED) --workspace --no-fail-fast

bench: toolchain postgres ## the service beside a bare handler: CPU per request, throughput, latency, a plot; deep pages, places
	$(CARGO) build $(CARGO_LOCKED) --release --bin platform --bin bare
	zarf/bench/places.sh
	$(CARGO) run $(CARGO_LOCKED) --release --bin bench

bench-logins: toolchain postgres ## how reads fare beside 60 sign-ins a second
	$(CARGO) build $(CARGO_LOCKED) --release --bin platform
	$(CARGO) run $(CARGO_LOCKED) --release --bin logins

bench-live: toolchain postgres nats ## connections that listen: memory of each, how long an event takes to all of them, 1,000 to 95,000
	$(CARGO) build $(CARGO_LOCKED) --release --bin platform --bin live --bin listening
	target/release/listening

bench-worker: toolchain ## bounded tasks beside none: counting words in three ways, replacing in a stream, the cost of a task
	$(CARGO) bench $(CARGO_LOCKED) --bench throughput

fuzz: toolchain postgres ## schemathesis, as an admin and as two users, and spectral against a service of its own (FUZZ_SECONDS=300)
	$(CARGO) build $(CARGO_LOCKED) --bin platform
	zarf/dev/fuzz.sh

test-scaffold: toolchain postgres ## a generated resource in a clean clone: built, served, tested, checked for drift
	CARGO_TARGET_DIR="$${CARGO_TARGET_DIR:-$(CURDIR)/target}" zarf/scaffold/run.sh

test-rolling: toolchain postgres ## six rolling restarts behind haproxy under load: no request may fail
	$(CARGO) build $(CARGO_LOCKED) --bin platform --bin rolling-load
	zarf/rolling/run.sh

clients: toolchain ## the TypeScript and the Rust client, from the OpenAPI document of the code (zarf/clients)
	$(CARGO) build $(CARGO_LOCKED) --bin admin
	zarf/clients/generate.sh

test-clients: toolchain postgres ## the clients made anew, compiled, and run against a service of their own
	$(CARGO) build $(CARGO_LOCKED) --bin admin --bin platform
	zarf/clients/test.sh

tutorial: toolchain postgres nats ## put the outputs of now into zarf/docs/tutorial.md
	$(CARGO) test $(CARGO_LOCKED) --workspace --test platform -- --ignored --exact readme::tutorial::the_tutorial_is_rewritten

test-tutorial: toolchain postgres nats ## every command of zarf/docs/tutorial.md in a clone of what is committed
	$(CARGO) test $(CARGO_LOCKED) --workspace --test platform -- --ignored --exact readme::tutorial::the_tutorial_shows_what_the_programs_answer

migrate: toolchain postgres ## bring the schema of the configured database up to date
	@$(CARGO) run $(CARGO_LOCKED) --quiet --bin admin -- migrate up

token: toolchain postgres ## print an access token of the development editor (EMAIL=admin@example.com for another)
	@$(CARGO) run $(CARGO_LOCKED) --quiet --bin admin -- token --email $(or $(EMAIL),editor@example.com)

dev-keys: toolchain ## make the signing key of development, which `make run` would make by itself
	@$(CARGO) run $(CARGO_LOCKED) --quiet --bin admin -- keys generate

docs: toolchain ## the documentation of every crate, below target/doc
	$(CARGO) doc $(CARGO_LOCKED) --workspace --no-deps
	@echo 'target/doc/platform/index.html'

clean: ## stop the PostgreSQL that tests left running, remove what was built
	@[ ! -x target/debug/dbtest-stop ] || target/debug/dbtest-stop
	rm -rf target zarf/clients/*/src/generated zarf/clients/typescript/node_modules

toolchain:
	@command -v cargo >/dev/null || { echo 'cargo is missing: install Rust $(RUST_VERSION) or newer from https://rustup.rs'; exit 1; }
	@have=$$(rustc --version | cut -d ' ' -f 2); printf '%s\n' '$(RUST_VERSION)' "$$have" | sort -C -V || \
	{ echo "rustc $$have is older than $(RUST_VERSION): run 'rustup update stable'"; exit 1; }
	@command -v cc >/dev/null || { echo 'a C compiler is missing: install gcc (Debian, Ubuntu, Fedora) or run xcode-select --install (macOS)'; exit 1; }

postgres:
	@zarf/dev/install-postgres.sh >&2

nats:
	@zarf/dev/install.sh nats-server
