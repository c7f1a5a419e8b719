"""What README.md and docs/ say must be so: names, links, commands, counts."""

import dataclasses
import hashlib
import inspect
import re
import sys
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from conftest import LAST_DIGIT, RTOL, exempt_share, same_output
from tools import ladder

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DIFFER = (ROOT / "docs" / "when-your-numbers-differ.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9A-Z]*_*.ipynb"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")),
         ROOT / "datasets" / "README.md", *NOTEBOOKS]
each_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())


# The table of names. GPT-2's own names and shapes are public knowledge, written down
# here: OpenAI's from gpt-2/src/model.py, Hugging Face's from its GPT2LMHeadModel.

def hugging_face_shapes(V: int, T: int, D: int) -> dict[str, tuple]:
    """Hugging Face's names and shapes for a GPT-2 of one block; matrices (in, out)."""
    h = "transformer.h.0."
    return {
        "transformer.wte.weight": (V, D), "transformer.wpe.weight": (T, D),
        h + "ln_1.weight": (D,), h + "ln_1.bias": (D,),
        h + "attn.c_attn.weight": (D, 3 * D), h + "attn.c_attn.bias": (3 * D,),
        h + "attn.c_proj.weight": (D, D), h + "attn.c_proj.bias": (D,),
        h + "ln_2.weight": (D,), h + "ln_2.bias": (D,),
        h + "mlp.c_fc.weight": (D, 4 * D), h + "mlp.c_fc.bias": (4 * D,),
        h + "mlp.c_proj.weight": (4 * D, D), h + "mlp.c_proj.bias": (D,),
        "transformer.ln_f.weight": (D,), "transformer.ln_f.bias": (D,),
        "lm_head.weight": (V, D)}


def released(tensors: dict) -> dict:
    """The same tensors as OpenAI's checkpoint names and stores them."""
    kinds = {"ln.weight": "g", "ln.bias": "b", "c.weight": "w", "c.bias": "b"}
    result = {}
    for name, tensor in tensors.items():
        path = name.replace("transformer.h.0.", "model/h0/")
        path = path.replace("transformer.", "model/").replace(".", "/")
        *parents, kind = path.split("/")
        letter = kinds.get(f"{parents[-1].partition('_')[0]}.{kind}")
        if name.endswith(("wte.weight", "wpe.weight")):
            result["/".join(parents)] = tensor
        elif name != "lm_head.weight":                     # tied, and stored once
            result["/".join([*parents, letter])] = (
                tensor[None] if letter == "w" else tensor)
    return result


def random_weights(V: int, T: int, D: int) -> dict:
    """Tensors under Hugging Face's names, none of them special; the head is tied."""
    g = torch.Generator().manual_seed(0)
    tensors = {name: torch.randn(shape, generator=g) / 2
               for name, shape in hugging_face_shapes(V, T, D).items()}
    return tensors | {"lm_head.weight": tensors["transformer.wte.weight"]}


def released_logits(w: dict, ids, n_head: int):
    """GPT-2 with one block, on a checkpoint's own tensors; after gpt-2/src/model.py."""
    def norm(x, scope):
        return F.layer_norm(x, x.shape[-1:], w[f"{scope}/g"], w[f"{scope}/b"])

    def conv1d(x, scope):
        return x @ w[f"model/h0/{scope}/w"][0] + w[f"model/h0/{scope}/b"]

    def split_heads(x):
        return x.unflatten(-1, (n_head, -1)).transpose(-3, -2)     # (B, H, T, d)

    x = w["model/wte"][ids] + w["model/wpe"][: ids.shape[1]]
    c = conv1d(norm(x, "model/h0/ln_1"), "attn/c_attn")
    q, k, v = map(split_heads, c.split(x.shape[-1], dim=-1))
    a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    x = x + conv1d(a.transpose(-3, -2).flatten(-2), "attn/c_proj")
    hidden = conv1d(norm(x, "model/h0/ln_2"), "mlp/c_fc")
    x = x + conv1d(F.gelu(hidden, approximate="tanh"), "mlp/c_proj")
    return norm(x, "model/ln_f") @ w["model/wte"].T


def table(head: str) -> list[dict[str, str]]:
    """The rows of README's table with this head, by column, code marks removed."""
    lines = README[README.index(head):].split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(rows[0], (c.strip("`") for c in row), strict=True))
            for row in rows[2:]]


NAMES = table("| paper | released checkpoint | Hugging Face | PyTorch | this course |")
CELL = re.compile(r"([\w./]+?)(\[[^\]]+\])?(\.T)?")


def name_of(cell: str) -> str:
    return CELL.fullmatch(cell)[1]


