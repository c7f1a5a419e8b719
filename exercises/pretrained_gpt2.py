"""Exercises of elective B, the released weights. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

import hashlib

from exercises.judge import exercise, randn

REPLIES = "rest", "whole", "rest, damaged part", "whole, damaged"


def conv1d_inputs(rng, case):
    n_in = rng.randint(3, 7)
    return (randn(rng, n_in, n_in + rng.randint(1, 4) * (case % 2)),)


@exercise("B.1", conv1d_inputs)
def linear_weight(w):
    return w.T


@linear_weight.mistake("Conv1D stores (in, out), nn.Linear (out, in): yours is not "
                       "transposed, and where it is square no shape will tell")
def _(w):
    return w


@linear_weight.mistake("you transposed only where the shape would complain: a square "
                       "matrix lies on its side as well")
def _(w):
    return w if w.shape[0] == w.shape[1] else w.T


@linear_weight.mistake("reshape keeps the numbers in their order in memory: the shape "
                       "is right, the matrix is another; transpose it")
def _(w):
    return w.reshape(w.shape[1], w.shape[0])


@linear_weight.mistake("you turned the matrix by a quarter: rows become columns, but "
                       "none changes its direction")
def _(w):
    return w.rot90()


def head_inputs(rng, case):
    """A Conv1D matrix, H and h; also the first head, the last, and the only one."""
    H, d = 1 if case == 2 else rng.randint(3, 5), rng.randint(2, 4)
    h = {0: 0, 1: H - 1}.get(case, rng.randint(0, H - 1))
    return randn(rng, H * d, 3 * H * d), H, h


def columns(w, start, size):
    """Those columns of a Conv1D matrix as nn.Linear holds them."""
    return w[:, start: start + size].T


@exercise("B.2", head_inputs)
def key_of_head(w, H, h):
    D = len(w)
    return columns(w, D + h * D // H, D // H)


@key_of_head.mistake("that is the head's query: the thirds are query, key, value")
def _(w, H, h):
    D = len(w)
    return columns(w, h * D // H, D // H)


@key_of_head.mistake("that is the head's value: the thirds are query, key, value")
def _(w, H, h):
    D = len(w)
    return columns(w, 2 * D + h * D // H, D // H)


@key_of_head.mistake("you cut heads first and thirds second: here all queries come "
                     "first, for every head, then all keys")
def _(w, H, h):
    d = len(w) // H
    return columns(w, 3 * h * d + d, d)


@key_of_head.mistake("the features of a head lie side by side; you took every H-th "
                     "column")
def _(w, H, h):
    D = len(w)
    return w[:, D: 2 * D][:, h::H].T


@key_of_head.mistake("heads are counted from 0")
def _(w, H, h):
    return key_of_head(w, H, (h - 1) % H)


@key_of_head.mistake("you cut rows, which are inputs; a head is a group of outputs, "
                     "and those are columns in Conv1D")
def _(w, H, h):
    D = len(w)
    return w[h * D // H: (h + 1) * D // H, D: 2 * D]


@key_of_head.mistake("the right columns, but as Conv1D holds them: nn.Linear wants "
                     "(out, in)")
def _(w, H, h):
    return key_of_head(w, H, h).T


def sizes_inputs(rng, case):
    """Sizes and a limit: reached and not exceeded; 0; else any, a huge size first."""
    sizes = [rng.randint(5, 15) for _ in range(rng.randint(12, 18))]
    if case < 3:
        return sizes[:3], sum(sizes[:2])
    if case == 3:
        return sizes[:case], 0
    first = sum(sizes) + 100 if case % 2 else rng.randint(20, 30)
    return [first, *sizes], rng.randint(45, 60)


@exercise("B.3", sizes_inputs)
def peak_memory(sizes, at_once):
    copied = held = peak = 0
    for size in sizes:
        if held > at_once:
            held = 0
        copied, held = copied + size, held + size
        peak = max(peak, copied + held)
    return peak


@peak_memory.mistake("you counted only the model: the pages of the file that were read "
                     "are in memory too, until the map is closed")
def _(sizes, at_once):
    return sum(sizes)


@peak_memory.mistake("you never closed the map: that is the whole file beside the "
                     "whole model")
def _(sizes, at_once):
    return 2 * sum(sizes)


@peak_memory.mistake("you closed the map after every tensor; it stays open until more "
                     "than at_once has been read")
def _(sizes, at_once):
    return max(sum(sizes[:i + 1]) + size for i, size in enumerate(sizes))


@peak_memory.mistake("you gave the state at the end; the worst moment may come earlier")
def _(sizes, at_once):
    held = 0
    for size in sizes:
        held = (0 if held > at_once else held) + size
    return sum(sizes) + held


@peak_memory.mistake("the map is closed when *more* than at_once was read before this "
                     "tensor; you closed it when this tensor would exceed that")
def _(sizes, at_once):
    copied = held = peak = 0
    for size in sizes:
        held = size if held + size > at_once else held + size
        copied += size
        peak = max(peak, copied + held)
    return peak


def reply_inputs(rng, case):
    data = rng.randbytes(rng.randint(60, 90))
    cut, kind = rng.randint(10, 50), REPLIES[case % 4]
    cut = {4: 0, 5: len(data)}.get(case, cut)             # nothing on disk, or all
    part, body = data[:cut], data if kind.startswith("whole") else data[cut:]
    if kind == "rest, damaged part":
        part = bytes([part[0] ^ 1]) + part[1:]
    if kind == "whole, damaged":
        body = body[:-1] + bytes([body[-1] ^ 1])
    status = 200 if kind.startswith("whole") else 206
    return part, status, body, hashlib.sha256(data).hexdigest()


def verified(data, sha256):
    """The data if its sum is right, else None."""
    return data if hashlib.sha256(data).hexdigest() == sha256 else None


@exercise("B.4", reply_inputs)
def resume(part, status, body, sha256):
    return verified(part + body if status == 206 else body, sha256)


@resume.mistake("you appended in any case: with status 200 the server ignored the "
                "range, and its reply begins at byte 0")
def _(part, status, body, sha256):
    return verified(part + body, sha256)


@resume.mistake("you dropped the part in any case: with status 206 the reply is only "
                "the rest")
def _(part, status, body, sha256):
    return verified(body, sha256)


@resume.mistake("you joined them rightly and never looked at the sum: a damaged file "
                "passes")
def _(part, status, body, sha256):
    return part + body if status == 206 else body


@resume.mistake("the statuses are exchanged: 206 is *Partial Content*, 200 is all of "
                "it")
def _(part, status, body, sha256):
    return verified(part + body if status == 200 else body, sha256)
