"""The benchmark's arithmetic and the names it takes; its times are nobody's promise."""

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import bench
from tools.course import ROOT, definitions

PAGES = {"speed": "G_speed.ipynb", "decoding": "C_decoding.ipynb"}


def names_of(variable: str) -> set[str]:
    """The attributes of a variable that the benchmark reads."""
    tree = ast.parse(Path(bench.__file__).read_text(encoding="utf-8"))
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name) and node.value.id == variable}


@pytest.mark.parametrize("variable", PAGES)
def test_every_name_is_defined_on_its_page(variable):
    """`c` is either page's definitions."""
    names = names_of(variable) | names_of("c")
    assert len(names) > 5 and names <= {*vars(definitions(PAGES[variable]))}


def test_ratios_are_taken_within_a_round():
    """A busy moment that halves everybody's rate in one round changes no ratio."""
    rates = {"theirs": [100.0, 50.0, 100.0], "ours": [200.0, 100.0, 210.0]}
    measured = bench.compare(rates, "theirs")
    assert measured["theirs"] == (100.0, 1.0, 1.0, 1.0)
    assert measured["ours"] == (200.0, 2.0, 2.0, 2.1)


def test_turns_are_interleaved_and_the_first_does_not_count():
    calls = []
    jobs = {name: lambda name=name: (calls.append(name), time.sleep(0.01))
            for name in ("a", "b")}
    rates = bench.take_turns(jobs, work=1, rounds=2)
    assert calls == ["a", "b"] * 3
    assert [len(values) for values in rates.values()] == [2, 2]
    assert all(0 < rate <= 100 for values in rates.values() for rate in values)


def test_the_table_is_written_as_numbers(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "OUTPUTS", tmp_path)
    rows = bench.rows_of("training", "124M", "tokens/s", {
        "transformers": (100.0, 1.0, 1.0, 1.0), "plain": (80.0, 0.8, 0.7, 0.9)})
    bench.report([row | {"loss": 10.9, "memory_gb": 0.5, "share_of_ceiling": 0.6}
                  for row in rows])
    assert "0.80  (0.70 to 0.90)" in capsys.readouterr().out
    lines = (tmp_path / "bench.csv").read_text().splitlines()
    assert lines[0] == ",".join(bench.COLUMNS)
    assert lines[2].startswith("training,124M,plain,80")
    assert (tmp_path / "bench.png").stat().st_size > 1000


@pytest.mark.parametrize("name", ["trainings", "worker"])
def test_an_unknown_part_is_named_with_those_there_are(name):
    done = subprocess.run([sys.executable, "-m", "tools.bench", name], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 2
    assert f"no part {name}: choose from training, generation" in done.stderr
