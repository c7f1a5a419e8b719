"""Execute notebooks in order, headless, and say how long each took.

    python tools/run_notebooks.py                    the chain, into outputs/notebooks
    python tools/run_notebooks.py --inplace          store outputs in notebooks/
    python tools/run_notebooks.py 08_training.ipynb  only these
"""

import argparse
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class Client(NotebookClient):
    """A NotebookClient that lets a kernel's progress line reach the terminal."""

    def process_message(self, msg, cell, cell_index):
        content = msg["content"]
        if msg["msg_type"] == "stream" and content["name"] == "stderr":
            print(content["text"], end="", file=sys.stderr, flush=True)
        return super().process_message(msg, cell, cell_index)


def execute(source: Path, target: Path) -> float:
    """Run `source` in its folder and write it to `target`; returns seconds."""
    nb = nbformat.read(source, as_version=4)
    failed = ROOT / "outputs" / f"failed-{source.name}"
    start = time.perf_counter()
    client = Client(nb, timeout=None, record_timing=False, kernel_name="python3",
                    extra_arguments=["--log-level=40"],     # errors only
                    resources={"metadata": {"path": str(source.parent)}})
    try:
        client.execute()
    except CellExecutionError:
        nbformat.write(nb, failed)             # the source keeps its good outputs
        raise
    failed.unlink(missing_ok=True)
    nb.metadata = nbformat.from_dict(METADATA)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    nbformat.write(nb, part)
    os.replace(part, target)
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="notebooks (default: all, in order)")
    parser.add_argument("--inplace", action="store_true",
                        help="store outputs in notebooks/ instead of outputs/notebooks")
    args = parser.parse_args()
    names = args.names or sorted(p.name for p in NOTEBOOKS.glob("[0-9A-Z]*_*.ipynb"))
    folder = NOTEBOOKS if args.inplace else ROOT / "outputs" / "notebooks"
    if sys.stderr.isatty():
        os.environ["PROGRESS"] = "1"       # read by notebook 08: a person is watching
    for name in names:
        source = NOTEBOOKS / Path(name).name
        if not source.exists():
            known = ", ".join(sorted(p.name for p in NOTEBOOKS.glob("*.ipynb")))
            sys.exit(f"no notebook {source.name} in notebooks/: choose from {known}")
        print(f"{source.name:28}", end="", flush=True)
        try:
            print(f"{execute(source, folder / source.name):7.1f} s", flush=True)
        except CellExecutionError as error:
            sys.exit(f"failed\n{error}")
    print(f"executed notebooks: {os.path.relpath(folder)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