def tensor_of(cell: str, tensors: dict, D: int) -> torch.Tensor:
    """What a cell of the table says, read as Python."""
    name, index, transposed = CELL.fullmatch(cell).groups()
    t = eval(f"t{index or ''}", {"t": tensors[name], "D": D})
    return t.T if transposed else t


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The names that notebook 06 and its predecessors define."""
    from IPython.core.interactiveshell import InteractiveShell
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng(devices=[]):
        patch.chdir(ROOT / "notebooks")
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        patch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path_factory.mktemp("tiktoken")))
        patch.setattr(sys, "path", [*sys.path])
        patch.setitem(sys.modules, "__main__", sys.modules["__main__"])
        shell = InteractiveShell.instance()
        shell.run_line_magic("run", "06_gpt_model.ipynb")
        yield shell.user_ns
        shell.history_manager.end_session()
        InteractiveShell.clear_instance()


def small(course):
    """A GPT-2 of one block, narrow."""
    return course["GPTConfig"](vocab_size=40, context_length=10, emb_dim=12, n_heads=3,
                               n_layers=1)


IDS = torch.randint(0, 40, (2, 10), generator=torch.Generator().manual_seed(1))


def test_every_parameter_has_one_row(course):
    ours = course["GPTModel"](small(course)).state_dict()
    assert sorted(row["this course"] for row in NAMES) == sorted(ours)


def test_pytorchs_column(course):
    """Weights carried along it make PyTorch's model the same function."""
    model, theirs = course["GPTModel"](small(course)), course["TorchGPT"](small(course))
    tensors, ours = theirs.state_dict(), model.state_dict()
    assert {name_of(row["PyTorch"]) for row in NAMES} == {*tensors}
    for row in NAMES:
        target = tensor_of(row["PyTorch"], tensors, 12)
        source = ours[row["this course"]]
        assert target.shape == source.shape, row
        source += 0.1 * torch.randn(source.shape)          # no zero, no one
    for row in NAMES:
        tensor_of(row["PyTorch"], tensors, 12).copy_(ours[row["this course"]])
    torch.testing.assert_close(model(IDS), theirs(IDS), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("column", ["Hugging Face", "released checkpoint"])
def test_the_released_columns(course, column):
    """Weights carried along them make our model GPT-2 as it was released."""
    weights = random_weights(40, 10, 12)
    tensors = weights if column == "Hugging Face" else released(weights)
    assert {name_of(row[column]) for row in NAMES} == {*tensors}
    model = course["GPTModel"](small(course))
    model.load_state_dict({row["this course"]: tensor_of(row[column], tensors, 12)
                           for row in NAMES})
    torch.testing.assert_close(
        model(IDS), released_logits(released(weights), IDS, 3), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("column", ["Hugging Face", "released checkpoint"])
def test_their_shapes_are_gpt2_smalls(course, column):
    with torch.device("meta"):
        ours = course["GPTModel"](course["GPT_CONFIG_124M"]).state_dict()
        tensors = {name: torch.empty(shape) for name, shape
                   in hugging_face_shapes(50257, 1024, 768).items()}
    assert tensors["transformer.wte.weight"].shape == (50257, 768)
    assert tensors["transformer.wpe.weight"].shape == (1024, 768)
    assert tensors["transformer.h.0.attn.c_attn.weight"].shape == (768, 2304)
    assert tensors["transformer.h.0.mlp.c_fc.weight"].shape == (768, 3072)
    once = {n: t.numel() * (12 if ".h." in n else 1) for n, t in tensors.items()}
    assert sum(once.values()) - once["lm_head.weight"] == 124_439_808
    tensors = tensors if column == "Hugging Face" else released(tensors)
    for row in NAMES:
        assert (tensor_of(row[column], tensors, 768).shape
                == ours[row["this course"]].shape), row


# The table of configuration fields.

FIELDS = table("| released `hparams.json` |")
HPARAMS = {"n_vocab": 50257, "n_ctx": 1024, "n_embd": 768, "n_head": 12, "n_layer": 12}
GPT2_CONFIG = {
    "vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_head": 12,
    "n_layer": 12, "embd_pdrop": 0.1, "attn_pdrop": 0.1, "resid_pdrop": 0.1,
    "tie_word_embeddings": True, "initializer_range": 0.02}


def test_the_fields_and_their_defaults(course):
    ours = dataclasses.asdict(course["GPTConfig"]())
    assert [row["this course"] for row in FIELDS] == [*ours]
    assert [row["default"] for row in FIELDS] == [str(v) for v in ours.values()]


def test_the_fields_other_names(course):
    ours = dataclasses.asdict(course["GPTConfig"]())
    for row in FIELDS:
        hparam, theirs, in_torch = (row[c].replace("`", "") for c in list(row)[:3])
        value = ours[row["this course"]]
        assert hparam == "–" or HPARAMS[hparam] == value
        for name in theirs.split(", ") if theirs != "–" else ():
            assert GPT2_CONFIG[name] == value or row["this course"] == "drop_rate"
        if in_torch != "–":
            module, argument = re.fullmatch(r"nn\.(\w+)\((\w+)\)", in_torch).groups()
            assert argument in inspect.signature(getattr(nn, module)).parameters


# Links.

def without_code(text: str) -> str:
    """Markdown without comments, fenced blocks and code spans."""
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def markdown(path: Path) -> str:
    """The text of a Markdown file, or of a notebook's Markdown cells."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    return "\n\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells
                       if cell.cell_type == "markdown")


def headings(path: Path) -> list[str]:
    """The headings of a page as they are displayed."""
    text = re.sub(r"^```.*?^```", "", markdown(path), flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"^#{1,6} +(.+?)[ #]*$", text, flags=re.MULTILINE)
    return [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"[`*]", "", heading))
            for heading in found]


def anchors(path: Path) -> list[str]:
    """What may stand after '#' in a link to a page: GitHub's rule, or JupyterLab's."""
    if path.suffix == ".ipynb":
        return [heading.replace(" ", "-") for heading in headings(path)]
    slugs = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
             for heading in headings(path)]
    return [slug + (f"-{n}" if (n := slugs[:i].count(slug)) else "")
            for i, slug in enumerate(slugs)]


def links(text: str) -> list[str]:
    """Targets of the links and pictures in Markdown, other sites left out."""
    text = without_code(text)
    targets = re.findall(r"\]\(\s*<?([^)\s>]+)", text)
    targets += re.findall(r"""(?:src|href)=["']([^"']+)""", text)
    return [t for t in targets if not re.match(r"[a-z]+:", t)]


@each_page
def test_every_link_leads_somewhere(page):
    for link in links(markdown(page)):
        name, _, anchor = unquote(link).partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name}: {link}: no such file"
        assert target == ROOT or ROOT in target.parents, f"{link} leaves the project"
        if anchor:
            n = anchors(target).count(anchor)
            assert n == 1, f"{page.name}: {link}: {n} headings, one is needed"


def test_the_rules_for_anchors(tmp_path):
    page = tmp_path / "a.md"
    page.write_text("# What `x` is: *A* & B?\n## Same\n```\n# no\n```\n## Same\n",
                    encoding="utf-8")
    assert anchors(page) == ["what-x-is-a--b", "same", "same-1"]
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("## A: b, `c`")])
    nbformat.write(nb, tmp_path / "a.ipynb")
    assert anchors(tmp_path / "a.ipynb") == ["A:-b,-c"]


