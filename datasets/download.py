"""Download data sets and released weights, which the course can do without.

    python -m datasets.download                # the small data sets
    python -m datasets.download tinystories    # by name; --list shows them all
    python -m datasets.download 124M           # GPT-2's weights, a folder for each size

All lands in datasets/downloads/, weights in weights/ there, or where WEIGHTS says.
The sum of each file is checked. An interrupted download resumes when you run the same
command again. Set DATA_MIRROR to a URL or a folder that holds files of the same names
to read them from there instead.
"""

import argparse
import hashlib
import os
import sys
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

FOLDER = Path(__file__).resolve().parent / "downloads"
WEIGHTS = FOLDER / "weights"
BLOCK = 1 << 16  # bytes read at once: what a time-out can lose
TIMEOUT = 30  # seconds without a byte
# ValueError: a URL that cannot be one. Every other OSError comes from the disk.
NETWORK = URLError, HTTPException, ConnectionError, TimeoutError, ValueError
RASBT = "https://raw.githubusercontent.com/rasbt/LLMs-from-scratch/main/"
STORIES = (    # at the revision that the sums below hold for
    "https://huggingface.co/datasets/roneneldan/TinyStories/resolve/"
    "f54c09fd23315a6f9c86f9dc80f725de7d8f9c64/TinyStories-train.txt")


class File(NamedTuple):
    """The first `size` bytes at `url`, or all of them, kept under the name `local`."""
    local: str
    url: str
    size: int | None
    sha256: str
    licence: str


FILES = {
    "the-verdict": File(
        "the-verdict.txt", RASBT + "ch02/01_main-chapter-code/the-verdict.txt", 20_479,
        "b41e41a68f0398a3154ae69e2e4c0e2694e17fe0d66730536837f1b01935b31f",
        "public domain"),
    "tinystories-sample": File(
        "tinystories_sample_2MiB.txt", STORIES, 2_097_152,
        "5352b299dcb1a32898b2d779b145b5a05f3e1265953fd21c264c9f9f9c9ae33d",
        "CDLA-Sharing-1.0"),
    "tinystories": File(
        "TinyStories-train.txt", STORIES, 1_924_281_556,
        "c5cf5e22ff13614e830afbe61a99fbcbe8bcb7dd72252b989fa1117a368d401f",
        "CDLA-Sharing-1.0"),
}
SMALL = ("the-verdict", "tinystories-sample")


def released(name, repository, revision, config, weights):
    """A released GPT-2 at Hugging Face; config, weights: bytes (or None) and sum."""
    url = f"https://huggingface.co/openai-community/{repository}/resolve/{revision}/"
    known = {"config.json": config, "model.safetensors": weights}
    return [File(f"{name}/{local}", url + local, size, sha256, "MIT")
            for local, (size, sha256) in known.items()]


def openai(local, size, sha256):
    """One of OpenAI's own files of the 124M model."""
    url = f"https://openaipublic.blob.core.windows.net/gpt-2/models/124M/{local}"
    return File(f"124M-openai/{local}", url, size, sha256, "MIT")


MODELS = {                             # name -> the files of a folder of weights
    "124M": released(
        "124M", "gpt2", "607a30d783dfa663caf39e06633721c8d4cfcd7e",
        (665, "0daed7749b4f02b8f76240d5444551d7b08712dab4d0adb8239c56ba823bb7b4"),
        (548_105_171,
         "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707")),
    "355M": released(
        "355M", "gpt2-medium", "6dcaa7a952f72f9298047fd5137cd6e4f05f41da",
        (718, "ef1a44d889ad1a0acc7731c78134f1b87d2d222f110e97dd10fd4117331caf22"),
        (1_519_984_962,
         "fc5a354a19255ad494f3d71549390baca1ccf61d1d822b9408971705c687c9cd")),
    "774M": released(
        "774M", "gpt2-large", "32b71b12589c2f8d625668d2335a01cac3249519",
        (666, "7fccdcfd6622055342a734c663ee0b61ff4fd697f42467595df0bf4448c8c170"),
        (None, "5f47f3e12f91cd33b662ce7e433b6150ad5512b5884a2cee961b50e9c3bbebce")),
    "1558M": released(
        "1558M", "gpt2-xl", "15ea56dee5df4983c59b2538573817e1667135e2",
        (689, "be48115d52314bc27327e160bf10197760db02ea689d10adb24db4102edf7a8a"),
        (None, "0f8b28eb05a8075f48b61b6f35332978c74fc7763fa9fb4051a1c30511736a6a")),
    "124M-openai": [
        openai("hparams.json", 90,
               "d9d56e4121c427164e0c55c6f03c08e1daf9002b9b672825112d19097b680318"),
        openai("model.ckpt.index", 5215,
               "71916f763f9746f9b2a06b12d91996cf1084ae008d0424543d39391c5f2dc687"),
        openai("model.ckpt.data-00000-of-00001", 497_759_232,
               "2060c885360cc0cf41d7a6dbc4d24b5127aae20260c8b5ae521b5a6578407118")],
}


class DownloadError(RuntimeError):
    """A file that could not be had: one line that says why, and what to do."""


