# Two commands: "make html" builds the site, "make test" proves it. Each sets up
# what it needs. "make help" lists the others.

# PYTHON chooses the interpreter; without it, the one that made .venv.
PYTHON ?= $(if $(wildcard .venv/python-*),.venv/bin/python,python3)
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
BIN := .venv/bin
HTML := docs/_build/html
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# What a lock names, by uv in half of pip's time; by pip where uv does not reach the
# packages: it does not read pip's settings.
install = $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) 2>/dev/null \
	|| $(PIP) --require-hashes --no-compile -r $(1)
# keras_by_hand from these files, so that each script in examples/ runs from any folder.
INSTALL_CHECKOUT := $(PIP) --no-deps --no-build-isolation --editable .
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --fork-strategy fewest --custom-compile-command "make lock"

# One backend and no personal ~/.keras/keras.json, whoever runs the pages.
export KERAS_BACKEND := tensorflow
export KERAS_HOME := $(CURDIR)/docs/_build/keras

# NumPy's matrices are small here: more threads would only wait for each other.
export OPENBLAS_NUM_THREADS := 1

# How many pages run side by side: one for each core that has 3 GB of memory. Each then
# has one thread of TensorFlow's.
JOBS := $(shell $(PYTHON) -c 'import os; \
	memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"); \
	print(max(1, min(os.cpu_count(), memory // 3_000_000_000)))' 2>/dev/null)
ONE_THREAD = $(if $(filter-out 1,$(JOBS)),TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1)

# Dates on the site are those of the commit.
COMMITTED := $(shell git log -1 --format=%ct 2>/dev/null)
ifneq ($(COMMITTED),)
export SOURCE_DATE_EPOCH := $(COMMITTED)
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## List these commands
	@awk -F ':.*## ' '/^# --/ { sub("# -- ", ""); print "\n" $$0 } \
		/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# -- The site
.PHONY: html check test test-all
html: $(BIN)/site-installed ## Build the site in docs/_build/html
	@rm -f $(HTML)/.source-commit  # only a finished site has one
	@$(BIN)/python conf.py  # says in one line what Sphinx would make a report of
	@$(ONE_THREAD) $(BIN)/sphinx-build -nW --keep-going -q -j $(JOBS) -c . -d docs/_build/doctrees docs $(HTML)
	@$(BIN)/python -m gallery.repository > $(HTML)/.source-commit
	@echo "The site is built. Open $(HTML)/index.html"

check: $(BIN)/tests-installed ## For a minute: what a change can have touched
	@TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/python -m pytest --check=$(BASE) --dist=load --maxschedchunk=1 --maxfail=10 -q tests

test: html $(BIN)/tests-installed ## Build the site, then test it and every page
	@$(BIN)/python tests/chromium.py
	@$(BIN)/python -m pytest --share commit tests
	@TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/python tests/what_was_proved.py

test-all: html $(BIN)/tests-installed ## All that make test asks a share of
	@$(BIN)/python tests/chromium.py
	@$(BIN)/python -m pytest tests
	@TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/python tests/what_was_proved.py

# -- For writers
.PHONY: live prove format lint
PORT := 8000
live: $(BIN)/tests-installed ## Rebuild while you write; the browser follows
	@test -d docs/_build/live || { mkdir -p docs/_build/live && \
		for built in $(wildcard $(HTML) docs/_build/doctrees docs/_build/built-from.json); \
		do cp -a $$built docs/_build/live || exit; done; }  # else every page runs first
	@$(BIN)/sphinx-autobuild --port $(PORT) --watch examples --watch gallery --watch keras_by_hand --watch conf.py \
		--re-ignore 'auto_examples|_build' --keep-going -q -c . \
		-d docs/_build/live/doctrees docs docs/_build/live/html

prove: $(BIN)/tests-installed ## Prove that all pages can fail, or PAGE=dense/plot_relu
	@TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/python tests/proof/prove.py $(PAGE)

format: $(BIN)/tests-installed ## Write Python files in the project's style
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

