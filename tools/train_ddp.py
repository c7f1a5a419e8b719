"""One rank of a parallel training run. torchrun starts it, once for each process:

    torchrun --standalone --nproc-per-node 2 tools/train_ddp.py
    torchrun --standalone --nproc-per-node 8 tools/train_ddp.py --sharded

RUN, TEXT and STEPS choose the run, as for `make train`; it goes on from the last
checkpoint in its folder. With --max-restarts, set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1.
Nothing is defined here but how to get at notebooks/H_scaling_out.ipynb.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import torch
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def definitions() -> dict:
    """Everything that the course defines, by name: `%run` does it silently."""
    config = Config()
    config.HistoryManager.enabled = False          # ranks would share one history file
    os.chdir(NOTEBOOKS)
    shell = InteractiveShell.instance(config=config)
    shell.run_line_magic("run", "H_scaling_out.ipynb")
    if "train_parallel" not in shell.user_ns:
        sys.exit("H_scaling_out.ipynb could not be run: the reason is above")
    return shell.user_ns


def run_job(names: dict, name: str, args: str, folder: Path):
    """Call one of the definitions; keep what it returns in a file of this rank's."""
    result = names[name](*json.loads(args))
    torch.save(result, folder / f"{os.environ['RANK']}.pt")


def train(names: dict, folder: Path | None, how: str):
    """The run that RUN, TEXT and STEPS choose, its checkpoint in `folder`."""
    profile = names["choose_profile"](names["RUN"], names["TEXT"], names["STEPS"])
    folder = folder or names["OUTPUTS"] / "parallel"
    folder.mkdir(parents=True, exist_ok=True)
    ranks, clock = int(os.environ["WORLD_SIZE"]), [0, 0.0]     # step and time of a look

    def report(run):
        """One line from rank 0: losses, and what all ranks together have done."""
        now, row = time.perf_counter(), run.history[-1]
        tokens = (run.step - clock[0]) * profile.batch_size * profile.accumulate \
            * profile.window
        rate = f"{tokens / (now - clock[1]):,.0f} tokens/s" if clock[1] else ""
        clock[:] = run.step, now
        if os.environ["RANK"] == "0":
            print(f"step {run.step:6,}  training {row['train_loss']:.3f}  validation "
                  f"{row['val_loss']:.3f}  {rate}", flush=True)

    run = names["train_parallel"](profile, names["load_data"](profile),
                                  folder / "model.pt", how, watch=report)
    held = sum(names["held_bytes"](run.model, run.optimizer).values())
    memory = f"{held / 1e6:,.1f} MB of weights, gradients and AdamW's averages"
    if torch.cuda.is_available():
        memory += f", peak {torch.cuda.max_memory_allocated() / 1e9:.1f} GB"
    print(f"rank {os.environ['RANK']} of {ranks}, {how}: {memory}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sharded", action="store_true",
                        help="cut weights, gradients and averages over the ranks")
    parser.add_argument("--folder", type=Path, help="of the checkpoint (default: "
                        "outputs/parallel)")
    parser.add_argument("--job", nargs=2, metavar=("NAME", "JSON"), help="call this "
                        "function with a list of arguments, instead of training")
    args = parser.parse_args()
    folder = args.folder and args.folder.resolve()
    names = definitions()
    names["start"]()
    if args.job:
        run_job(names, *args.job, folder)
    else:
        train(names, folder, "sharded" if args.sharded else "ddp")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
