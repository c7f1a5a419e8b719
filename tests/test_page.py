"""notebooks/page.py: what `%%verbose` does, and the few helpers of every page."""

import nbformat
import pytest
from matplotlib import pyplot as plt
from nbclient import NotebookClient

import page
from tools.course import NOTEBOOKS, PAGES, code_cells, definitions

SETUP = "from page import expect, show"


def notebook(*sources):
    """A new notebook of these code cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)
                                           for source in sources])


def executed(*sources, folder=NOTEBOOKS):
    """A notebook of these cells, run as a person runs it, errors kept."""
    nb = notebook(*sources)
    NotebookClient(nb, kernel_name="python3", allow_errors=True,
                   resources={"metadata": {"path": str(folder)}}).execute()
    return nb


@pytest.fixture(scope="module")
def verbose_page():
    """One verbose cell each: an output, a display, an error, a magic, a cell below."""
    nb = executed(SETUP, "%%verbose\nprint('here')\nshown = 6\nshown * 7",
                  "%%verbose\n\nnumber = 1\nnumber / 0", "%%verbose\n%pwd\nthis(",
                  "%%verbose", "shown")
    return [cell.outputs for cell in nb.cells]


def test_an_open_page_shows(verbose_page):
    _, (printed, last), *_, after = verbose_page
    assert printed.text == "here\n" and last.data["text/plain"] == "42"
    assert after[0].data["text/plain"] == "6"


def test_an_error_has_its_true_line_and_nothing_of_ours(verbose_page):
    error, syntax = verbose_page[2][0], verbose_page[3][0]
    text = "\n".join(error.traceback)
    assert error.ename == "ZeroDivisionError" and ", line 4" in text
    assert "page.py" not in text and "transform" not in text
    assert syntax.ename == "SyntaxError" and "line 3" in "\n".join(syntax.traceback)


def test_an_empty_verbose_cell_is_no_error(verbose_page):
    assert verbose_page[4] == []


def test_a_page_that_is_run_by_another_only_defines(tmp_path, capsys):
    nbformat.write(notebook(SETUP, "a = 1", "%%verbose\nb = 2\nprint(b)", "c = 3"),
                   tmp_path / "inner.ipynb")
    nbformat.write(notebook(f"%run {tmp_path / 'inner.ipynb'}", "%%verbose\nd = 4"),
                   tmp_path / "outer.ipynb")
    names = vars(definitions(str(tmp_path / "outer.ipynb")))
    assert names["a"] == 1 and names["c"] == 3
    assert not {"b", "d"} & {*names} and capsys.readouterr().out == ""


def test_a_page_alone_says_what_to_do(tmp_path):
    """Whatever is missing, the first cell, which fails, says how to have it."""
    for path in PAGES:
        assert code_cells(path)[0].source.startswith("# Fails? "), path.name
    for path in PAGES[:2]:
        alone = executed(code_cells(path)[0].source, folder=tmp_path)
        assert "clone the course" in "\n".join(alone.cells[0].outputs[0].traceback)


def test_a_figure_is_shown_with_its_caption(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr(page, "display", shown.append)
    fig, _ = plt.subplots()
    page.show(fig, "Nothing, from 0 to 1.")
    _, metadata = shown[0]._repr_mimebundle_()
    assert metadata["image/png"]["alt"] == "Nothing, from 0 to 1."
    assert capsys.readouterr().out == "Nothing, from 0 to 1.\n"
    assert not plt.get_fignums()


def test_an_expected_error_is_printed_and_others_pass(capsys):
    with page.expect(ValueError):
        raise ValueError("why")
    assert capsys.readouterr().out == "ValueError: why\n"
    with pytest.raises(KeyError), page.expect(ValueError):
        raise KeyError
    with pytest.raises(AssertionError, match="no ValueError was raised"), \
            page.expect(ValueError):
        pass


@pytest.mark.parametrize("variable", ["PROGRESS", "JPY_SESSION_NAME"])
def test_progress_is_for_a_person_who_watches(capsys, monkeypatch, variable):
    for name in ("PROGRESS", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    page.progress("step 1")
    assert capsys.readouterr().err == ""
    monkeypatch.setenv(variable, "1")
    page.progress("step 2")
    assert capsys.readouterr().err == f"\r{'step 2':70}"
