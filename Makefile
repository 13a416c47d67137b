# What a person types. Each target says what it does in the comment behind it; `make help` lists them.

.PHONY: help demo test test-differential test-hostile fuzz bench-check bench-clients bench-memory bench-scan bench-sweep client-lab score-clients

help: ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

demo: ## Build rdsca and show it on sample Dockerfiles, a sample image and a registry
	@scripts/demo.sh

test: ## Check formatting and lints, and run every test, those against a real registry included
	@scripts/install-registry.sh
	@scripts/install-browser.sh
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	cargo test --locked

test-differential: ## Compare 3,000 random stacks of layers with umoci, and with overlays that the kernel mounts
	RDSCA_STACKS=$${RDSCA_STACKS:-3000} cargo test --locked --test differential -- --nocapture

test-hostile: ## Scan images made to do harm, each in less than 1 GiB of address space
	cargo test --locked --test hostile

fuzz: ## Fuzz every target for FUZZ_SECONDS (600), beginning with fuzz/seeds
	@scripts/fuzz.sh

bench-check: ## Check 10,000 Dockerfiles; measure time against hadolint
	cargo build --release --locked --bin rdsca
	@scripts/bench-check.py

bench-clients: ## Check the sources of 200 packages of PyPI; measure time, and count what is found
	cargo build --release --locked --bin rdsca
	@scripts/bench-clients.py

score-clients: ## Score rdsca, bandit and semgrep on labelled snippets of real programs
	cargo build --locked --bin rdsca
	@scripts/score-clients.py

bench-scan: ## Scan images of 570 MB in a registry; measure time, memory and bytes against the floor and other tools
	@scripts/bench-scan.sh

bench-memory: ## Scan an image of 1 GiB in a registry, a layer of 10 GiB, and 2 million entries; measure time and memory
	@scripts/bench-memory.sh
	@scripts/bench-large-layers.py

bench-sweep: ## Sweep registries of up to 100,000 images; measure against trivy and a loop of skopeo and tar
	@scripts/install-registry.sh
	cargo build --release --locked --bin rdsca
	@scripts/bench-sweep.py

client-lab: ## Measure what settings of database clients do, into testdata/clients/truth.json (root; minutes)
	@scripts/client-lab/lab.py
