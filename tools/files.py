"""Write a file all or nothing."""

import os
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replace_file(path, mode: str = "wb"):
    """Yield a file to write, "wb" or "w"; it takes the place of `path` at the end.

    Whoever reads `path` meanwhile, or after an error, finds the old file.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    text = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
    try:
        with part.open(mode, **text) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
