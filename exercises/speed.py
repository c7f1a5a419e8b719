"""Exercises of elective G, speed. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

import torch

from exercises.judge import exercise, randn


def sizes_inputs(rng, case):
    """Layers, width, vocabulary, windows, tokens of a window; each of them also 1."""
    sizes = [rng.randint(2, 48), 64 * rng.randint(1, 25), rng.randint(2000, 60_000),
             rng.randint(2, 32), 64 * rng.randint(1, 16)]
    if case < 5:
        sizes[case] = 1
    return tuple(sizes)


@exercise("G.1", sizes_inputs, exact=("dtype",))
def training_flops(L, D, V, B, T):
    return 3 * B * T * (L * (24 * D**2 + 4 * T * D) + 2 * V * D)


@training_flops.mistake("that is the forward pass: the way back takes two products for "
                        "each of its one")
def _(L, D, V, B, T):
    return training_flops(L, D, V, B, T) // 3


@training_flops.mistake("you let the way back cost as much as the way there: each "
                        "product needs the gradients of both its factors")
def _(L, D, V, B, T):
    return training_flops(L, D, V, B, T) // 3 * 2


@training_flops.mistake("you counted a multiplication and an addition as one operation")
def _(L, D, V, B, T):
    return training_flops(L, D, V, B, T) // 2


@training_flops.mistake("you halved attention, for the half that the mask keeps: here "
                        "all T keys are computed first")
def _(L, D, V, B, T):
    return 3 * B * T * (L * (24 * D**2 + 2 * T * D) + 2 * V * D)


@training_flops.mistake("the head is missing: V scores for every token")
def _(L, D, V, B, T):
    return 3 * B * T * L * (24 * D**2 + 4 * T * D)


@training_flops.mistake("scores and mixtures are missing: they have no weights, and "
                        "cost work all the same")
def _(L, D, V, B, T):
    return 3 * B * T * (L * 24 * D**2 + 2 * V * D)


@training_flops.mistake("you charged for the embedding: looking up a row multiplies "
                        "nothing")
def _(L, D, V, B, T):
    return 3 * B * T * (L * (24 * D**2 + 4 * T * D) + 4 * V * D)


@training_flops.mistake("that is for one token: a step has B · T of them")
def _(L, D, V, B, T):
    return 3 * (L * (24 * D**2 + 4 * T * D) + 2 * V * D)


def work_inputs(rng, case):
    """(operations, bytes) of several parts, some of each kind, and the two rates; also
    one part alone."""
    peak, bandwidth = rng.uniform(1e11, 1e12), rng.uniform(1e10, 5e10)
    work = []
    for i in range(1 if case == 0 else rng.randint(4, 6)):
        seconds, other = rng.uniform(0.1, 2.0), rng.uniform(0.1, 0.8)
        parts = (seconds, seconds * other) if i % 2 else (seconds * other, seconds)
        work.append((parts[0] * peak, parts[1] * bandwidth))
    return work, peak, bandwidth


@exercise("G.2", work_inputs)
def least_time(work, peak, bandwidth):
    return sum(max(f / peak, b / bandwidth) for f, b in work)


@least_time.mistake("you added both times: a processor computes while it fetches")
def _(work, peak, bandwidth):
    return sum(f / peak + b / bandwidth for f, b in work)


@least_time.mistake("you took sums first: the parts come one after another, and what "
                    "one leaves idle another cannot use")
def _(work, peak, bandwidth):
    return max(sum(f for f, _ in work) / peak, sum(b for _, b in work) / bandwidth)


@least_time.mistake("you took the smaller of the two: the slower one decides")
def _(work, peak, bandwidth):
    return sum(min(f / peak, b / bandwidth) for f, b in work)


@least_time.mistake("you counted operations alone: a part that only moves bytes takes "
                    "time too")
def _(work, peak, bandwidth):
    return sum(f for f, _ in work) / peak


@least_time.mistake("you counted bytes alone")
def _(work, peak, bandwidth):
    return sum(b for _, b in work) / bandwidth


@least_time.mistake("that is the slowest part: they come one after another")
def _(work, peak, bandwidth):
    return max(max(f / peak, b / bandwidth) for f, b in work)


def summaries_inputs(rng, case):
    """Two summaries of rows of logits: top (N,), total (N,) each. Logits are large, so
    that exp gives infinity or 0, in float64 as well."""
    N, parts, middle = rng.randint(3, 6), [], (300, 800, -800, 0)[case % 4]
    for size in (rng.randint(2, 9), rng.randint(10, 20)):
        z = middle + 2 * randn(rng, N, size)
        z[:, 0] += 3 * randn(rng, N)
        top = z.max(1).values
        parts += [top, (z - top[:, None]).exp().sum(1)]
    return tuple(parts)


@exercise("G.3", summaries_inputs)
def join(top_a, total_a, top_b, total_b):
    top = torch.maximum(top_a, top_b)
    return top, total_a * (top_a - top).exp() + total_b * (top_b - top).exp()


@join.mistake("you added totals that were measured from different tops")
def _(top_a, total_a, top_b, total_b):
    return torch.maximum(top_a, top_b), total_a + total_b


@join.mistake("your factors are upside down: a total measured from a lower top shrinks")
def _(top_a, total_a, top_b, total_b):
    top = torch.maximum(top_a, top_b)
    return top, total_a * (top - top_a).exp() + total_b * (top - top_b).exp()


@join.mistake("you kept the first top: a larger logit in the second part overflows, "
              "sooner or later")
def _(top_a, total_a, top_b, total_b):
    return top_a, total_a + total_b * (top_b - top_a).exp()


@join.mistake("you went back to plain exponentials, which are infinite here")
def _(top_a, total_a, top_b, total_b):
    top = torch.maximum(top_a, top_b)
    return top, (total_a * top_a.exp() + total_b * top_b.exp()) / top.exp()


@join.mistake("you returned the logarithm of the sum: the next part still has to be "
              "joined, and needs both numbers")
def _(top_a, total_a, top_b, total_b):
    top, total = join(top_a, total_a, top_b, total_b)
    return top + total.log()
