"""Exercises of elective G: speed."""

import torch

from exercises.core import exercise, randn


def draw_sizes(rng):
    """Layers, width, vocabulary, windows, and tokens of a window."""
    return (rng.randint(2, 48), 64 * rng.randint(1, 25), rng.randint(2000, 60_000),
            rng.randint(1, 32), 64 * rng.randint(1, 16))


@exercise("G.1", draw_sizes)
def training_flops(L, D, V, B, T):
    return 3 * B * T * (L * (24 * D**2 + 4 * T * D) + 2 * V * D)


@training_flops.miss("that is the forward pass: the way back takes two products for "
                     "each of its one")
def _(L, D, V, B, T):
    return training_flops.right(L, D, V, B, T) // 3


@training_flops.miss("you let the way back cost as much as the way there: each product "
                     "needs the gradients of both its factors")
def _(L, D, V, B, T):
    return training_flops.right(L, D, V, B, T) // 3 * 2


@training_flops.miss("you counted a multiplication and an addition as one operation")
def _(L, D, V, B, T):
    return training_flops.right(L, D, V, B, T) // 2


@training_flops.miss("the head is missing: V scores for every token")
def _(L, D, V, B, T):
    return 3 * B * T * L * (24 * D**2 + 4 * T * D)


@training_flops.miss("scores and mixtures are missing: they have no weights, and cost "
                     "work all the same")
def _(L, D, V, B, T):
    return 3 * B * T * (L * 24 * D**2 + 2 * V * D)


@training_flops.miss("you charged for the embedding: looking up a row multiplies "
                     "nothing")
def _(L, D, V, B, T):
    return 3 * B * T * (L * (24 * D**2 + 4 * T * D) + 4 * V * D)


@training_flops.miss("that is for one token: a step has B · T of them")
def _(L, D, V, B, T):
    return 3 * (L * (24 * D**2 + 4 * T * D) + 2 * V * D)


def draw_work(rng):
    """(operations, bytes) of several parts, some of each kind; the two rates."""
    peak, bandwidth = rng.uniform(1e11, 1e12), rng.uniform(1e10, 5e10)
    work = []
    for i in range(rng.randint(4, 6)):
        seconds, other = rng.uniform(0.1, 2.0), rng.uniform(0.1, 0.8)
        parts = (seconds, seconds * other) if i % 2 else (seconds * other, seconds)
        work.append((parts[0] * peak, parts[1] * bandwidth))
    return work, peak, bandwidth


@exercise("G.2", draw_work)
def least_time(work, peak, bandwidth):
    return sum(max(f / peak, b / bandwidth) for f, b in work)


@least_time.miss("you added both times: a processor computes while it fetches")
def _(work, peak, bandwidth):
    return sum(f / peak + b / bandwidth for f, b in work)


@least_time.miss("you took sums first: the parts come one after another, and what one "
                 "leaves idle another cannot use")
def _(work, peak, bandwidth):
    return max(sum(f for f, _ in work) / peak, sum(b for _, b in work) / bandwidth)


@least_time.miss("you took the smaller of the two: the slower one decides")
def _(work, peak, bandwidth):
    return sum(min(f / peak, b / bandwidth) for f, b in work)


@least_time.miss("you counted operations alone: a part that only moves bytes takes "
                 "time too")
def _(work, peak, bandwidth):
    return sum(f for f, _ in work) / peak


@least_time.miss("you counted bytes alone")
def _(work, peak, bandwidth):
    return sum(b for _, b in work) / bandwidth


@least_time.miss("that is the slowest part: they come one after another")
def _(work, peak, bandwidth):
    return max(max(f / peak, b / bandwidth) for f, b in work)


def draw_summaries(rng):
    """Two summaries of rows of logits: top (N,), total (N,) each; logits are large."""
    N, parts = rng.randint(3, 6), []
    for size in (rng.randint(2, 9), rng.randint(10, 20)):
        z = 300 + 2 * randn(rng, N, size)
        z[:, 0] += 3 * randn(rng, N)
        top = z.max(1).values
        parts += [top, (z - top[:, None]).exp().sum(1)]
    return tuple(parts)


@exercise("G.3", draw_summaries)
def join(top_a, total_a, top_b, total_b):
    top = torch.maximum(top_a, top_b)
    return top, total_a * (top_a - top).exp() + total_b * (top_b - top).exp()


@join.miss("you added totals that were measured from different tops")
def _(top_a, total_a, top_b, total_b):
    return torch.maximum(top_a, top_b), total_a + total_b


@join.miss("your factors are upside down: a total measured from a lower top shrinks")
def _(top_a, total_a, top_b, total_b):
    top = torch.maximum(top_a, top_b)
    return top, total_a * (top - top_a).exp() + total_b * (top - top_b).exp()


@join.miss("you kept the first top: a larger logit in the second part overflows, "
           "sooner or later")
def _(top_a, total_a, top_b, total_b):
    return top_a, total_a + total_b * (top_b - top_a).exp()


@join.miss("you went back to plain exponentials, which are infinite here")
def _(top_a, total_a, top_b, total_b):
    top = torch.maximum(top_a, top_b)
    return top, (total_a * top_a.exp() + total_b * top_b.exp()) / top.exp()


@join.miss("you returned the logarithm of the sum: the next part still has to be "
           "joined, and needs both numbers")
def _(top_a, total_a, top_b, total_b):
    top, total = join.right(top_a, total_a, top_b, total_b)
    return top + total.log()
