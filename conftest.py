"""The environment of `make test`; nbval with tolerance; a line on what it skips."""

import os

import pytest
from nbval.plugin import IPyNbCell

from tools.course import PAGES
from tools.tolerance import Output, exempt_share

for name in ("RUN TEXT STEPS RESUME PRECISION MESSAGES INSTRUCTIONS START "
             "PROGRESS").split():
    os.environ.pop(name, None)              # the stored numbers are a plain course's,
os.environ["WEIGHTS"] = ""                  # of one without released weights,
os.environ.setdefault("DEVICE", "cpu")      # and a CPU's


def tolerant_sanitize(self, s, sanitize=IPyNbCell.sanitize):
    """What nbval compares: its own sanitized text, but equal within tolerance."""
    return Output(sanitize(self, s)) if isinstance(s, str) else s


# nbval has no hook for its comparison, which is a plain `!=` deep in a long method. All
# texts pass through `sanitize` just before; so what leaves it may know how to compare.
IPyNbCell.sanitize = tolerant_sanitize


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter):
    """Say how many cells are executed but not compared."""
    exempt, total = exempt_share(PAGES)
    terminalreporter.write_line(
        f"notebook cells with output: {total}, of which {exempt} "
        f"({exempt / total:.1%}) are executed but not compared")
