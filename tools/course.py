"""The course as tools and tests see it: where its pages are, and what they define."""

import re
import sys
from base64 import b64decode
from contextlib import chdir
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
PAGES = sorted(NOTEBOOKS.glob("[0-9A-Z]*_*.ipynb"))
CHAIN = [page for page in PAGES if page.name[0].isdigit()]


def code_cells(page: Path) -> list:
    """The code cells of a notebook, empty ones left out."""
    return [cell for cell in nbformat.read(page, as_version=4).cells
            if cell.cell_type == "code" and cell.source.strip()]


def stored_picture(page: str, cell_id: str) -> bytes:
    """The PNG that a cell of a notebook has stored."""
    (data,) = [output.data["image/png"] for cell in code_cells(NOTEBOOKS / page)
               for output in cell.outputs
               if cell.id == cell_id and "image/png" in output.get("data", {})]
    return b64decode(data)


def as_python(source: str) -> str:
    """A cell's source without its magics; every line keeps its number."""
    return re.sub(r"^[%!].*", "", source, flags=re.MULTILINE)


def definitions(page: str) -> SimpleNamespace:
    """All names that `%run page` leaves behind, from a fresh shell each time.

    Nothing else stays: not the folder, the path, `__main__`, nor the random state.
    RuntimeError if a cell fails. Not for use inside a notebook: it ends that shell.
    """
    import torch  # here: who only asks for ROOT need not wait

    main = sys.modules["__main__"]
    InteractiveShell.clear_instance()
    sys.modules.pop("page", None)        # it serves the shell that it was imported in
    try:
        with (chdir(NOTEBOOKS), torch.random.fork_rng(devices=[]),
              patch.object(sys, "path", [str(NOTEBOOKS), *sys.path])):
            quiet = Config({"HistoryManager": {"enabled": False}})
            shell = InteractiveShell.instance(config=quiet)
            shell.run_line_magic("run", page)
    except Exception as error:
        raise RuntimeError(f"{page} could not be run: {error!r}") from error
    finally:
        sys.modules["__main__"] = main
        InteractiveShell.clear_instance()
    return SimpleNamespace(**shell.user_ns)
