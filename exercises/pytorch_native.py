"""Exercises of elective A, PyTorch-native. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

import torch

from exercises.judge import exercise, randn


def lengths_inputs(rng, case):
    """Lengths: all equal; one alone; as many as the longest; else unequal ones."""
    if case < 3:
        n = rng.randint(2, 5)
        return ([n] * (1 if case == 1 else 3) if case < 2 else [n, *range(1, n)],)
    lengths = rng.sample(range(1, 8), rng.randint(2, 4))
    return (lengths + [max(max(lengths), 3)],)


def positions(lengths, longest=None):
    """A row of positions and a column of lengths."""
    return torch.arange(longest or max(lengths)), torch.tensor(lengths)[:, None]


@exercise("A.1", lengths_inputs, exact=("dtype", "shape"))
def padding_mask(lengths):
    t, n = positions(lengths)
    return t >= n


@padding_mask.mistake("True must stand where there is padding: yours marks the real "
                      "tokens")
def _(lengths):
    t, n = positions(lengths)
    return t < n


@padding_mask.mistake("one token too few is padding: position n of n tokens is padding "
                      "too")
def _(lengths):
    t, n = positions(lengths)
    return t > n


@padding_mask.mistake("one token too many is padding: the last real token stands at n "
                      "- 1")
def _(lengths):
    t, n = positions(lengths)
    return t >= n - 1


@padding_mask.mistake("a mask of 0 and 1 is not boolean: nn.MultiheadAttention would "
                      "add its numbers to the scores")
def _(lengths):
    return padding_mask(lengths).float()


@padding_mask.mistake("you padded on the left: here sequences are filled up on the "
                      "right")
def _(lengths):
    t, n = positions(lengths)
    return t < max(lengths) - n


@padding_mask.mistake("rows and columns are exchanged: one row for each sequence")
def _(lengths):
    t, n = positions(lengths)
    return (t >= n).T


@exercise("A.2", lengths_inputs, exact=("dtype", "shape"))
def may_look(lengths):
    t, n = positions(lengths)
    causal = t <= t[:, None]
    return (causal & (t < n)[:, None])[:, None]


@may_look.mistake("the kernel wants True where a query may look: yours is the other "
                  "way round")
def _(lengths):
    return ~may_look(lengths)


@may_look.mistake("a mask of 0 and 1 is not boolean: the kernel would add its numbers "
                  "to the scores")
def _(lengths):
    return may_look(lengths).float()


@may_look.mistake("the axis of the heads is missing: (B, T, T) would meet the heads "
                  "with its B, and where both are equal no error tells")
def _(lengths):
    return may_look(lengths)[:, 0]


@may_look.mistake("the future is open: join both conditions, padding and causal")
def _(lengths):
    t, n = positions(lengths)
    return (t < n)[:, None, None].expand(-1, 1, len(t), -1)


@may_look.mistake("the padding is not hidden: that is the causal mask alone")
def _(lengths):
    t, _ = positions(lengths)
    return (t <= t[:, None]).expand(len(lengths), 1, -1, -1)


@may_look.mistake("join the conditions with `and`: with `or` nearly everything may be "
                  "seen")
def _(lengths):
    t, n = positions(lengths)
    return ((t <= t[:, None]) | (t < n)[:, None])[:, None]


@may_look.mistake("you hid the rows of padding queries, and not the padding keys: such "
                  "a row may look at nothing at all")
def _(lengths):
    t, n = positions(lengths)
    return ((t <= t[:, None]) & (t < n)[..., None])[:, None]


def matrices_inputs(rng, case):
    """Three square matrices; also of one number each."""
    D = 1 if case == 0 else rng.randint(3, 6)
    return tuple(randn(rng, 3, D, D))


@exercise("A.3", matrices_inputs)
def pack(W_q, W_k, W_v):
    return torch.cat([W_q.T, W_k.T, W_v.T])


@pack.mistake("you stacked without transposing: PyTorch computes x @ weight.T")
def _(W_q, W_k, W_v):
    return torch.cat([W_q, W_k, W_v])


@pack.mistake("you put them side by side, as they are: transpose each, and stack them "
              "as rows")
def _(W_q, W_k, W_v):
    return torch.cat([W_q, W_k, W_v], dim=1)


@pack.mistake("transposed, but side by side: stack them as rows, (3 D, D)")
def _(W_q, W_k, W_v):
    return torch.cat([W_q.T, W_k.T, W_v.T], dim=1)


@pack.mistake("the order is query, key, value")
def _(W_q, W_k, W_v):
    return torch.cat([W_k.T, W_q.T, W_v.T])


@pack.mistake("the order is query, key, value; yours ends with the key")
def _(W_q, W_k, W_v):
    return torch.cat([W_q.T, W_v.T, W_k.T])
