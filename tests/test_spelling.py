"""No word that codespell knows to be wrong; what it ignores is in pyproject.toml."""

import subprocess
import sys

import nbformat

from tools.course import PAGES, ROOT

SUFFIX = {"markdown": ".md", "code": ".py"}


def misspelled(paths) -> str:
    """codespell's report on files and folders: one line for each finding."""
    done = subprocess.run([sys.executable, "-m", "codespell_lib", *map(str, paths)],
                          cwd=ROOT, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_texts_and_modules():
    paths = [path for suffix in ("md", "py") for pattern in ("*", "[!.]*/*")
             for path in ROOT.glob(f"{pattern}.{suffix}")]
    assert misspelled(paths) == ""


def test_notebooks(tmp_path):
    """A finding begins with `02_attention/scale-why.md:3`: notebook, cell, line."""
    for path in PAGES:
        (tmp_path / path.stem).mkdir()
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type in SUFFIX:
                file = tmp_path / path.stem / (cell.id + SUFFIX[cell.cell_type])
                file.write_text(cell.source, encoding="utf-8")
    assert misspelled([tmp_path]) == ""


def test_it_would_find_something(tmp_path):
    (tmp_path / "cell.md").write_text("t" + "eh cat", encoding="utf-8")
    assert "==> the" in misspelled([tmp_path])
