"""definitions(): a fresh namespace each time, and nothing else changed."""

import os
import sys

import nbformat
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from tools.course import ROOT, as_python, definitions


def test_each_call_is_a_namespace_of_its_own():
    one, two = (definitions("01_tokenization.ipynb") for _ in range(2))
    assert one.GPTDataset is not two.GPTDataset
    one.ENDOFTEXT = "changed"
    assert two.ENDOFTEXT == "<|endoftext|>"
    assert not hasattr(two, "MultiHeadAttention")
    assert one.ROOT == ROOT


def test_nothing_else_is_changed(capsys):
    def surroundings():
        return (os.getcwd(), [*sys.path], sys.modules["__main__"],
                torch.get_rng_state().tolist(), InteractiveShell.initialized())
    before = surroundings()
    definitions("02_attention.ipynb")
    assert surroundings() == before and capsys.readouterr() == ("", "")


def test_what_failed_is_said(tmp_path, capsys):
    inner, outer = tmp_path / "inner.ipynb", tmp_path / "outer.ipynb"
    for path, sources in (inner, ["x = 1", "1 / 0"]), (outer, [f"%run {inner}"]):
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    with pytest.raises(RuntimeError, match="outer.ipynb could not be run: Zero"):
        definitions(str(outer))
    assert "division by zero" in capsys.readouterr().out     # and the traceback
    with pytest.raises(RuntimeError, match="'none.ipynb'` not found"):
        definitions("none.ipynb")


def test_magics_are_blanked_and_lines_keep_their_numbers():
    source = "# Fails?\n%run 01.ipynb\n!ls\nx = 5 % 2\n"
    assert as_python(source) == "# Fails?\n\n\nx = 5 % 2\n"
