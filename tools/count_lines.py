"""Count the definition code of the numbered pages into README's table of them.

    python -m tools.count_lines    rewrite the table's last two columns: lines, in all

A line counts if it is code that the next notebook receives: not blank, no comment, no
docstring, and not in a cell that begins with %%verbose or is a %run.
"""

import ast
import re
from pathlib import Path

from tools.course import CHAIN, ROOT, as_python, code_cells

README = ROOT / "README.md"
TABLE = re.compile(r"(?<=<!-- lines: python -m tools\.count_lines -->\n).*?"
                   r"(?=<!-- end of lines -->)", re.DOTALL)
DOCUMENTED = ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef


def docstring_lines(tree: ast.Module) -> set[int]:
    """The numbers of all lines that belong to a docstring."""
    strings = [node.body[0] for node in ast.walk(tree)
               if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None]
    return {n for s in strings for n in range(s.lineno, s.end_lineno + 1)}


def code_lines(source: str) -> int:
    """Lines of a cell that are neither blank, comment, docstring nor line magic."""
    source = as_python(source)
    skipped = docstring_lines(ast.parse(source))
    return sum(bool(line.strip()) and not line.lstrip().startswith("#")
               and number not in skipped
               for number, line in enumerate(source.splitlines(), 1))


def definition_lines(path: Path) -> int:
    """Lines of definition code in a notebook."""
    return sum(code_lines(cell.source) for cell in code_cells(path)
               if not cell.source.startswith("%%"))


def updated(readme: str) -> str:
    """README with the table's numbers counted anew; its sentences are kept."""
    table, total = TABLE.search(readme)[0], 0
    for path in CHAIN:
        row = re.compile(rf"(\|.*\(notebooks/{path.name}\).*\|)[^|\n]*\|[^|\n]*\|\n")
        if not row.search(table):
            raise ValueError(f"README's table has no row for {path.name}: write one")
        lines = definition_lines(path)
        total += lines
        table = row.sub(rf"\g<1> {lines} | {total} |\n", table)
    return TABLE.sub(lambda _: table, readme)


def main():
    """Rewrite README.md if its numbers are not the notebooks'."""
    old = README.read_text(encoding="utf-8")
    new = updated(old)
    README.write_text(new, encoding="utf-8", newline="\n")
    print("README's lines", "are up to date" if new == old else "were counted anew")


if __name__ == "__main__":
    main()
