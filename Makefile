# Triage Board. `make help` lists what there is.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

ifndef VERSION
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
endif
export VERSION

BIN := bin/dashboard

# Where npm has last fetched what package-lock.json names.
FETCHED := node_modules/.fetched

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## build everything and start the board (the embedded sandbox, unless a service key is set)
	@exec $(BIN)

.PHONY: watch
watch: deps ## start the board; rebuild and restart it on every change
	@scripts/watch.sh

.PHONY: build
build: generate assets ## build bin/dashboard
	@CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o $(BIN) ./cmd/dashboard

.PHONY: deps
deps: $(FETCHED) ## fetch the browser's packages (Go fetches its modules by itself)

$(FETCHED): package.json package-lock.json .npmrc
	@command -v npm >/dev/null || { echo 'npm is needed to fetch the packages of package.json: install Node.js' >&2; exit 1; }
	@npm ci --no-progress --loglevel=error >/dev/null
	@touch $@

.PHONY: generate
generate: ## generate Go from the templates
	@go tool templ generate -log-level warn

.PHONY: assets
assets: deps ## bundle style sheet, script and images into web/static/dist
	@go run ./web/static/build

.PHONY: test
test: generate assets ## run every test, with the race detector; first install what that needs
	@scripts/test.sh

.PHONY: lint
lint: deps ## check formatting, vet, linters, modules, generated code, JavaScript's types, known vulnerabilities
	@scripts/lint.sh

.PHONY: fmt
fmt: ## format Go and the templates
	@gofmt -w cmd internal web
	@go tool templ fmt -log-level warn .

.PHONY: bench
bench: build ## measure the running board; BENCH="pages sweep" chooses parts, of those `bin/bench -h` lists
	@CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w' -o bin/bench ./cmd/bench
	@exec bin/bench $(BENCH)

.PHONY: bench-go
bench-go: generate assets ## run the Go benchmarks
	@go test -run '^$$' -bench . -benchmem ./...

.PHONY: chaos
chaos: build ## kill the running board 50 times over 1,000 actions, on a failing sandbox; CHAOS="-seed 1" sets flags, which `bin/chaos -h` lists
	@CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w' -o bin/chaos ./cmd/chaos
	@exec bin/chaos $(CHAOS)

.PHONY: fuzz
fuzz: generate assets ## run each fuzz test for FUZZTIME (default 10s)
	@scripts/fuzz.sh

.PHONY: image
image: ## build the container image, with docker, podman or buildah
	@scripts/image.sh

.PHONY: clean
clean: ## remove what was built and fetched; databases stay
	@rm -rf bin .cache node_modules test-artifacts
	@find web/static/dist -mindepth 1 ! -name .gitkeep -delete
