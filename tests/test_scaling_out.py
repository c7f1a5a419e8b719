"""tools/train_ddp.py as a person starts it: what elective H cannot show on its page."""

import os
import subprocess
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
OFFLINE = {"DEVICE": "cpu", "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg",
           "RES_OPTIONS": "timeout:1 attempts:1",
           "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}


def torchrun(*arguments, restarts=0, **variables):
    """Run it in two processes; returns (exit status, everything that was said)."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone",
               "--local-addr=127.0.0.1", "--nproc-per-node=2",
               f"--max-restarts={restarts}", ROOT / "tools/train_ddp.py", *arguments]
    process = subprocess.Popen(command, env=os.environ | OFFLINE | variables, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        said, _ = process.communicate(timeout=600)
    finally:
        if process.poll() is None:
            process.terminate()                        # torchrun then ends its ranks
            process.wait(30)
    return process.returncode, said


def test_replicas_go_on_as_shards(tmp_path):
    """The same checkpoint serves both, and says how far it has come."""
    for steps, options in ((2, []), (4, ["--sharded"])):
        status, said = torchrun("--folder", tmp_path, *options, RUN="story",
                                STEPS=str(steps))
        assert status == 0, said
        assert f"step {steps:6}" in said and "rank 1 of 2" in said
        state = torch.load(tmp_path / "model.pt", weights_only=True)
        assert state["step"] == state["optimizer"]["t"] == steps
        assert all(type(t) is torch.Tensor for t in state["model"].values())
    assert [row["step"] for row in state["history"]] == [2, 4]


def test_a_killed_replica_is_restarted_and_changes_nothing(tmp_path):
    status, said = torchrun("--job", "interrupted", f'["{tmp_path.as_posix()}", "ddp"]',
                            "--folder", tmp_path, restarts=1)
    assert status == 0, said
    for rank in range(2):
        found = torch.load(tmp_path / f"{rank}.pt")
        assert found["lives"] == 2 and found["killed"]["began"] == 8
        assert torch.equal(found["calm"]["weights"], found["killed"]["weights"])


def test_restarts_without_their_setting_are_refused(tmp_path):
    status, said = torchrun("--folder", tmp_path, restarts=1,
                            TORCH_DISABLE_SHARE_RDZV_TCP_STORE="0")
    assert status != 0 and "set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1" in said
