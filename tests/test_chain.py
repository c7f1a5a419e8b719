"""The chain: each page runs one before it, and all share one silent namespace."""

import ast
import re
import subprocess
import sys
from functools import cache

import pytest

from tools.course import CHAIN, NOTEBOOKS, PAGES, as_python, code_cells, definitions

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def runs(page) -> list[str]:
    """The pages that a page runs, by file name."""
    return [name for cell in code_cells(page)
            for name in re.findall(r"^%run (\w+\.ipynb)", cell.source, re.MULTILINE)]


def test_the_chain_is_complete():
    assert [p.stem for p in CHAIN] == [
        "01_tokenization", "02_attention", "03_normalization", "04_feed_forward",
        "05_transformer_block", "06_gpt_model", "07_loss", "08_training"]


@each_page
def test_a_page_first_runs_its_one_predecessor(page):
    if page in CHAIN:
        before = [path.name for path in CHAIN[:CHAIN.index(page)]][-1:]
        assert runs(page) == before
    else:
        assert len(runs(page)) == 1
    assert page == CHAIN[0] or "\n%run " in code_cells(page)[0].source


RUN = """
import contextlib, io, sys
import torch
from IPython.core.interactiveshell import InteractiveShell
shell, out, before = InteractiveShell.instance(), io.StringIO(), torch.get_rng_state()
with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
    shell.run_line_magic("run", sys.argv[1])
assert out.getvalue() == "", out.getvalue()
assert torch.equal(before, torch.get_rng_state()), "the random state moved"
import matplotlib.pyplot as plt
assert not plt.get_fignums(), "a figure was drawn"
assert {"GPTModel", "train", "BPETokenizer", "evaluate"} <= {*shell.user_ns}
assert not {"run", "history"} & {*shell.user_ns}
"""


@pytest.mark.parametrize("page", ["08_training.ipynb", "B_pretrained_gpt2.ipynb"])
def test_running_it_only_defines(page):
    """No text, no figure, no random number, no training; B is run by D, E and F."""
    done = subprocess.run([sys.executable, "-c", RUN, page], cwd=NOTEBOOKS,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# Names. All pages share one namespace: what 08 calls RECORDS must stay what 08 means.

class Binder(ast.NodeVisitor):
    """Collects the names that code binds or deletes in its module's namespace.

    `names` maps each to the import that brought it, such as "torch.nn", or to None.
    """

    def __init__(self):
        self.names = {}

    def take(self, name, origin=None):
        """Note that a name is bound; a second origin makes it None."""
        self.names[name] = origin if self.names.get(name, origin) == origin else None

    def visit_Name(self, node):
        if isinstance(node.ctx, (ast.Store, ast.Del)):
            self.take(node.id)

    def visit_Import(self, node):
        for alias in node.names:
            first = alias.name.partition(".")[0]
            self.take(alias.asname or first, alias.name if alias.asname else first)

    def visit_ImportFrom(self, node):
        for alias in node.names:
            self.take(alias.asname or alias.name, f"{node.module}.{alias.name}")

    def visit_FunctionDef(self, node):
        """What is inside a function or class is its own, but for `global`."""
        self.take(node.name)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Global):
                for name in inner.names:
                    self.take(name)

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef

    def visit_Lambda(self, node):
        """Binds nothing outside itself."""

    def visit_ListComp(self, node):
        """Its targets are its own, but `:=` reaches out of it."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr):
                self.take(inner.target.id)

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    def visit_ExceptHandler(self, node):
        self.visit_named(node)

    def visit_named(self, node):
        """An `except … as`, or a pattern of `match`, which may carry a name."""
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if name:
            self.take(name)
        self.generic_visit(node)

    visit_MatchAs = visit_MatchStar = visit_MatchMapping = visit_named


def bound(source: str) -> dict[str, str | None]:
    """The names that a cell takes -> the import that brings each, or None."""
    binder = Binder()
    binder.visit(ast.parse(as_python(source)))
    return binder.names


def taken(names: dict, earlier: dict) -> set[str]:
    """Those of the names that mean something else already."""
    return {name for name in names.keys() & earlier.keys()
            if names[name] is None or names[name] != earlier[name]}


@cache
def defined(page) -> dict[str, str | None]:
    """What a page's plain cells define, without the pages it runs."""
    return {name: origin for cell in code_cells(page)
            if not cell.source.startswith("%%verbose")
            for name, origin in bound(cell.source).items()}


