"""The pages' limits hold for every line of Python here: narrow, short, documented."""

import ast

import pytest

from tools.count_lines import code_lines
from tools.course import NOTEBOOKS, PAGES, ROOT, as_python, code_cells

WIDTH, LINES, MUTE = 88, 20, 12    # of a line; of a function; of one without a word
FUNCTION = ast.FunctionDef, ast.AsyncFunctionDef
SPEAKING = "tests", "exercises"    # where a function's name, or its message, says it
MODULES = [ROOT / "conftest.py", NOTEBOOKS / "page.py",
           *(path for folder in ("tools", "datasets", "tests", "exercises")
             for path in sorted((ROOT / folder).glob("*.py")))]


def too_wide(source: str) -> list[str]:
    """The lines that are."""
    return [f"line {number}: {len(line)}: {line}"
            for number, line in enumerate(source.splitlines(), 1) if len(line) > WIDTH]


def too_long(source: str, mute: int) -> dict[str, int]:
    """Functions of too many lines, or of more than `mute` and without a docstring."""
    functions = [node for node in ast.walk(ast.parse(source))
                 if isinstance(node, FUNCTION)]
    lines = {f: code_lines(ast.get_source_segment(source, f)) for f in functions}
    return {f.name: n for f, n in lines.items() if n > LINES
            or n > mute and not ast.get_docstring(f) and not f.name.startswith("__")}


def unexplained(source: str) -> list[str]:
    """A module, and its public functions and classes, if they have no docstring."""
    tree = ast.parse(source)
    public = [node for node in tree.body if isinstance(node, (*FUNCTION, ast.ClassDef))
              and not node.name.startswith("_")]
    return [getattr(node, "name", "the module") for node in [tree, *public]
            if not ast.get_docstring(node)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_cells(page):
    for cell in code_cells(page):
        assert not too_wide(cell.source), cell.id
        assert not too_long(as_python(cell.source), MUTE), cell.id


@pytest.mark.parametrize("path", MODULES,
                         ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules(path):
    source = path.read_text(encoding="utf-8")
    assert not too_wide(source)
    if path.parent.name in SPEAKING:
        assert not too_long(source, LINES)
    else:
        assert not too_long(source, MUTE) and not unexplained(source)


def test_it_would_find_something():
    body = "        x = 1\n" * 20
    assert too_long(f"class C:\n    def f(self):\n{body}", MUTE) == {"f": 21}
    assert too_long(f"def f():\n{body[14 * 7:]}", MUTE) == {"f": 14}
    assert not too_long(f"def f():\n    'A word.'\n{body[14 * 7:]}".replace(
        "        x", "    x"), MUTE)
    assert unexplained("def f(): pass\ndef _g(): pass") == ["the module", "f"]
    assert too_wide("x" * 89) and not too_wide("x" * 88)
