# The menu: `make` prints it.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run faults test test-profiles lint arch unit bench bench-logins bench-worker fuzz test-rolling test-scaffold clients test-clients tutorial test-tutorial console test-console console-shots migrate token dev-keys docs clean toolchain postgres nats test-split test-outages nginx ip test-images test-manifests images k8s-render compose-up compose-down dev-up dev-update dev-load dev-logs dev-down bench-live

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
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The allocator that tells who holds memory takes two minutes of a processor to build.
HEAP := --features profiling/jemalloc

run: toolchain postgres ## build and serve on 127.0.0.1:3000 until Ctrl-C; needs nothing set up (SERVICE=accounts, catalog, orders or live for one alone; PROFILES=1 for heap profiles)
	@exec $(CARGO) run $(CARGO_LOCKED) $(if $(PROFILES),$(HEAP)) --bin $(or $(SERVICE),platform)

faults: toolchain ## serve three faults on 127.0.0.1:3001, to be found with profiles (README.md)
	@exec $(CARGO) run $(CARGO_LOCKED) $(HEAP) --example faults web.api_host=127.0.0.1:3001 web.debug_host=127.0.0.1:3011

test: toolchain postgres lint unit ## everything that has to pass before a merge

lint: toolchain arch ## format, clippy, layers, documentation, licences
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(CARGO_LOCKED) --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc $(CARGO_LOCKED) --workspace --no-deps
	@if command -v cargo-deny >/dev/null; then $(CARGO) deny --log-level error check bans licenses sources; \
	else echo 'cargo-deny is not installed: bans, licences, sources are not checked'; fi

arch: toolchain ## which crate may use which, and the shape each one keeps
	@$(CARGO) run $(CARGO_LOCKED) --quiet --bin arch

# Tests start programs, which `cargo test` alone does not build: those of packages without tests of their own.
unit: toolchain postgres nats nginx
	$(CARGO) build $(CARGO_LOCKED) --workspace --bins --tests
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

fuzz: toolchain postgres ## schemathesis, as an admin and as two users, and spectral against a service of its own (FUZZ_SECONDS=300, FUZZ_SHAPE=split)
	$(CARGO) build $(CARGO_LOCKED) --workspace --bins
	zarf/dev/fuzz.sh

test-scaffold: toolchain postgres ## a generated resource in a clean clone: built, served, tested, checked for drift
	CARGO_TARGET_DIR="$${CARGO_TARGET_DIR:-$(CURDIR)/target}" zarf/scaffold/run.sh

test-profiles: toolchain ## profiles, those of the heap among them: jemalloc is built in
	$(CARGO) build $(CARGO_LOCKED) --workspace $(HEAP) --example faults --example idle
	$(CARGO) test $(CARGO_LOCKED) --workspace $(HEAP) --test service

test-split: toolchain postgres nginx ## the API suite against the services as processes of their own behind nginx (zarf/gateway)
	$(CARGO) build $(CARGO_LOCKED) --workspace --bins --tests
	MARQUEE_TEST_SHAPE=split $(CARGO) test $(CARGO_LOCKED) --workspace --no-fail-fast $(SPLIT_SUITES:%=--test %) conformance
	MARQUEE_TEST_SHAPE=split $(CARGO) test $(CARGO_LOCKED) --workspace --no-fail-fast --test platform -- --exact $(SPLIT_STORIES)

