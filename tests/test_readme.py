"""What the documents say of commands, counts and the loss plot is so."""

import re

from tools.count_lines import README, code_lines, updated
from tools.course import ROOT, stored_picture

DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")]
RUNNING = ROOT / "docs" / "running.md"


def commands(path) -> set[str]:
    """The X of every `make X` in the code of a Markdown file."""
    code = re.findall(r"^```.*?^```|`[^`\n]+`", path.read_text(encoding="utf-8"),
                      flags=re.DOTALL | re.MULTILINE)
    return {x for part in code for x in re.findall(r"\bmake ([a-z]+)\b", part)}


def test_make_knows_what_is_named_and_all_it_knows_is_named():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {*re.findall(r"^([a-z]+):.*##", makefile, flags=re.MULTILINE)}
    assert commands(RUNNING) | {"all"} == targets          # `make` alone is `all`
    for path in DOCUMENTS:
        assert commands(path) <= targets, path.name


def test_modules_that_are_named_exist():
    for path in DOCUMENTS:
        for name in re.findall(r"-m ((?:tools|datasets)\.\w+)",
                               path.read_text(encoding="utf-8")):
            assert (ROOT / (name.replace(".", "/") + ".py")).exists(), f"{path}: {name}"


def test_the_counts_of_lines_are_up_to_date():
    readme = README.read_text(encoding="utf-8")
    assert updated(readme) == readme, "run python -m tools.count_lines"


def test_what_is_counted():
    cell = '''%matplotlib inline
# a comment
def f(x):
    """A docstring

    of three lines."""
    y = x      # counts

    return "# counts"
'''
    assert code_lines(cell) == 3


def test_the_readmes_picture_is_the_one_stored_in_08():
    shown = (ROOT / "docs" / "loss-plot.png").read_bytes()
    assert shown == stored_picture("08_training.ipynb", "plot-show"), "make update"
    assert "](docs/loss-plot.png)" in README.read_text(encoding="utf-8")
