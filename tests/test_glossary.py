"""The glossary is sorted, and each term says where it is built."""

import re

from tools.course import ROOT


def test_it_is_sorted_and_says_where():
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    entries = re.findall(r"^- \*\*(.+?)\*\*(.*(?:\n  .+)*)", text, re.MULTILINE)
    terms = [term.casefold() for term, _ in entries]
    assert terms == sorted(terms) and len(terms) == len({*terms}) >= 55
    for term, text in entries:
        assert re.search(r"\]\(\.\./notebooks/\w+\.ipynb#", text), f"{term}: no link"