def known(page) -> dict[str, str | None]:
    """What the pages before a page define, all together."""
    return {name: origin for earlier in runs(page)
            for path in [NOTEBOOKS / earlier]
            for name, origin in (known(path) | defined(path)).items()}


@each_page
def test_a_page_takes_no_name_from_the_pages_before_it(page):
    """And a verbose cell, which comes and goes, none from its page's plain cells."""
    for cell in code_cells(page):
        verbose = cell.source.startswith("%%verbose")
        earlier = known(page) | defined(page) if verbose else known(page)
        again = taken(bound(cell.source), earlier)
        assert not again, f"{cell.id} gives another meaning to {sorted(again)}"


@pytest.mark.parametrize("source", [
    "x = 1", "x: int = 1", "x += 1", "a, (b, *x) = c", "a = x = 1", "del x",
    "for x in a: pass", "for a, x in b: pass", "while x := f(): pass",
    "[x := 1 for a in b]",
    "with a as x: pass", "with a as (b, x): pass", "with a:\n if b:\n  x = 1",
    "try:\n f()\nexcept E as x:\n pass", "try:\n x = 1\nfinally:\n pass",
    "import x", "import x.a", "import a as x", "from a import x",
    "from a import b as x",
    "def x(): pass", "async def x(): pass", "class x: pass",
    "def f():\n global x\n x = 1", "class C:\n def f(self):\n  global x\n  x = 1",
    "match a:\n case [x, *_]: pass", "match a:\n case [*x]: pass",
    "match a:\n case {'b': 1, **x}: pass", "match a:\n case C(b=1) as x: pass",
    "%matplotlib inline\nx = 1"])
def test_the_analysis_sees_every_way_to_take_a_name(source):
    assert "x" in bound(source) and "x" in taken(bound(source), {"x": None})


@pytest.mark.parametrize("source", [
    "a = [x for x in b]", "a = {x: x for x in b}", "a = sum(x for x in b)", "print(x)",
    "def f(x):\n x = 1", "class C:\n x = 1", "a = lambda x: x", "f(x=1)", "a.x = 1",
    "a['x'] = 1", "import a.x", "from x import a", "%run x", "x.a = 1", "# x = 1"])
def test_the_analysis_leaves_other_names_alone(source):
    assert "x" not in bound(source)


def test_only_the_same_import_may_come_twice():
    nn = bound("import torch.nn as nn")
    assert nn == bound("from torch import nn") and not taken(nn, nn)
    assert taken(bound("from flax import nn"), nn) == {"nn"}
    assert taken(bound("from torch import nn\nnn = 1"), nn) == {"nn"}
    assert taken(nn, {"nn": None}) == {"nn"}


# Two names that were taken once, and what broke.

def test_after_speed_a_run_can_be_saved(tmp_path):
    """G gave a meaning of its own to the name of what a checkpoint holds."""
    c = definitions("G_speed.ipynb")
    model = c.tiny_model()
    run = c.Run(model, c.AdamW(model), c.Batches(c.tiny_batches()))
    c.save_checkpoint(tmp_path / "model.pt", run, c.story_tokenizer())
    c.load_checkpoint(tmp_path / "model.pt", run)


def test_after_pretrained_losses_can_be_saved(tmp_path):
    """B gave a meaning of its own to the names of the columns."""
    c = definitions("B_pretrained_gpt2.ipynb")
    row = {"step": 1, "lr": 1e-3, "train_loss": 2.0, "val_loss": 3.0}
    c.save_losses(tmp_path / "losses.csv", {"mini": [row]}, {"uniform": 7.6})
    assert c.read_losses(tmp_path / "losses.csv") == ({"mini": [row]}, {"uniform": 7.6})
