"""Every link in documents and notebooks leads to a file, and to one heading of it."""

import re
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

from tools.course import PAGES, ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md",
             *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("[!.]*/README.md"))]
each_document = pytest.mark.parametrize(
    "document", DOCUMENTS + PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def without_code(text: str) -> str:
    """Markdown without comments, fenced blocks and code spans."""
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", FENCED.sub("", text))


def markdown(path: Path) -> str:
    """The text of a Markdown file, or of a notebook's Markdown cells."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    return "\n\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells
                       if cell.cell_type == "markdown")


def headings(path: Path) -> list[str]:
    """The headings of a page as they are displayed."""
    found = re.findall(r"^#{1,6} +(.+?)[ #]*$", FENCED.sub("", markdown(path)),
                       flags=re.MULTILINE)
    return [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"[`*]", "", heading))
            for heading in found]


def anchors(path: Path) -> list[str]:
    """What may stand after '#' in a link to a page: GitHub's rule, or JupyterLab's."""
    if path.suffix == ".ipynb":
        return [heading.replace(" ", "-") for heading in headings(path)]
    slugs = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
             for heading in headings(path)]
    return [slug + (f"-{n}" if (n := slugs[:i].count(slug)) else "")
            for i, slug in enumerate(slugs)]


def links(text: str) -> list[str]:
    """Targets of the links and pictures in Markdown, other sites left out."""
    text = without_code(text)
    targets = re.findall(r"\]\(\s*<?([^)\s>]+)", text)
    targets += re.findall(r"""(?:src|href)=["']([^"']+)""", text)
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


@each_document
def test_every_link_leads_somewhere(document):
    for link in links(markdown(document)):
        name, _, anchor = unquote(link).partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.exists(), f"{link}: no such file"
        assert target == ROOT or ROOT in target.parents, f"{link} leaves the project"
        if anchor:
            n = anchors(target).count(anchor)
            assert n == 1, f"{link}: {n} headings, one is needed"


def test_the_readme_links_every_page():
    linked = {link.partition("#")[0] for link in links(markdown(ROOT / "README.md"))}
    pages = {path.relative_to(ROOT).as_posix() for path in DOCUMENTS + PAGES}
    assert pages - linked == {"README.md"}


def test_the_rules_for_anchors(tmp_path):
    page = tmp_path / "a.md"
    page.write_text("# What `x` is: *A* & B?\n## Same\n```\n# no\n```\n## Same\n",
                    encoding="utf-8")
    assert anchors(page) == ["what-x-is-a--b", "same", "same-1"]
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("## A: b, `c`")])
    nbformat.write(nb, tmp_path / "a.ipynb")
    assert anchors(tmp_path / "a.ipynb") == ["A:-b,-c"]
