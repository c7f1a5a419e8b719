"""Download the real data sets, which the course can do without, and check their sums.

    python datasets/download.py                # the small ones
    python datasets/download.py tinystories    # by name; --list shows them all

An interrupted download resumes when you run the same command again. Set DATA_MIRROR to
a URL or a folder that holds files of the same names to read them from there instead.
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
BLOCK = 1 << 16  # bytes read at once: what a time-out can lose
TIMEOUT = 30  # seconds without a byte
# ValueError: a URL that cannot be one. Every other OSError comes from the disk.
NETWORK = URLError, HTTPException, ConnectionError, TimeoutError, ValueError
RASBT = "https://raw.githubusercontent.com/rasbt/LLMs-from-scratch/main/"
# A revision, not a branch: the sums below hold for this one.
STORIES = ("https://huggingface.co/datasets/roneneldan/TinyStories/resolve/"
           "f54c09fd23315a6f9c86f9dc80f725de7d8f9c64/TinyStories-train.txt")


class File(NamedTuple):
    """The first `size` bytes at `url`, kept under the name `local`."""
    local: str
    url: str
    size: int
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


def copy(reply, out, done, file):
    """Write reply to out, from byte done to file.size; ConnectionError if cut."""
    try:
        while done < file.size and (block := reply.read(min(BLOCK, file.size - done))):
            out.write(block)
            done += len(block)
            bar(file.local, done, file.size)
    finally:
        if sys.stderr.isatty():
            print(file=sys.stderr)
    if done < file.size:
        raise ConnectionError(f"cut after {done:,} of {file.size:,} bytes")
    out.flush()
    os.fsync(out.fileno())  # before the rename: a crash must not leave a hollow file


def transfer(file, part):
    """Append to part the bytes it lacks; raises NETWORK errors, OSError from disk."""
    done = part.stat().st_size if part.exists() else 0
    if done >= file.size:
        return  # its checksum decides
    wanted = {"Range": f"bytes={done}-{file.size - 1}"}
    with urlopen(Request(source(file), headers=wanted), timeout=TIMEOUT) as reply:
        if reply.status != 206:  # Range ignored: the reply begins at byte 0
            done = 0
        length = reply.headers["Content-Length"]
        if length and done + int(length) < file.size:  # an error page, or a new version
            raise URLError(f"{done + int(length):,} bytes there, not {file.size:,}")
        with open(part, "ab" if done else "wb") as out:
            copy(reply, out, done, file)


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
        raise DownloadError(f"{name}: unknown data set; known: {', '.join(FILES)}")
    file, path = FILES[name], Path(folder) / FILES[name].local
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
        raise DownloadError(f"{path}: {error}: make sure of {file.size:,} free bytes "
                            "and of the right to write there, run again") from error
    return path


def main():
    """Fetch the data sets named on the command line; exit status 1 on an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", default=SMALL,
                        help=f"any of {', '.join(FILES)} (without: {', '.join(SMALL)})")
    parser.add_argument("--list", action="store_true", help="show the names and stop")
    args = parser.parse_args()
    if args.list:
        for name, file in FILES.items():
            print(f"{name:<18} {file.size:>13,} bytes  {file.licence:<16}  {file.url}")
        return
    try:
        for name in args.names:
            print(f"{name}: {fetch(name)}, sha256 checked")
    except DownloadError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted: run the same command again to resume")


if __name__ == "__main__":
    main()
