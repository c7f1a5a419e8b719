"""The benchmark's arithmetic; its times are nobody's promise."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import bench  # noqa: E402


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
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    (tmp_path / "outputs").mkdir()
    bench.report([bench.row("training", "124M", who, m, "tokens/s", loss=10.9,
                            memory_gb=0.5, share_of_ceiling=0.6)
                  for who, m in {"transformers": (100.0, 1.0, 1.0, 1.0),
                                 "plain": (80.0, 0.8, 0.7, 0.9)}.items()])
    assert "0.80  (0.70 to 0.90)" in capsys.readouterr().out
    lines = (tmp_path / "outputs" / "bench.csv").read_text().splitlines()
    assert lines[0] == ",".join(bench.FIELDS)
    assert lines[2].startswith("training,124M,plain,80")
    assert (tmp_path / "outputs" / "bench.png").stat().st_size > 1000


@pytest.mark.parametrize("name", ["trainings", "worker"])
def test_an_unknown_part_is_named_with_those_there_are(name):
    done = subprocess.run([sys.executable, "tools/bench.py", name], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 2
    assert f"no part {name}: choose from training, generation" in done.stderr