def source(file):
    """URL to read file from: under $DATA_MIRROR, a URL or a folder, if that is set."""
    mirror = os.environ.get("DATA_MIRROR")
    if not mirror:
        return file.url
    if "://" not in mirror:
        mirror = Path(mirror).resolve().as_uri()
    return f"{mirror.rstrip('/')}/{file.local}"


def sha256(path):
    """SHA-256 of the file at path, in hex; raises OSError."""
    with open(path, "rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def bar(name, done, size):
    """Redraw a progress bar, done of size bytes, on a terminal; nothing elsewhere."""
    if sys.stderr.isatty():
        text = f"{done / 1e3:,.0f} of {size / 1e3:,.0f} kB"
        print(f"\r{name} [{'#' * (30 * done // size):<30}] {text}", end="",
              file=sys.stderr, flush=True)


def copy(reply, out, done, size, name):
    """Write reply to out, from byte done to size; ConnectionError if cut."""
    try:
        while done < size and (block := reply.read(min(BLOCK, size - done))):
            out.write(block)
            done += len(block)
            bar(name, done, size)
    finally:
        if sys.stderr.isatty():
            print(file=sys.stderr)
    if done < size:
        raise ConnectionError(f"cut after {done:,} of {size:,} bytes")
    out.flush()
    os.fsync(out.fileno())  # before the rename: a crash must not leave a hollow file


def transfer(file, part):
    """Append to part the bytes it lacks; raises NETWORK errors, OSError from disk."""
    done = part.stat().st_size if part.exists() else 0
    if file.size and done >= file.size:
        return  # its checksum decides
    wanted = {"Range": f"bytes={done}-{file.size - 1 if file.size else ''}"}
    with urlopen(Request(source(file), headers=wanted), timeout=TIMEOUT) as reply:
        if reply.status != 206:  # Range ignored: the reply begins at byte 0
            done = 0
        length = reply.headers["Content-Length"]
        size = file.size or done + int(length or 0)
        if length and done + int(length) < size:  # an error page, or a new version
            raise URLError(f"{done + int(length):,} bytes there, not {size:,}")
        with open(part, "ab" if done else "wb") as out:
            copy(reply, out, done, size, file.local)


def download(file, path):
    """Fill path.part, verify and rename it; raises as transfer, or DownloadError."""
    part = path.with_name(path.name + ".part")
    resumed = part.exists()
    try:
        transfer(file, part)
    except HTTPError as error:
        if not resumed or error.code != 416:  # 416: the source ends before the part
            raise
    found = sha256(part)
    if found == file.sha256:
        os.replace(part, path)
        return
    part.unlink()
    if resumed:  # the old part may be at fault: once more, from byte 0
        return download(file, path)
    raise DownloadError(f"{source(file)}: sha256 is {found}, expected {file.sha256}: "
                        f"deleted; put the file at {path} yourself or set DATA_MIRROR")


def fetch(name, folder=FOLDER):
    """Path of data set name in folder, downloaded if absent; raises DownloadError."""
    if name not in FILES:
        known = ", ".join([*FILES, *MODELS])
        raise DownloadError(f"{name}: unknown data set; known: {known}")
    return fetch_file(FILES[name], folder)


def fetch_model(name, folder=None):
    """Folder of the released weights called name, each file as fetch does."""
    folder = Path(folder or os.environ.get("WEIGHTS") or WEIGHTS)
    for file in MODELS[name]:
        path = fetch_file(file, folder)
    return path.parent


def fetch_file(file, folder):
    """Path of the file in folder, downloaded if absent; raises DownloadError."""
    path = Path(folder) / file.local
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            download(file, path)
        elif (found := sha256(path)) != file.sha256:  # yours: never overwritten
            raise DownloadError(f"{path}: sha256 is {found}, expected {file.sha256}: "
                                "move it away and run again")
    except NETWORK as error:
        why = error if isinstance(error, HTTPError) else getattr(error, "reason", error)
        raise DownloadError(f"{source(file)}: {why}: run again to resume, put the file "
                            f"at {path} yourself or set DATA_MIRROR") from error
    except OSError as error:
        room = f"{file.size:,}" if file.size else "enough"
        raise DownloadError(f"{path}: {error}: make sure of {room} free bytes and of "
                            "the right to write there, run again") from error
    return path


def show_list():
    """Print what can be fetched: names, sizes, licences and addresses."""
    for name, files in [*((n, [f]) for n, f in FILES.items()), *MODELS.items()]:
        for file in files:
            size = f"{file.size:,}" if file.size else "?"
            print(f"{name:<18} {size:>13} bytes  {file.licence:<16}  {file.url}")


def main():
    """Fetch what is named on the command line; exit status 1 on an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", default=SMALL,
                        help=f"any of {', '.join([*FILES, *MODELS])} "
                             f"(without: {', '.join(SMALL)})")
    parser.add_argument("--list", action="store_true", help="show the names and stop")
    args = parser.parse_args()
    if args.list:
        return show_list()
    try:
        for name in args.names:
            path = fetch_model(name) if name in MODELS else fetch(name)
            print(f"{name}: {path}, sha256 checked")
    except DownloadError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted: run the same command again to resume")


if __name__ == "__main__":
    main()