lint: $(BIN)/tests-installed ## Style, types, spelling, and what is unsafe in the workflow
	@$(BIN)/ruff format --check --quiet . || { echo "make format mends the style" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/codespell $$(git ls-files --cached --others --exclude-standard)
	@$(BIN)/zizmor --offline --quiet .github/workflows

# -- For maintainers
.PHONY: test-backends test-processors test-versions test-binder test-site test-notebooks test-applications test-models test-speed applications publish font changed lock upgrade clean
BACKENDS := jax torch
test-backends: $(BIN)/tests-installed $(BACKENDS:%=.venv-%/ready) ## Run the pages on JAX and PyTorch, and port weights
	@BACKENDS="$(BACKENDS)" $(BIN)/python -m pytest tests/slow/backends.py \
		$(if $(filter torch,$(BACKENDS)),tests/slow/porting.py)

test-processors: $(BIN)/tests-installed ## Run the pages as other processors do
	@$(BIN)/python -m pytest -v -rA --numprocesses=0 tests/slow/processors.py

VERSIONS := nightly 3.14.1 3.12.4
test-versions: $(BIN)/tests-installed ## Run pages and library with other releases of Keras
	@$(BIN)/python tests/slow/versions.py $(VERSIONS)

test-binder: html $(BIN)/tests-installed ## Publish, launch and download, as readers do
	@$(BIN)/python tests/chromium.py
	@$(BIN)/python -m pytest -rP --numprocesses=0 --timeout=3600 tests/slow/binder.py

LIGHTHOUSE := tests/slow/lighthouse/node_modules/.package-lock.json
test-site: html $(BIN)/tests-installed $(LIGHTHOUSE) ## Look at each page: Lighthouse, axe, phone, paper
	@$(BIN)/python tests/chromium.py
	@$(BIN)/python -m pytest -rP --numprocesses=0 tests/slow/lighthouse.py
	@EVERY_PAGE=1 $(BIN)/python -m pytest tests/browser/test_accessibility.py tests/browser/test_browser.py tests/site/test_site.py

test-notebooks: html $(BIN)/tests-installed ## Run all notebooks as readers do
	@$(BIN)/python -m pytest --numprocesses=0 --timeout=3600 tests/slow/notebooks.py

test-applications: $(BIN)/tests-installed ## Compute all of keras.applications again
	@$(BIN)/python -m pytest --numprocesses=0 --timeout=3600 tests/slow/applications.py

# Some machines set these two for another NumPy: OpenBLAS chooses better by itself.
test-speed: $(BIN)/tests-installed ## Time whole models in NumPy and in Keras
	@env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 \
		TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/python -m pytest -s --numprocesses=0 tests/slow/speed.py

MODELS := 3000
SEED := 1
test-models: $(BIN)/tests-installed ## Run many models by both, and find the faults of many ports
	@MODELS=$(MODELS) SEED=$(SEED) $(BIN)/python -m pytest -rP --timeout=3600 tests/slow/single_layers.py
	@$(BIN)/python -m pytest --numprocesses=0 tests/slow/whole_models.py
	@$(BIN)/python -m pytest -rP --timeout=3600 tests/slow/faulty_ports.py tests/slow/faulty_weights.py

applications: $(BIN)/tests-installed ## Write the table of keras.applications anew
	@TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/python tests/measuring.py

publish: $(BIN)/site-installed ## Put the site, as last built, on gh-pages of REMOTE
	@$(BIN)/python publish.py $(or $(REMOTE),$(error Say where to: make publish REMOTE=origin))

# ASCII, Greek, italic letters, and the signs of formulas; the root sign is drawn, too.
SIGNS := U+20-22,U+25,U+27-3A,U+3C-3F,U+41-5F,U+61-7E,U+B1,U+B7,U+D7,U+2C6,U+2DC,U+394,U+3A3,U+3A6,U+3B1-3C9,U+3F5,\
	U+2016,U+2026,U+2032,U+210E,U+2113,U+2190,U+2192,U+2202,U+2208,\
	U+2211,U+2212,U+2215,U+221A,U+221E,U+2220,U+2236,U+2248,U+2260,U+2264,U+2265,U+2295,\
	U+2299,U+22A4,U+22C5,U+22EF,U+23DF,U+2308-230B,U+1D434-1D467,U+1D6FC-1D71B
empty :=
font: $(BIN)/tests-installed ## Cut FONT, STIXMath-Regular.otf, down to what formulas need
	@$(BIN)/pyftsubset $(FONT) --unicodes=$(subst $(empty) ,,$(SIGNS)) --layout-features= --name-IDs+=13,14 \
		--flavor=woff2 --no-hinting --desubroutinize --obfuscate-names \
		--output-file=docs/_static/math.woff2

changed: $(BIN)/site-installed ## List the pages that differ from the commit BASE
	@$(BIN)/python -m gallery.changed \
		$$(git merge-base HEAD $(or $(BASE),$(error Say since when: make changed BASE=main)))

lock: $(BIN)/site-installed ## Compile the requirements to their locks
	$(LOCK) $(UPGRADE) requirements.in -o requirements.txt
	$(LOCK) $(UPGRADE) tests/requirements.in -o tests/requirements.txt
	printf '%s\n' keras matplotlib numpy scikit-learn tensorflow-cpu | $(BIN)/uv pip compile \
		--quiet --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
		-c requirements.txt --no-annotate --custom-compile-command "make lock" \
		- -o binder/requirements.txt
	$(BIN)/uv pip compile --quiet $(UPGRADE) --python-version 3.13 --extra files --no-annotate \
		--custom-compile-command "make lock" pyproject.toml -o tests/library/newest.txt

upgrade: ## Take the newest versions of everything, and test
	@$(MAKE) lock UPGRADE=--upgrade
	@$(MAKE) test

clean: ## Remove all that was built, and .venv
	rm -rf .venv .venv-jax .venv-torch docs/_build docs/auto_examples \
		tests/slow/lighthouse/node_modules

# Set-up, done when a lock or PYTHON has changed

# Old syntax on purpose: a Python that is too old must get as far as the message.
define CHECK_PYTHON
import platform, sys
version, system = sys.version_info[:2], (sys.platform, platform.machine())
if not (3, 11) <= version <= (3, 13):
    sys.exit("Python 3.11, 3.12 or 3.13 is needed, and $(PYTHON) is %d.%d. Choose "
             "another with PYTHON=, as in: make html PYTHON=python3.13" % version)
if system not in (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64")):
    sys.exit("Unsupported platform: %s %s. TensorFlow has builds for Linux (x86_64, "
             "aarch64) and macOS (arm64)." % system)
try:
    import ensurepip, venv
except ImportError:
    sys.exit("$(PYTHON) has no venv module. On Debian and Ubuntu: "
             "apt-get install python%d.%d-venv" % version)
endef
export CHECK_PYTHON

.venv/python-$(VERSION):
	@test -n "$(VERSION)" || { echo "$(PYTHON) does not run. Choose a Python with" \
		"PYTHON=, as in: make html PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c "$$CHECK_PYTHON"
	@$(PYTHON) -m venv --clear .venv
	@touch $@

$(BIN)/site-installed: requirements.txt pyproject.toml | .venv/python-$(VERSION)
	@echo "Installing requirements.txt into .venv"
	@sed -n '/^uv==/,/[^\\]$$/p' $< > .venv/uv.txt
	@$(PIP) --require-hashes -r .venv/uv.txt
	@$(call install,$<)
	@$(INSTALL_CHECKOUT)
	@touch $@

$(BIN)/tests-installed: tests/requirements.txt $(BIN)/site-installed
	@echo "Installing tests/requirements.txt into .venv"
	@$(call install,$<)
	@touch $@

# Versions as in the lock, but without its hashes: PyTorch is taken as the machine has it.
.venv-%/ready: tests/slow/backends/%.txt binder/requirements.txt | .venv/python-$(VERSION)
	@echo "Installing $< into .venv-$*"
	@$(PYTHON) -m venv --clear .venv-$*
	@.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check \
		-r $< -c binder/requirements.txt keras matplotlib numpy scikit-learn
	@touch $@

$(LIGHTHOUSE): tests/slow/lighthouse/package-lock.json
	@command -v npm >/dev/null || { echo "Lighthouse needs Node.js 18 or newer with npm." \
		"On Debian and Ubuntu: apt-get install npm" >&2; exit 1; }
	@npm ci --prefix tests/slow/lighthouse --no-audit --no-fund --loglevel=error
