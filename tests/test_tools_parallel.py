"""tools/train_parallel.py as a person starts it: what elective H cannot show."""

from types import SimpleNamespace

import pytest
import torch

from tools import train_parallel
from tools.course import NOTEBOOKS, as_python, code_cells, definitions

PAGE = "H_scaling_out.ipynb"


@pytest.fixture(scope="module")
def page():
    """H's definitions, and its two cells that start processes from a page."""
    names = vars(definitions(PAGE))
    for cell in code_cells(NOTEBOOKS / PAGE):
        if cell.id in ("rank-settings", "torchrun"):
            exec(as_python(cell.source), names)
    return SimpleNamespace(**names)


def start(page, *arguments, restarts=0):
    """Two ranks; RuntimeError with the last that they said if one fails."""
    page.torchrun([*map(str, arguments)], 2, restarts, 600)


def test_replicas_go_on_as_shards(page, tmp_path, monkeypatch):
    """The same checkpoint serves both, and says how far it has come."""
    monkeypatch.setenv("RUN", "story")
    for steps, options in ((2, []), (4, ["--sharded"])):
        monkeypatch.setenv("STEPS", str(steps))
        start(page, "--folder", tmp_path, *options)
        state = torch.load(tmp_path / "model.pt", weights_only=True)
        assert state["step"] == state["optimizer"]["t"] == steps
        assert all(type(t) is torch.Tensor for t in state["model"].values())
    assert [row["step"] for row in state["history"]] == [2, 4]


def test_a_killed_replica_is_restarted_and_changes_nothing(page, tmp_path):
    start(page, "--job", "interrupted", f'["{tmp_path.as_posix()}", "ddp"]',
          "--folder", tmp_path, restarts=1)
    for rank in range(2):
        found = torch.load(tmp_path / f"{rank}.pt")
        assert found["lives"] == 2 and found["killed"]["began"] == 8
        assert torch.equal(found["calm"]["weights"], found["killed"]["weights"])


def test_restarts_without_their_setting_are_refused(page, tmp_path, monkeypatch):
    setting = "TORCH_DISABLE_SHARE_RDZV_TCP_STORE"
    monkeypatch.setitem(page.RANK_SETTINGS, setting, "0")
    with pytest.raises(RuntimeError, match=f"set {setting}=1"):
        start(page, "--folder", tmp_path, restarts=1)


def test_rank_0_reports_what_all_ranks_have_done(monkeypatch, capsys):
    run = SimpleNamespace(step=10, history=[{"train_loss": 2.0, "val_loss": 3.0}])
    times = iter([100.0, 102.0, 200.0])
    monkeypatch.setattr(train_parallel.time, "perf_counter", lambda: next(times))
    report = train_parallel.reporter(tokens_per_step=40)
    for rank, run.step in (("0", 10), ("0", 30), ("1", 50)):
        monkeypatch.setenv("RANK", rank)
        report(run)
    assert capsys.readouterr().out == (
        "step     10  training 2.000  validation 3.000  \n"
        "step     30  training 2.000  validation 3.000  400 tokens/s\n")
