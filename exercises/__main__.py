"""Insert the four cells of a new exercise into its page, for you to fill in.

    python -m exercises 2.5 my_function "Title"
"""

import sys
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
STUB = '''%%verbose
def {name}(x):
    """What goes in, with shapes -> what comes out."""
    raise NotImplementedError

check("{number}", {name})'''
HEADING = "### Exercise {number} · {title} (10 minutes, ★★☆)\n\nThe statement.\n\n"
HINT = "<details><summary>Hint</summary>The hint.</details>"
WHY = "<details><summary>The solution, explained</summary>Why it is so.</details>"
KINDS = {"": "markdown", "-stub": "code", "-why": "markdown", "-solution": "code"}


def cells_for(number: str, name: str, title: str) -> list:
    """Statement, stub, explanation and solution, with the ids that the tests expect."""
    texts = HEADING + HINT, STUB, WHY, STUB
    cells = []
    for (suffix, kind), text in zip(KINDS.items(), texts, strict=True):
        new_cell = getattr(nbformat.v4, f"new_{kind}_cell")
        text = text.format(number=number, name=name, title=title)
        cell_id = f"exercise-{number.replace('.', '-')}{suffix}"
        cells.append(new_cell(source=text, id=cell_id))
    cells[-1].metadata["jupyter"] = {"source_hidden": True}
    return cells


def insert(number: str, name: str, title: str) -> Path:
    """Write the cells behind the last exercise of the page; returns its path."""
    page, _, k = number.partition(".")
    paths = [p for p in NOTEBOOKS.glob("*.ipynb")
             if p.name.lstrip("0").startswith(f"{page}_")]
    if not paths or not k.isdigit() or not name.isidentifier():
        raise SystemExit(f"{number} {name}: give PAGE.NUMBER, such as 2.5 or C.5, of a "
                         "page in notebooks/, and the name of a function")
    path, = paths
    notebook = nbformat.read(path, as_version=4)
    ids = [cell.id for cell in notebook.cells]
    if f"exercise-{number.replace('.', '-')}" in ids:
        raise SystemExit(f"{path.name} has an exercise {number} already")
    last = max(i for i, cell_id in enumerate(ids) if cell_id.startswith("exercise"))
    notebook.cells[last + 1:last + 1] = cells_for(number, name, title)
    nbformat.write(notebook, path)
    return path


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__.strip())
    print(f"inserted into {insert(*sys.argv[1:])}")
