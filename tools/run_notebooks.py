"""Execute notebooks in order, headless, and say how long each took.

    python -m tools.run_notebooks                    all, into outputs/notebooks
    python -m tools.run_notebooks --inplace          store outputs in notebooks/
    python -m tools.run_notebooks 08_training.ipynb  only these
"""

import argparse
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tools.course import NOTEBOOKS, PAGES, ROOT
from tools.files import replace_file

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class Client(NotebookClient):
    """A NotebookClient that lets a kernel's progress line reach the terminal."""

    def process_message(self, msg, cell, cell_index):
        """Print what a cell writes to the error stream, and go on as usual."""
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
                    coalesce_streams=True,     # or timing decides where text is cut
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
    with replace_file(target, "w") as file:
        nbformat.write(nb, file)
    return time.perf_counter() - start


def chosen() -> tuple[list[Path], Path]:
    """The notebooks that the command line names, and the folder for the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="notebooks (default: all, in order)")
    parser.add_argument("--inplace", action="store_true",
                        help="store outputs in notebooks/ instead of outputs/notebooks")
    args = parser.parse_args()
    pages = [NOTEBOOKS / Path(name).name for name in args.names] or PAGES
    for page in pages:
        if not page.exists():
            known = ", ".join(p.name for p in PAGES)
            sys.exit(f"no notebook {page.name} in notebooks/: choose from {known}")
    return pages, NOTEBOOKS if args.inplace else ROOT / "outputs" / "notebooks"


def main():
    """Execute the notebooks that are named; exit status 1 if a cell fails."""
    pages, folder = chosen()
    if sys.stderr.isatty():
        os.environ["PROGRESS"] = "1"           # read by the pages: a person is watching
    for page in pages:
        print(f"{page.name:28}", end="", flush=True)
        try:
            print(f"{execute(page, folder / page.name):7.1f} s", flush=True)
        except CellExecutionError as error:
            sys.exit(f"failed\n{error}")
    print(f"executed notebooks: {os.path.relpath(folder)}")


if __name__ == "__main__":
    main()
