"""docs/names.md is right: weights carried along a column give the same function."""

import dataclasses
import inspect
import re

import pytest
import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel

from tools.course import ROOT, definitions

PAGE = (ROOT / "docs" / "names.md").read_text(encoding="utf-8")
CELL = re.compile(r"([\w./]+?)(\[[^\]]+\])?(\.T)?")
RELEASED = pytest.mark.parametrize("column", ["Hugging Face", "released checkpoint"])
IDS = torch.randint(0, 40, (2, 10), generator=torch.Generator().manual_seed(1))


def table(head: str) -> list[dict[str, str]]:
    """The rows of the table with this head, by column, code marks removed."""
    lines = PAGE[PAGE.index(head):].split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(rows[0], (cell.strip("`") for cell in row), strict=True))
            for row in rows[2:]]


NAMES = table("| paper | released checkpoint | Hugging Face | PyTorch | this course |")
FIELDS = table("| released `hparams.json` |")


def named(column: str) -> set[str]:
    """The tensors that a column names, without index and transposition."""
    return {CELL.fullmatch(row[column])[1] for row in NAMES}


def tensor_of(cell: str, tensors: dict, D: int) -> torch.Tensor:
    """What a cell of the table says, read as Python."""
    name, index, transposed = CELL.fullmatch(cell).groups()
    t = eval(f"t{index or ''}", {"t": tensors[name], "D": D})
    return t.T if transposed else t


@pytest.fixture(scope="module")
def c():
    """What elective B and the pages before it define."""
    return definitions("B_pretrained_gpt2.ipynb")


def theirs(**shape) -> GPT2LMHeadModel:
    """Hugging Face's GPT-2; all its numbers are moved, so that none is 0 or 1."""
    model = GPT2LMHeadModel(GPT2Config(**shape)).eval()
    with torch.no_grad():
        for p in model.parameters():
            p += torch.randn(p.shape) / 4
    return model


def stored(c, model: GPT2LMHeadModel, cfg, column: str) -> dict[str, torch.Tensor]:
    """Its tensors, under Hugging Face's names, or as OpenAI's checkpoint has them."""
    tensors = model.state_dict()
    if column == "Hugging Face":
        return tensors
    hf, openai = c.name_table(cfg, "hf"), c.name_table(cfg, "openai")
    names = {hf[name][0]: openai[name][0] for name in hf}
    result = {new: tensors["transformer." + old] for old, new in names.items()}
    return {name: t[None] if name.endswith("/w") else t for name, t in result.items()}


def test_every_parameter_has_one_row(c):
    model = c.GPTModel(c.GPTConfig(40, 10, 12, 3, 1))
    assert sorted(row["this course"] for row in NAMES) == sorted(model.state_dict())


def test_pytorchs_column(c):
    """Weights carried along it make PyTorch's model the same function."""
    cfg = c.GPTConfig(40, 10, 12, 3, 1)
    model, twin = c.GPTModel(cfg), c.TorchGPT(cfg)
    tensors, ours = twin.state_dict(), model.state_dict()
    assert named("PyTorch") == {*tensors}
    for row in NAMES:
        source = ours[row["this course"]]
        assert tensor_of(row["PyTorch"], tensors, 12).shape == source.shape, row
        source += 0.1 * torch.randn(source.shape)          # no zero, no one
    for row in NAMES:
        tensor_of(row["PyTorch"], tensors, 12).copy_(ours[row["this course"]])
    torch.testing.assert_close(model(IDS), twin(IDS), atol=1e-5, rtol=1e-4)


@RELEASED
def test_the_released_columns(c, column):
    """Weights carried along them make our model GPT-2 as it was released."""
    cfg = c.GPTConfig(40, 10, 12, 3, 1)
    twin = theirs(vocab_size=40, n_positions=10, n_embd=12, n_head=3, n_layer=1)
    tensors, model = stored(c, twin, cfg, column), c.GPTModel(cfg)
    assert named(column) == {*tensors}
    model.load_state_dict({row["this course"]: tensor_of(row[column], tensors, 12)
                           for row in NAMES})
    torch.testing.assert_close(model(IDS), twin(IDS).logits, atol=1e-5, rtol=1e-4)


@RELEASED
def test_their_shapes_are_gpt2_smalls(c, column):
    with torch.device("meta"):
        ours, twin = c.GPTModel(c.GPT_CONFIG_124M).state_dict(), theirs()
        tensors = stored(c, twin, c.GPT_CONFIG_124M, column)
    assert sum(p.numel() for p in twin.parameters()) == 124_439_808
    for row in NAMES:
        shape = tensor_of(row[column], tensors, 768).shape
        assert shape == ours[row["this course"]].shape, row


def test_the_fields_and_their_defaults(c):
    ours = dataclasses.asdict(c.GPTConfig())
    assert [row["this course"] for row in FIELDS] == [*ours]
    assert [row["default"] for row in FIELDS] == [str(v) for v in ours.values()]


def test_the_fields_other_names(c):
    """OpenAI's five, and Hugging Face's, which drops 0.1 by default."""
    hparams = {"n_vocab": 50257, "n_ctx": 1024, "n_embd": 768, "n_head": 12,
               "n_layer": 12}
    ours = dataclasses.asdict(c.GPTConfig()) | {"drop_rate": 0.1}
    for row in FIELDS:
        hparam, names, in_torch = (row[key].replace("`", "") for key in list(row)[:3])
        value = ours[row["this course"]]
        assert hparam == "–" or hparams[hparam] == value
        for name in names.split(", ") if names != "–" else ():
            assert getattr(GPT2Config(), name) == value, name
        if in_torch != "–":
            module, argument = re.fullmatch(r"nn\.(\w+)\((\w+)\)", in_torch).groups()
            assert argument in inspect.signature(getattr(nn, module)).parameters
