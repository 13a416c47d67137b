# What a person types. Each target says what it does in the comment behind it; `make help` lists them.

.PHONY: help demo test bench-check bench-layer bench-memory bench-scan

help: ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

demo: ## Build rdsca and show it on sample Dockerfiles and on a sample image
	@scripts/demo.sh

test: ## Check formatting and lints, and run every test, those against a real registry included
	@scripts/install-registry.sh
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	cargo test --locked

bench-check: ## Check 10,000 Dockerfiles; measure time against hadolint
	cargo build --release --locked --bin rdsca
	@scripts/bench-check.py

bench-layer: ## Read one gzip layer from disk; measure it against its stages alone
	cargo bench --locked --bench layer

bench-scan: ## Scan realistic images in a registry; measure time, memory and bytes against other tools
	cargo build --release --locked --bin rdsca
	@scripts/bench-scan.py

bench-memory: ## Scan an image of 1 GiB in a registry, a layer of 10 GiB, and 2 million entries; measure time and memory
	@scripts/bench-memory.sh
	@scripts/bench-large-layers.py
