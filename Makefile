# Each target sets up what it needs on a bare machine and says so. Node 24 comes with the npm packages; the machine's
# own Node only has to run npm.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
export KEEP

PACKAGES := node_modules/.package-lock.json

$(PACKAGES): package-lock.json
	@scripts/install-packages.sh

.PHONY: help setup cluster demo test test-long mutation lint generate build bench clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(PACKAGES) cluster ## npm packages, Node 24, etcd and Kubernetes (first time: up to 10 minutes where they must be built)

cluster: $(PACKAGES)
	@scripts/prepare-cluster.sh

demo: $(PACKAGES) cluster ## The main job on a real Kubernetes API; KEEP=1 leaves it running
	@node demo/main.ts

# Where there can be no cluster its tests are skipped, loudly; in CI that is a failure.
test: $(PACKAGES) ## All tests; the last line is the sum
	@scripts/prepare-cluster.sh || [ -z "$$CI" ]
	@node build/test.ts

test-long: $(PACKAGES) ## All tests, property tests with many more cases
	@TEST_LONG=1 $(MAKE) test

mutation: $(PACKAGES) ## Mutants of src/policy against its tests (about 40 minutes); writes docs/mutation.md
	@node build/mutation.ts

lint: $(PACKAGES) ## Format, lint, layers, types, generated files
	@biome check --error-on-warnings .
	@tsc --noEmit
	@node codegen/main.ts --check

generate: $(PACKAGES) ## CRDs, JSON Schemas and reference docs from src/api
	@node codegen/main.ts

build: $(PACKAGES) ## dist/packs-operator, dist/packctl, dist/kubectl-packs
	@node build/build.ts

bench: $(PACKAGES) cluster ## Speed and size against the bare-write floor
	@node test/bench/main.ts

clean: ## Removes what was built here; the cache of Kubernetes programs in ~/.cache/packs-operator stays
	@rm -rf dist .vitest .mutation coverage
