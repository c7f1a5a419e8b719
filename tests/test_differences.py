"""The page on numbers that differ: its rule is the one in use, its code runs."""

import re

import pytest
import torch

from tools.course import CHAIN, ROOT
from tools.tolerance import LAST_DIGIT, RTOL, exempt_share, same_output

PAGE = (ROOT / "docs" / "when-your-numbers-differ.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(.+)` \| `(.+)` \| (passes|fails)\b", PAGE, re.MULTILINE)


def test_it_states_the_tolerance():
    assert RTOL == 1e-3 and "one part in a thousand" in PAGE
    assert LAST_DIGIT == 0.025 and "at most 2.5 % of" in PAGE
    assert {verdict for *_, verdict in ROWS} == {"passes", "fails"}


@pytest.mark.parametrize("stored, fresh, verdict", ROWS)
def test_its_examples(stored, fresh, verdict):
    assert same_output(stored, fresh) == (verdict == "passes")


def test_it_names_the_cells_not_compared():
    assert exempt_share(CHAIN)[0] == 3 and "Three cells of notebook 08" in PAGE


@pytest.mark.parametrize("block", re.findall(r"^```python\n(.*?)^```", PAGE,
                                             re.DOTALL | re.MULTILINE))
def test_its_code_runs(block, capsys):
    threads = torch.get_num_threads()
    try:
        with torch.random.fork_rng(devices=[]):
            exec(block, {})
    finally:
        torch.set_num_threads(threads)
    assert capsys.readouterr().out
