"""Exercises of elective H, scaling out. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

import math
import statistics

import torch

from exercises.judge import exercise, randn


def windows_inputs(rng, case):
    """An order of windows, a step, a batch, a rank and how many there are; also the
    first step, the first rank, both, and one rank alone."""
    size, part = 1 if case == 3 else rng.randint(2, 4), rng.randint(2, 3)
    batch = size * part
    order = list(range(5 * batch))
    while order[:batch] == sorted(order[:batch]):
        rng.shuffle(order)
    step = 0 if case in (0, 2) else rng.randint(1, 3)
    rank = 0 if case in (1, 2, 3) else rng.randint(1, size - 1)
    return order, step, batch, rank, size


@exercise("H.1", windows_inputs)
def my_windows(order, step, batch, rank, size):
    part = batch // size
    begin = step * batch + rank * part
    return order[begin:begin + part]


@my_windows.mistake("every rank gets the whole batch: nothing is shared")
def _(order, step, batch, rank, size):
    return order[step * batch:(step + 1) * batch]


@my_windows.mistake("every rank gets the first part: two machines do the work of one")
def _(order, step, batch, rank, size):
    return order[step * batch:step * batch + batch // size]


@my_windows.mistake("each step begins where the last one's *part* ended: windows come "
                    "again that another rank has read")
def _(order, step, batch, rank, size):
    part = batch // size
    return order[(step + rank) * part:(step + rank + 1) * part]


@my_windows.mistake("you forgot the step: it is the first batch again")
def _(order, step, batch, rank, size):
    part = batch // size
    return order[rank * part:(rank + 1) * part]


@my_windows.mistake("you dealt them out in turn, like cards: a run of neighbours is "
                    "asked")
def _(order, step, batch, rank, size):
    return order[step * batch + rank:(step + 1) * batch:size]


@my_windows.mistake("you counted windows from 0 upwards: `order` says which they are")
def _(order, step, batch, rank, size):
    part = batch // size
    begin = step * batch + rank * part
    return list(range(begin, begin + part))


@my_windows.mistake("you cut the whole pass into one stretch per rank: then the ranks' "
                    "parts side by side are not the batch of a single process")
def _(order, step, batch, rank, size):
    part, stretch = batch // size, len(order) // size
    begin = rank * stretch + step * part
    return order[begin:begin + part]


def counts_inputs(rng, case):
    """Numbers of targets of three to five ranks: unequal; also equal ones, one rank."""
    counts = rng.sample(range(20, 200), rng.randint(3, 5))
    return ({0: counts[:1] * 3, 1: counts[:1]}.get(case, counts),)


@exercise("H.2", counts_inputs)
def loss_factors(counts):
    return [len(counts) * n / sum(counts) for n in counts]


@loss_factors.mistake("these are the shares; but the average over ranks divides by "
                      "their number once more, so your gradient is that many times too "
                      "small")
def _(counts):
    return [n / sum(counts) for n in counts]


@loss_factors.mistake("a factor of 1 is the mean of means: a target in a nearly empty "
                      "rank then counts for more than others")
def _(counts):
    return [1.0] * len(counts)


@loss_factors.mistake("upside down: the rank with more targets must count for more")
def _(counts):
    return [sum(counts) / (len(counts) * n) for n in counts]


@loss_factors.mistake("you multiplied by the counts and never divided by their sum")
def _(counts):
    return [len(counts) * n for n in counts]


@loss_factors.mistake("you divided by the number of ranks; the average does that "
                      "already, so here it is a factor")
def _(counts):
    return [n / sum(counts) / len(counts) for n in counts]


def shards_inputs(rng, case):
    """Parts of a gradient and a limit: above it all, below all parts, in between; one
    rank may have a part of zeros, or be alone."""
    shards = [rng.uniform(0.3, 3) * randn(rng, rng.randint(3, 7))
              for _ in range(1 if case == 6 else rng.randint(2, 4))]
    norms = [g.norm().item() for g in shards]
    joint = math.hypot(*norms)
    limits = 1.5 * joint, 0.5 * min(norms), (max(norms) + joint) / 2
    zeros = [torch.zeros(3)] if case == 7 else []
    return shards + zeros, limits[case % 3]


def scaled(shards, max_norm, norm_of):
    """All parts by one factor, from the list of their norms."""
    norm = norm_of([g.norm().item() for g in shards])
    return [min(1.0, max_norm / norm) * g for g in shards]


@exercise("H.3", shards_inputs)
def clip_shards(shards, max_norm):
    return scaled(shards, max_norm, lambda n: math.hypot(*n))


@clip_shards.mistake("each rank took the norm of its own part: every part gets a "
                     "factor of its own, and the gradient another direction")
def _(shards, max_norm):
    return [min(1.0, max_norm / g.norm().item()) * g for g in shards]


clip_shards.mistakes_of(scaled, {
    "you added up the norms: squares add up, and the root comes last": {"norm_of": sum},
    "you averaged the norms, as if a norm were a gradient":
        {"norm_of": statistics.fmean},
    "you took the largest part's norm: the others count, too": {"norm_of": max},
    "you forgot the root: that is the square of the norm":
        {"norm_of": lambda norms: sum(n**2 for n in norms)},
    "you averaged the squares over the ranks: the norm of everything is the root "
    "of their sum":
        {"norm_of": lambda norms: statistics.fmean(n**2 for n in norms) ** 0.5}})


@clip_shards.mistake("you always scale: a gradient within the limit stays as it is")
def _(shards, max_norm):
    norm = math.hypot(*(g.norm().item() for g in shards))
    return [max_norm / norm * g for g in shards]


@clip_shards.mistake("you scaled down by the limit without looking at the norm")
def _(shards, max_norm):
    return [max_norm * g for g in shards]


def stage_inputs(rng, case):
    """A model, a number of ranks, a stage; also so small that one byte counts, and one
    rank."""
    N = rng.randint(10**6, 10**9) if case < 4 else rng.randint(10, 99)
    return N, 1 if case == 7 else rng.choice([2, 4, 8, 64]), case % 4


def by_stage(N, p, stage, sizes=(12, 2, 2), order=(1, 2, 3)):
    """Sum of state, gradients and weights, each cut from its stage on."""
    return sum(n * N / (p if stage >= at else 1)
               for n, at in zip(sizes, order))


@exercise("H.4", stage_inputs)
def zero_bytes(N, p, stage):
    return by_stage(N, p, stage)


zero_bytes.mistakes_of(by_stage, {
    "the optimizer's state is three float32 numbers, not two: the copy of the "
    "weights belongs to it": {"sizes": (8, 2, 2)},
    "weights and gradients are bfloat16 here, two bytes each": {"sizes": (8, 4, 4)},
    "two bytes for everything: AdamW's state stays in float32": {"sizes": (6, 2, 2)},
    "you cut the weights first: they come last, because they have to be gathered "
    "for every use": {"order": (3, 2, 1)},
    "your gradients are cut at stage 1 and the state at stage 2: it is the other "
    "way round": {"order": (2, 1, 3)},
    "you cut everything from stage 1 on: each stage adds one thing":
        {"order": (1, 1, 1)},
    "your stages are off by one: stage 0 cuts nothing": {"order": (0, 1, 2)},
    "you never cut anything": {"order": (9, 9, 9)}})