# The suites with the rules that hold for every resource: whoever has a list of them, as `admin new resource` makes it.
SPLIT_SUITES = $(shell grep -rl 'apitest::conformance' --include=*.rs app/domain/*/tests | cut -d / -f 3 | sort -u)
SPLIT_STORIES := policy::every_cell_of_the_policy_is_what_is_served \
	trail::every_change_of_every_domain_leaves_an_audit_and_an_event \
	readme::the_tour_shows_what_the_program_answers

test-rolling: toolchain postgres nginx ## rolling restarts under load: the platform behind haproxy, the services behind nginx; no request may fail
	$(CARGO) build $(CARGO_LOCKED) --workspace --bins
	zarf/rolling/run.sh
	$(CARGO) test $(CARGO_LOCKED) --workspace --test platform -- --ignored --nocapture --exact gateway::restarts_of_every_service_in_turn_fail_no_request

test-outages: toolchain postgres ip ## a database killed, frozen, cut off for 30 s under load: no acknowledged write may be lost (the last needs root)
	$(CARGO) test $(CARGO_LOCKED) --workspace --test platform -- --ignored --nocapture --test-threads 1 outages::

images: ## the image of every program, by docker, podman or buildah (REGISTRY=.. TAG=.. name them; ENGINE=.. chooses)
	zarf/docker/build.sh

test-images: toolchain postgres ## the images built from stand-ins of their bases, looked at, and run without any right, against PostgreSQL
	zarf/docker/test.sh

k8s-render: toolchain ## write anew what kustomize makes of each overlay (zarf/k8s/rendered)
	zarf/k8s/render.sh

test-manifests: ## manifests against published schemas, checkov, hadolint, yamllint; what is rendered is what is in git
	zarf/k8s/test.sh

compose-up: toolchain ## the services, database, broker and gateway in containers, on localhost:8080 (needs Docker; DASHBOARDS=1 for Grafana on 3030)
	zarf/k8s/secrets.sh make .marquee/secrets
	ENGINE=docker zarf/docker/build.sh
	$(if $(DASHBOARDS),OTLP_ENDPOINT=http://collector:4317) docker compose --file zarf/compose/compose.yaml $(if $(DASHBOARDS),--profile observability) up --detach --wait

compose-down: ## stop them; the database stays
	docker compose --file zarf/compose/compose.yaml --profile observability down

dev-up: toolchain ## a Kubernetes cluster on this machine with everything in it, on localhost:8080 (needs Docker, kind, kubectl)
	zarf/kind/dev.sh up

dev-update: toolchain ## build, and roll out into that cluster
	zarf/kind/dev.sh update

dev-load: toolchain ## the same where its nodes reach no registry
	zarf/kind/dev.sh load

dev-logs: ## follow the logs of its services
	zarf/kind/dev.sh logs

dev-down: ## remove it
	zarf/kind/dev.sh down

clients: toolchain ## the TypeScript and the Rust client, from the OpenAPI document of the code (zarf/clients)
	$(CARGO) build $(CARGO_LOCKED) --bin admin
	zarf/clients/generate.sh

test-clients: toolchain postgres ## the clients made anew, compiled, and run against a service of their own
	$(CARGO) build $(CARGO_LOCKED) --bin admin --bin platform
	zarf/clients/test.sh

console: ## build the pages of the console from app/sdk/webconsole/web into what the service embeds
	@zarf/dev/install.sh node
	cd app/sdk/webconsole/web && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --loglevel=error; } && npm run --silent check && npm run --silent build

test-console: toolchain postgres ## the pages of the console: whether they are current, then each in a browser against services of their own
	$(CARGO) build $(CARGO_LOCKED) --workspace --bins
	zarf/console/test.sh

console-shots: toolchain postgres ## the pictures of the console for the documentation (zarf/docs/console)
	$(CARGO) build $(CARGO_LOCKED) --workspace --bins
	zarf/console/test.sh shots

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
	rm -rf target zarf/clients/*/src/generated zarf/clients/typescript/node_modules app/sdk/webconsole/web/node_modules

toolchain:
	@command -v cargo >/dev/null || { echo 'cargo is missing: install Rust $(RUST_VERSION) or newer from https://rustup.rs'; exit 1; }
	@have=$$(rustc --version | cut -d ' ' -f 2); printf '%s\n' '$(RUST_VERSION)' "$$have" | sort -C -V || \
	{ echo "rustc $$have is older than $(RUST_VERSION): run 'rustup update stable'"; exit 1; }
	@command -v cc >/dev/null || { echo 'a C compiler is missing: install gcc (Debian, Ubuntu, Fedora) or run xcode-select --install (macOS)'; exit 1; }

postgres:
	@zarf/dev/install-postgres.sh >&2

nats:
	@zarf/dev/install.sh nats-server

nginx:
	@zarf/dev/install.sh nginx

ip:
	@zarf/dev/install.sh ip
