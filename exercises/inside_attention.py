"""Exercises of elective F, inside attention. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

import torch

from exercises.judge import exercise, randn


def ids_inputs(rng, case):
    """Ids of which one occurs three times, and one twice in a row; also all different,
    all equal, and one alone."""
    if case < 3:
        return (([*range(5)], [3] * 5, [3])[case],)
    ids = [rng.randrange(4) for _ in range(rng.randint(6, 9))] + [7, 7]
    again = [5, rng.randrange(4)]
    return (again + ids + [5, rng.randrange(4)] + [rng.randrange(4), 5],)


def mask(ids, wanted):
    """(T, T) from a rule for row i and column j."""
    T = range(len(ids))
    return torch.tensor([[bool(wanted(i, j)) for j in T] for i in T])


@exercise("F.1", ids_inputs, exact=("dtype",))
def induction_targets(ids):
    return mask(ids, lambda i, j: 0 < j <= i and ids[j - 1] == ids[i])


@induction_targets.mistake("these are the earlier copies themselves, the same-token "
                           "role: induction looks one further")
def _(ids):
    return mask(ids, lambda i, j: j < i and ids[j] == ids[i])


@induction_targets.mistake("these are the tokens before the earlier copies: what came "
                           "after them is wanted")
def _(ids):
    return mask(ids, lambda i, j: j + 1 < i and ids[j + 1] == ids[i])


@induction_targets.mistake("you let the token count as its own earlier copy: then the "
                           "one after it is a target, and that is the future")
def _(ids):
    return mask(ids, lambda i, j: 0 < j <= i + 1 and ids[j - 1] == ids[i])


@induction_targets.mistake("you did not keep out the future: copies behind the row are "
                           "no earlier copies")
def _(ids):
    return mask(ids, lambda i, j: j > 0 and j - 1 != i and ids[j - 1] == ids[i])


@induction_targets.mistake("only the latest copy has a target here: each earlier one "
                           "has")
def _(ids):
    right = induction_targets(ids)
    after = right.flip(1).cumsum(1).flip(1)             # targets from here to the right
    return right & (after == 1)


@induction_targets.mistake("only the first copy has a target here: each earlier one "
                           "has")
def _(ids):
    right = induction_targets(ids)
    return right & (right.cumsum(1) == 1)


@induction_targets.mistake("rows and columns are exchanged: a row is who looks")
def _(ids):
    return induction_targets(ids).T


@induction_targets.mistake("a token that comes twice in a row is after its own earlier "
                           "copy: j = i is allowed")
def _(ids):
    return mask(ids, lambda i, j: 0 < j < i and ids[j - 1] == ids[i])


def out_inputs(rng, case):
    """Heads (B, H, T, d) and h; also one text, one token, one head; the last head."""
    B, H, T = rng.randint(2, 3), rng.randint(2, 4), rng.randint(4, 6)
    B, H, T = {0: (1, H, T), 1: (B, H, 1), 2: (B, 1, T)}.get(case, (B, H, T))
    h = H - 1 if case == 3 else rng.randrange(H)
    return 1 + randn(rng, B, H, T, rng.choice([2, 3])), h


def replaced(out, h, value):
    """The same, with head h replaced by something that broadcasts to (B, T, d)."""
    out = out.clone()
    out[:, h] = value
    return out


@exercise("F.2", out_inputs, exact=("inputs",))
def mean_ablated(out, h):
    return replaced(out, h, out[:, h].mean((0, 1)))


@mean_ablated.mistake("these are zeros: they also take away what the head says "
                      "everywhere")
def _(out, h):
    return replaced(out, h, 0.0)


@mean_ablated.mistake("you wrote into `out`, which others still read: take a copy "
                      "first")
def _(out, h):
    out[:, h] = out[:, h].mean((0, 1))
    return out


@mean_ablated.mistake("you averaged each text by itself: batch and positions both go")
def _(out, h):
    return replaced(out, h, out[:, h].mean(1, keepdim=True))


@mean_ablated.mistake("you averaged over the batch alone: each position still has a "
                      "value of its own")
def _(out, h):
    return replaced(out, h, out[:, h].mean(0))


@mean_ablated.mistake("you averaged the features, too: the mean is a vector of d "
                      "numbers")
def _(out, h):
    return replaced(out, h, out[:, h].mean())


@mean_ablated.mistake("this is the mean of all heads: the head's own is wanted")
def _(out, h):
    return replaced(out, h, out.mean((0, 1, 2)))


@mean_ablated.mistake("all heads were replaced: only head h goes")
def _(out, h):
    return out.mean((0, 2), keepdim=True).expand_as(out)


@mean_ablated.mistake("you indexed the batch: heads are the second axis")
def _(out, h):
    out = out.clone()
    out[h] = out[h].mean((0, 1))
    return out


def arriving_inputs(rng, case):
    """weights, values, W_out; also one head, one token."""
    H, T, d = rng.randint(2, 3), rng.randint(4, 6), rng.choice([2, 3])
    H, T = {0: (1, T), 1: (H, 1)}.get(case, (H, T))
    hidden = torch.ones(T, T, dtype=torch.bool).triu(1)
    weights = randn(rng, H, T, T).masked_fill(hidden, float("-inf")).softmax(-1)
    return weights, randn(rng, H, T, d), randn(rng, H * d, H * d)


def through(values, parts):
    """Norms (H, T) of values (H, T, d) through a matrix (D, d) for each head."""
    return torch.stack([(v @ W.T).norm(dim=-1) for v, W in zip(values, parts)])


@exercise("F.3", arriving_inputs)
def arriving(weights, values, W_out):
    return weights * through(values, W_out.chunk(len(values), 1))[:, None]


@arriving.mistake("you left out W_out: what arrives has gone through it")
def _(weights, values, W_out):
    return weights * values.norm(dim=-1)[:, None]


@arriving.mistake("you cut the rows of W_out: rows are features of the stream, and a "
                  "head owns columns")
def _(weights, values, W_out):
    parts = [W.T for W in W_out.chunk(len(values), 0)]
    return weights * through(values, parts)[:, None]


@arriving.mistake("the columns of a head stand side by side: you took every H-th "
                  "column")
def _(weights, values, W_out):
    H = len(values)
    return weights * through(values, [W_out[:, h::H] for h in range(H)])[:, None]


@arriving.mistake("the size belongs to the token that is looked at, the column: yours "
                  "multiplies rows")
def _(weights, values, W_out):
    return weights * through(values, W_out.chunk(len(values), 1))[:, :, None]


@arriving.mistake("these rows were divided by their sum: how much arrives in all is "
                  "part of the answer")
def _(weights, values, W_out):
    right = arriving(weights, values, W_out)
    return right / right.sum(-1, keepdim=True)


@arriving.mistake("this is the squared norm of the value's part: take the root")
def _(weights, values, W_out):
    return weights * through(values, W_out.chunk(len(values), 1))[:, None] ** 2


@arriving.mistake("this is the size of the value alone: the weight is missing")
def _(weights, values, W_out):
    sizes = through(values, W_out.chunk(len(values), 1))[:, None]
    return sizes.expand_as(weights)
