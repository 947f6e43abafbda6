# Everything a fresh machine needs is Go and make; `make help` lists the targets.
GO      ?= go
BIN     := bin/eimtool
SOURCES := $(shell find cmd internal -name '*.go' -not -name '*_test.go')

.PHONY: help build demo test test-long race lint fuzz bench experiments examples examples-deps clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

build: $(BIN) ## build bin/eimtool

$(BIN): $(SOURCES) go.mod go.sum
	$(GO) build -trimpath -o $(BIN) ./cmd/eimtool

demo: $(BIN) ## offline, online and verify on a shipped family
	@mkdir -p demo
	$(BIN) offline testdata/families/helmholtz2d/samples.csv -o demo/room.npz
	$(BIN) online demo/room.npz --mu k=3.2 -o demo/A_3.2.mtx
	$(BIN) verify demo/room.npz testdata/families/helmholtz2d/test.csv --tol 1e-8

test: ## all tests
	$(GO) test -count=1 -shuffle=on ./...

test-long: ## accuracy at every number of terms, nodes and size of basis, about 30 minutes
	$(GO) test -count=1 -timeout 60m ./cmd/eimtool ./internal/reduced ./internal/logdet/measure ./internal/logdet/sampled ./internal/logdet/lanczos ./internal/plan ./internal/partial ./experiments -long

race: ## all tests under the race detector (needs a C compiler)
	$(GO) test -count=1 -race ./...

lint: ## formatting, vet, staticcheck, tidy
	@out=$$($(GO) tool gofumpt -l cmd internal experiments); test -z "$$out" || { echo "gofumpt: $$out"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff

fuzz: ## every fuzz target for 30 s
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 30s -fuzzminimizetime 5x $$p || exit 1; \
	  done; done

bench: $(BIN) ## Go benchmarks, and whole processes beside a script and SuiteSparse where these are present
	$(GO) test -run '^$$' -bench . -count 3 ./internal/... | tee bench/new.txt
	sh bench/offline.sh
	sh bench/solve.sh
	sh bench/reduced.sh
	sh bench/logdet.sh

experiments: ## the papers' experiments: tables and plots of docs/experiments.md, some minutes
	$(GO) run ./experiments

examples: $(BIN) ## run examples/, skipping those whose simulator is not installed
	sh examples/run.sh

examples-deps: ## install the simulators of the examples (Debian, as root)
	apt-get install -y --no-install-recommends freefem++ python3-numpy python3-scipy

clean: ## remove what was built
	rm -rf bin demo bench/new.txt bench/data
