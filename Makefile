# Every command of the course. `make` alone: install, run the notebooks, leave outputs/.
PYTHON ?= python3
BIN := .venv/bin
RUN_NOTEBOOKS := $(BIN)/python tools/run_notebooks.py
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
update: .venv/.ready      ## execute the notebooks in place, storing their outputs
	@$(RUN_NOTEBOOKS) --inplace && cp outputs/loss-plot.png outputs/example-loss-plot.png
	@$(BIN)/python tools/ladder.py

train: .venv/.ready       ## notebook 08 alone; e.g. make train RUN=story TEXT=my.txt
	@$(RUN_NOTEBOOKS) 08_training.ipynb

parallel: .venv/.ready    ## train in N processes (elective H); e.g. make parallel N=4
	@RES_OPTIONS="timeout:1 attempts:1" $(BIN)/torchrun --standalone \
	  --nproc-per-node $(or $(N),2) tools/train_ddp.py

plots: .venv/.ready       ## draw the loss plots again from outputs/losses.csv
	@cd notebooks && ../$(BIN)/python -m IPython --no-banner --colors=nocolor \
	  -c "get_ipython().run_line_magic('run', '08_training.ipynb'); plot_losses()"

bench: .venv/.ready       ## time training, generation, tokenizer and loader; PARTS="loader"
	@$(BIN)/python tools/bench.py $(PARTS)

data: .venv/.ready        ## download the real data sets, e.g. make data NAMES=tinystories
	@$(BIN)/python datasets/download.py $(NAMES)

weights: .venv/.ready     ## download GPT-2's released weights, e.g. make weights NAMES=355M
	@$(BIN)/python datasets/download.py $(or $(NAMES),124M)

lint: .venv/.ready        ## style of the notebooks and modules (installs ruff)
	@$(BIN)/python -m pip install --quiet ruff==0.17.5
	@rm -rf outputs/lint && mkdir -p outputs/lint
	@for f in notebooks/*.ipynb; do \
	  sed '/^ *"%%verbose\\n",$$/d' $$f > outputs/lint/$$(basename $$f); done
	@$(BIN)/ruff check --no-cache --no-respect-gitignore outputs/lint \
	  datasets exercises tests tools

clean:                    ## remove outputs and caches (keeps .venv, downloads, weights)
	@find outputs -mindepth 1 -not -path 'outputs/weights*' -not -name README.md \
	  -not -name "example-*" -delete
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
