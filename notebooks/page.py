"""What every page needs and none teaches: `%%verbose`, figures, expected errors.

Notebook 01 imports this module, all others get it from there. It holds no model, loss,
training or decoding code.
"""

import os
import sys
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
from IPython import get_ipython
from IPython.display import Image, display

ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT, ROOT / "datasets"):            # plain modules, and the exercises
    if str(folder) not in sys.path:
        sys.path.append(str(folder))

from exercises import check  # noqa: E402, F401
from tools.files import replace_file  # noqa: E402, F401

plt.rcParams.update({
    "figure.figsize": (6.4, 3.2), "figure.dpi": 110, "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.3,
    "axes.prop_cycle": plt.cycler(                  # Okabe & Ito: colour-blind safe
        color=["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"])})


def verbose(lines: list[str]) -> list[str]:
    """A cell's lines without `%%verbose`; none at all while another page %runs it."""
    if not lines or not lines[0].startswith("%%verbose"):
        return lines
    return [] if "__file__" in get_ipython().user_ns else ["\n", *lines[1:]]


def register_verbose():
    """Let this shell understand cells that begin with `%%verbose`."""
    transformers = get_ipython().input_transformers_cleanup
    if verbose not in transformers:
        transformers.append(verbose)


if get_ipython():
    register_verbose()


def show(fig, caption: str):
    """Display a figure with its caption as alternative text, and print the caption."""
    png = BytesIO()
    fig.savefig(png, bbox_inches="tight", metadata={"Software": None})
    plt.close(fig)
    display(Image(png.getvalue(), alt=caption))
    print(caption)


@contextmanager
def expect(error: type[Exception]):
    """Run a block that must raise `error`, and print the message."""
    try:
        yield
    except error as e:
        print(f"{type(e).__name__}: {e}")
    else:
        raise AssertionError(f"no {error.__name__} was raised")


def progress(text: str):
    """Overwrite one line for a person who waits; silent in CI and in stored pages."""
    if "JPY_SESSION_NAME" in os.environ or "PROGRESS" in os.environ:
        print(f"\r{text:70}", end="", file=sys.stderr, flush=True)
