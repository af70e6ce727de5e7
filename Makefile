# motcua: `make help` lists what there is to do.

DEMO    := var/demo
ADDRESS := 127.0.0.1:8080
FUZZ    := 3s

TESTENV     := go run ./tools/testenv
STATICCHECK := go tool -modfile=tools.mod staticcheck

.DEFAULT_GOAL := help
.PHONY: help run build reset test check bench fmt lint assets update-goldens screenshots

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build, create the demo province if there is none, and serve it (Ctrl-C stops it)
	@exec bin/motcua demo --addr $(ADDRESS) --data $(DEMO)

build: assets ## Build bin/motcua
	go build -trimpath -o bin/motcua ./cmd/motcua

reset: ## Forget the demo province
	rm -rf $(DEMO)

test: assets ## Run every test: SQLite and PostgreSQL, race detector, fuzzing, browser, kill -9
	$(TESTENV) -browser -kill -- sh -c 'go run ./tools/fuzz -time $(FUZZ) && go test -race -timeout 30m ./...'

check: assets lint ## Run what is quick: formatting, vet, staticcheck, all but the browser, kill and fuzz suites
	$(TESTENV) -- go test -race ./...

bench: assets ## Measure, and write docs/BENCHMARKS.md
	$(TESTENV) -durable -- go run ./test/bench

fmt: ## Format the Go code
	gofmt -w cmd internal migrations test tools web/build

lint: ## Check formatting, vet and staticcheck
	@unformatted=$$(gofmt -l cmd internal migrations test tools web/build); \
	if [ -n "$$unformatted" ]; then echo "not formatted (make fmt):"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(STATICCHECK) ./...

assets: web/node_modules/.package-lock.json ## Build style sheets, scripts and fonts
	go run ./web/build

# npm keeps this file in step with what it installed; it is older than the lock
# file only when that has changed since.
web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

update-goldens: ## Rewrite the files that tests compare with
	go test $$(git grep -l 'flag.Bool("update"' -- '*_test.go' | xargs -n 1 dirname | sort -u | sed 's|^|./|') -update

screenshots: assets ## Take the pictures of the guides anew
	UPDATE_SCREENSHOTS=1 $(TESTENV) -browser -- go test -count=1 ./test/browser
