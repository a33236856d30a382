# Sidegate. `make help` lists what there is; every target installs what it lacks.
SHELL := /bin/sh
NODE := node_modules/.bin/node
VITEST := $(NODE) node_modules/vitest/vitest.mjs
.DEFAULT_GOAL := help
.PHONY: help run demo-check test test-unit test-lab test-browser test-postgres check format build bench-main bench-forwarding bench-beacon bench-discovery bench-paths bench-idle screenshots packages feeds test-packages test-vm clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

run: lab-tools build ## a whole world on this machine: broker, two homes, a technician; look at it in your browser
	@exec $(NODE) lab/demo/run.ts

screenshots: lab-tools build ## every page of both web apps, phone and desktop, light and dark, into a temporary directory
	@exec $(NODE) webui/screenshots.ts

demo-check: lab-tools build ## the main job from log-in to the camera's page, by a robot, with screenshots into docs/
	@exec $(NODE) lab/demo/check.ts

test: docker-tools check build ## everything: style and types, unit, golden, lab and browser tests, budgets
	$(VITEST) run

test-unit: build ## what needs nothing but Node
	$(VITEST) run --project unit

test-lab: docker-tools build ## real WireGuard, nftables and arp-scan in network namespaces
	$(VITEST) run --project 'lab*'

test-browser: lab-tools build ## components in a real browser
	$(VITEST) run --project browser

test-postgres: node_modules/.installed ## the broker's store over a throw-away PostgreSQL as well
	@sh lab/ensure-tools.sh postgres
	sh test/with-postgres.sh $(VITEST) run --project unit broker/src/store

check: node_modules/.installed ## style, types and forbidden imports
	$(NODE) node_modules/@biomejs/biome/bin/biome check .
	$(NODE) node_modules/typescript/bin/tsc -p .

format: node_modules/.installed ## write what `check` would ask for
	$(NODE) node_modules/@biomejs/biome/bin/biome check --write .

build: node_modules/.installed ## agent and broker bundles, web UI: into each package's dist/
	@$(NODE) agent/build.ts
	@$(NODE) broker/build.ts
	@$(NODE) webui/build.ts

bench-main: lab-tools build ## click to first byte, and throughput of a forward against the bare tunnel
	@exec $(NODE) bench/main.ts

bench-forwarding: lab-tools ## what a port forward costs against the bare route, and a change among a thousand
	@exec $(NODE) bench/forwarding.ts

bench-discovery: lab-tools ## hosts and services of a full home and of a routed /20, beside arp-scan, nmap and fping
	@exec $(NODE) bench/discovery.ts

bench-paths: lab-tools build ## first packets, outages and relays behind every kind of NAT, beside WireGuard by hand, nebula and n2n
	@sh lab/ensure-tools.sh bench
	@exec $(NODE) bench/paths.ts

bench-idle: lab-tools build ## memory and CPU of an edge that nobody uses, beside bare Node
	@exec $(NODE) bench/idle.ts

bench-beacon: node_modules/.installed ## handshakes and relayed packets of a broker, for each second of one core, beside coturn
	@sh lab/ensure-tools.sh bench
	@exec $(NODE) bench/beacon.ts

packages: build ## .deb, .ipk and .apk of agent and broker into dist/packages
	@$(NODE) package/build.ts

feeds: build ## signed apt, opkg and apk repositories into dist/feeds, and how to use them
	@$(NODE) feeds/main.ts build

# `make test-vm FEEDS=` takes dist/feeds as it is: compressing the runtimes anew is a minute's work.
FEEDS = feeds

test-packages: feeds ## packages and feeds, read by dpkg, apt, gpgv, tar and readers of our own; installed in a fresh Debian
	@sh lab/ensure-tools.sh packages
	$(VITEST) run package/ feeds/
	@$(NODE) feeds/check-debian.ts

test-vm: $(FEEDS) ## Debian's kernel in an emulator: packages under systemd, kernel WireGuard, the main job, power cuts
	@sh lab/ensure-tools.sh vm
	@$(NODE) test/vm/main.ts

clean: ## remove what was built; node_modules stays
	rm -rf agent/dist broker/dist webui/dist dist/packages dist/feeds bench/results

.PHONY: lab-tools docker-tools
lab-tools: node_modules/.installed
	@sh lab/ensure-tools.sh lab

docker-tools: lab-tools
	@sh lab/ensure-tools.sh docker

node_modules/.installed: package-lock.json
	@sh lab/ensure-tools.sh node
	npm ci --no-audit --no-fund --loglevel=error
	@sh lab/ensure-tools.sh bindings
	@touch $@
