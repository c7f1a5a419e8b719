# Every command of the course. `make` alone: install, run the notebooks, leave outputs/.
PYTHON ?= python3
BIN := .venv/bin
RUN_NOTEBOOKS := $(BIN)/python -m tools.run_notebooks
export PYTHONHASHSEED := 0

.DEFAULT_GOAL := all
.PHONY: all test lab update train parallel plots bench data weights lint clean help

all: .venv/.ready         ## install, execute the notebooks, leave plots and model in outputs/
	@echo "Executing the notebooks in order (some minutes on two cores):"
	@$(RUN_NOTEBOOKS)
	@echo "Results in outputs/:" && ls outputs

test: .venv/.ready        ## check every stored output against a fresh run, and tests/
	@$(BIN)/python -m pytest

lab: .venv/.ready         ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir=notebooks

update: export DEVICE := cpu
update: .venv/.ready      ## execute the notebooks in place; renew what documents quote
	@$(RUN_NOTEBOOKS) --inplace
	@$(BIN)/python -c "from tools.course import ROOT, stored_picture; (ROOT / \
	  'docs/loss-plot.png').write_bytes(stored_picture('08_training.ipynb', 'plot-show'))"
	@$(BIN)/python -m tools.count_lines && $(BIN)/python -m tools.claims

train: .venv/.ready       ## notebook 08 alone; e.g. make train RUN=story TEXT=my.txt
	@$(RUN_NOTEBOOKS) 08_training.ipynb

parallel: .venv/.ready    ## train in N processes (elective H); e.g. make parallel N=4
	@RES_OPTIONS="timeout:1 attempts:1" $(BIN)/torchrun --standalone \
	  --nproc-per-node $(or $(N),2) -m tools.train_parallel

plots: .venv/.ready       ## draw the loss plots again from outputs/losses.csv
	@$(BIN)/python -c "from tools.course import definitions; \
	  definitions('08_training.ipynb').plot_losses()"

bench: .venv/.ready       ## time training, generation, tokenizer and loader; PARTS="loader"
	@$(BIN)/python -m tools.bench $(PARTS)

data: .venv/.ready        ## download the real data sets, e.g. make data NAMES=tinystories
	@$(BIN)/python -m datasets.download $(NAMES)

weights: .venv/.ready     ## download GPT-2's released weights, e.g. make weights NAMES=355M
	@$(BIN)/python -m datasets.download $(or $(NAMES),124M)

lint: .venv/.ready        ## style of the modules and of the notebooks' cells
	@$(BIN)/python -m tools.lint

clean:                    ## empty outputs/, remove caches (keeps .venv and downloads)
	@find outputs -mindepth 1 -not -name README.md -delete
	@rm -rf .pytest_cache .ruff_cache && find . -name __pycache__ -not -path './.venv/*' \
	  -prune -exec rm -rf {} +

help:                     ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*##/\t/' | expand -t 12

.venv/.ready: requirements.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and \
	  f"Python {v[0]}.{v[1]} is too old: the course needs 3.11 or newer. \
	Try: make PYTHON=python3.11")'
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python has no venv \
	module: install it (Debian and Ubuntu: sudo apt install python3-venv), then make again."; \
	exit 1; }
	@echo "Setting up .venv from requirements.txt (once; torch is large)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@
