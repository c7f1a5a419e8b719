"""Count the definition code of each notebook and keep README's table of it true.

    python tools/ladder.py            rewrite the table in README.md
    python tools/ladder.py --check    only say whether it is up to date

A line counts if it is code that the next notebook receives: not blank, no comment, no
docstring, and not in a cell that begins with %%verbose or is a %run.
"""

import ast
import re
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
TABLE = re.compile(r"(?<=<!-- ladder: python tools/ladder\.py -->\n).*?"
                   r"(?=<!-- end of ladder -->)", re.DOTALL)
ROW = re.compile(r"\| \[\d\d\]\(notebooks/(\w+)\.ipynb\) \|[^|]*\|[^|]*\| (.+) \|")
HEAD = ("| after | lines | in all | and it is proven that |\n"
        "|---|---:|---:|---|\n")
DOCUMENTED = ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef


def docstring_lines(tree: ast.Module) -> set[int]:
    """The numbers of all lines that belong to a docstring."""
    strings = [node.body[0] for node in ast.walk(tree)
               if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None]
    return {n for s in strings for n in range(s.lineno, s.end_lineno + 1)}


def code_lines(source: str) -> int:
    """Lines of a cell that are neither blank, comment, docstring nor line magic."""
    lines = ["" if line.startswith("%") else line for line in source.splitlines()]
    skipped = docstring_lines(ast.parse("\n".join(lines)))
    return sum(bool(line.strip()) and not line.lstrip().startswith("#")
               and number not in skipped for number, line in enumerate(lines, 1))


def definition_lines(path: Path) -> int:
    """Lines of definition code in a notebook."""
    return sum(code_lines(cell.source) for cell in nbformat.read(path, 4).cells
               if cell.cell_type == "code"
               and not cell.source.startswith(("%%", "%run ")))


def updated(readme: str) -> str:
    """README with the table's numbers counted anew; its sentences are kept."""
    proven, total, rows = dict(ROW.findall(TABLE.search(readme)[0])), 0, []
    for path in sorted((ROOT / "notebooks").glob("[0-9]*_*.ipynb")):
        if path.stem not in proven:
            sys.exit(f"README's ladder has no row for {path.name}: write one, with a "
                     "sentence on what is proven by then")
        lines = definition_lines(path)
        total += lines
        rows.append(f"| [{path.stem[:2]}](notebooks/{path.name}) | {lines} | {total} "
                    f"| {proven[path.stem]} |\n")
    return TABLE.sub(lambda _: HEAD + "".join(rows), readme)


def main() -> int:
    old = README.read_text(encoding="utf-8")
    new = updated(old)
    if old == new:
        print("README's ladder is up to date")
    elif "--check" in sys.argv[1:]:
        print("README's ladder is out of date: python tools/ladder.py")
        return 1
    else:
        README.write_text(new, encoding="utf-8", newline="\n")
        print("README's ladder was rewritten")
    return 0


if __name__ == "__main__":
    sys.exit(main())
