# Every target, in a line each: make help
CARGO ?= cargo
export CARGO

.PHONY: bench setup help demo demo-clean fuzz test test-ci test-full history soak lint unit e2e images walkthrough walkthrough-docs

help: ## This list.
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: ## Plays the demo on this host's Docker engine (DEMO="--steps first-start,scale-3" for a part of it).
	@scripts/demo $(DEMO)

demo-clean: ## Removes what a crashed demo left.
	@scripts/demo --clean

test: setup lint unit e2e ## All that has to hold before a commit: fmt, clippy, tests, end to end on an engine of its own.

setup: ## Installs from Debian what the tests need and is not there.
	scripts/setup

lint: ## fmt and clippy.
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

unit: ## Tests that need nothing but this repository.
	$(CARGO) test --workspace --locked

e2e: ## Tests on a Docker engine of their own, in a network of its own (root).
	scripts/e2e

images: ## Builds muster's images and those of the walk-through on the engine at DOCKER_HOST, without an image registry.
	scripts/images

walkthrough: setup ## The walk-through on three machines, on a Docker engine of their own (root).
	@scripts/walkthrough

walkthrough-docs: setup ## The same, and writes docs/walkthrough.md.
	@scripts/walkthrough --document docs/walkthrough.md

# The walk-through is played a second time where the first failed. The one failure that is known, a host that came back without
# its instance, is mended: Docker leaves stopped what cannot join its network within 20 seconds, and steps.txt starts that again.
# One whole run beside other load has met it since and gone on, which is too few to do without.
test-ci: setup history ## What CI runs besides: histories under SIGKILL, a short soak, third-party programs against ours, machines, the walk-through.
	@tests/soak/run
	@tests/interop/run
	@tests/machines/run
	@scripts/walkthrough || { echo "test-ci: the walk-through failed (above); once more"; scripts/walkthrough; }

bench: ## Side by side with the real programs that MUSTER_PEER_CONSUL, _REGISTRATOR and _CONSUL_TEMPLATE name.
	scripts/bench $(BENCH)

history: ## Clients' histories under SIGKILL, checked; seeded bugs that have to be found (MUSTER_HISTORY_ROUNDS for a longer one).
	@tests/history/run

soak: ## An hour of a load that repeats: descriptors, threads, memory and journal stay flat (MUSTER_SOAK_SECONDS).
	@MUSTER_SOAK_SECONDS=$${MUSTER_SOAK_SECONDS:-3600} tests/soak/run nothing_grows

fuzz: ## libFuzzer on every target for a short time (MUSTER_FUZZ_SECONDS for longer); needs a C++ compiler.
	@tests/fuzz/run

test-full: test test-ci fuzz soak ## All of it, with an hour of soak.
