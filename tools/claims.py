"""Collect what the pages claim, and the cells that could have refuted it.

    python -m tools.claims    rewrite docs/claims.md from the pages' tables
"""

import re
from pathlib import Path

import nbformat

from tools.course import PAGES, ROOT

CLAIMS = ROOT / "docs" / "claims.md"
HEAD = "| claim | cell | over |\n|---|---|---|\n"
INTRODUCTION = """# Claims

What the pages claim, the cell of that page that could have refuted it, and over what
it was tried. A *because* rests on an ablation: the one thing changed, all else equal.
A *usually* has several seeds. A cell prints numbers that every test run compares, or
asserts. Where "over" ends, the claim ends.

This page is made from the pages' own tables: `.venv/bin/python -m tools.claims`.
"""


def claims_of(page: Path) -> list[tuple[str, list[str], str]]:
    """(claim, cell ids, over) of each row in the cell `claims` of a page."""
    for cell in nbformat.read(page, as_version=4).cells:
        if cell.id == "claims":
            rows = cell.source.partition(HEAD)[2].strip().splitlines()
            parts = [re.split(r"(?<!\\)\|", row.strip().strip("|")) for row in rows]
            return [(claim.strip(), re.findall("`([^`]+)`", cells), over.strip())
                    for claim, cells, over in parts]
    return []


def title_of(page: Path) -> str:
    """The heading of a page, before the colon."""
    first = nbformat.read(page, as_version=4).cells[0].source
    return first.splitlines()[0].removeprefix("# ").partition(":")[0]


def collected() -> str:
    """The text of docs/claims.md."""
    parts = [INTRODUCTION]
    for page in PAGES:
        rows = "".join(f"| {claim} | {', '.join(map('`{}`'.format, ids))} | {over} |\n"
                       for claim, ids, over in claims_of(page))
        if rows:
            link = f"[{title_of(page)}](../notebooks/{page.name})"
            parts.append(f"## {link}\n\n{HEAD}{rows}")
    return "\n".join(parts)


def main():
    """Rewrite docs/claims.md."""
    CLAIMS.write_text(collected(), encoding="utf-8", newline="\n")
    print(f"{sum(len(claims_of(page)) for page in PAGES)} claims in docs/claims.md")


if __name__ == "__main__":
    main()