def test_readme_links_every_notebook_and_page():
    linked = {link.partition("#")[0] for link in links(README)}
    for path in PAGES[1:]:
        name = path.relative_to(ROOT).as_posix()
        assert name in linked, f"README.md does not link {name}"


# Commands.

def commands(text: str) -> set[str]:
    """The X of every `make X` in the code of a Markdown text."""
    code = re.findall(r"^```.*?^```|`[^`\n]+`", text, flags=re.DOTALL | re.MULTILINE)
    return {x for part in code for x in re.findall(r"\bmake ([a-z]+)\b", part)}


def test_make_knows_what_is_named_and_all_it_knows_is_named():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {*re.findall(r"^([a-z]+):.*##", makefile, flags=re.MULTILINE)}
    assert commands(README) | {"all"} == targets           # `make` alone is `all`
    for page in PAGES[1:]:
        assert commands(markdown(page)) <= targets, page.name


# Counts, and what docs/ say about the comparison.

def test_the_ladder_is_up_to_date():
    assert ladder.updated(README) == README, "run python tools/ladder.py"


def test_what_the_ladder_counts():
    cell = '''%matplotlib inline
# a comment
def f(x):
    """A docstring

    of three lines."""
    y = x      # counts

    return "# counts"
'''
    assert ladder.code_lines(cell) == 3


def test_the_page_on_differences_states_the_tolerance():
    assert RTOL == 1e-3 and "one part in a thousand" in DIFFER
    assert LAST_DIGIT == 0.025 and "at most 2.5 % of" in DIFFER
    rows = re.findall(r"^\| `(.+)` \| `(.+)` \| (passes|fails)\b", DIFFER, re.MULTILINE)
    assert {verdict for *_, verdict in rows} == {"passes", "fails"}
    for stored, fresh, verdict in rows:
        assert same_output(stored, fresh) == (verdict == "passes"), (stored, fresh)


def test_the_page_on_differences_names_the_cells_not_compared():
    chain = [p for p in NOTEBOOKS if p.name[0].isdigit()]
    assert exempt_share(chain)[0] == 3 and "Three cells of notebook 08" in DIFFER


def test_the_page_on_differences_has_code_that_runs(course):
    for block in re.findall(r"^```python\n(.*?)^```", DIFFER, re.DOTALL | re.MULTILINE):
        threads = torch.get_num_threads()
        exec(block, {"torch": torch, "print": lambda *args: None})
        torch.set_num_threads(threads)


def test_the_storys_sum_is_as_stated():
    text = (ROOT / "datasets" / "the-tide-clock.txt").read_bytes()
    text = text.replace(b"\r\n", b"\n")
    stated = (ROOT / "datasets" / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(text).hexdigest() in stated
    assert f"{len(text):,} bytes" in stated


def test_the_glossary_is_sorted_and_says_where():
    entries = re.findall(r"^- \*\*(.+?)\*\*(.*(?:\n  .+)*)", GLOSSARY, re.MULTILINE)
    terms = [term.casefold() for term, _ in entries]
    assert terms == sorted(terms) and len(terms) == len({*terms}) >= 55
    for term, text in entries:
        assert re.search(r"\]\(\.\./notebooks/\w+\.ipynb#", text), f"{term}: no link"
