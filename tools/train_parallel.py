"""One rank of a parallel training run. torchrun starts it, once for each process:

    torchrun --standalone --nproc-per-node 2 -m tools.train_parallel
    torchrun --standalone --nproc-per-node 8 -m tools.train_parallel --sharded

RUN, TEXT and STEPS choose the run, as for `make train`; it goes on from the last
checkpoint in its folder. With --max-restarts, set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1.
What is trained, and how, is defined in notebooks/H_scaling_out.ipynb.
"""

import argparse
import json
import os
import time
from pathlib import Path

import torch

from tools.course import definitions


def run_job(c, name: str, args: str, folder: Path):
    """Call one of the definitions; keep what it returns in a file of this rank's."""
    result = getattr(c, name)(*json.loads(args))
    torch.save(result, folder / f"{os.environ['RANK']}.pt")


def reporter(tokens_per_step: int):
    """A callback: one line from rank 0, with the rate of all ranks together."""
    last = {"step": 0, "time": 0.0}

    def report(run):
        now, row, rate = time.perf_counter(), run.history[-1], ""
        if last["time"]:
            tokens = (run.step - last["step"]) * tokens_per_step
            rate = f"{tokens / (now - last['time']):,.0f} tokens/s"
        last.update(step=run.step, time=now)
        if os.environ["RANK"] == "0":
            print(f"step {run.step:6,}  training {row['train_loss']:.3f}  validation "
                  f"{row['val_loss']:.3f}  {rate}", flush=True)
    return report


def train(c, folder: Path | None, strategy: str):
    """The run that RUN, TEXT and STEPS choose, its checkpoint in `folder`."""
    profile = c.choose_profile(c.RUN, c.TEXT, c.STEPS)
    folder = folder or c.OUTPUTS / "parallel"
    folder.mkdir(parents=True, exist_ok=True)
    tokens = profile.batch_size * profile.accumulate * profile.window
    run = c.train_parallel(profile, c.load_data(profile), folder / "model.pt", strategy,
                           callback=reporter(tokens))
    held = sum(c.held_bytes(run.model, run.optimizer).values())
    memory = f"{held / 1e6:,.1f} MB of weights, gradients and AdamW's averages"
    if torch.cuda.is_available():
        memory += f", peak {torch.cuda.max_memory_allocated() / 1e9:.1f} GB"
    print(f"rank {os.environ['RANK']} of {os.environ['WORLD_SIZE']}, {strategy}: "
          f"{memory}", flush=True)


def main():
    """Join the other ranks, then train, or call what --job names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sharded", action="store_true",
                        help="cut weights, gradients and averages over the ranks")
    parser.add_argument("--folder", type=Path, help="of the checkpoint (default: "
                        "outputs/parallel)")
    parser.add_argument("--job", nargs=2, metavar=("NAME", "JSON"), help="call this "
                        "function with a list of arguments, instead of training")
    args = parser.parse_args()
    folder = args.folder and args.folder.resolve()
    c = definitions("H_scaling_out.ipynb")
    c.start()
    if args.job:
        run_job(c, *args.job, folder)
    else:
        train(c, folder, "sharded" if args.sharded else "ddp")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
