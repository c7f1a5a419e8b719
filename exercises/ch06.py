"""Exercises of notebook 06: the model."""

from itertools import cycle

import torch

from exercises.core import exercise, randn

FLAGS = cycle([(True, True), (False, True), (True, False), (False, False)])
BYTES = cycle([4, 2])


def draw_sizes(rng):
    return (rng.randint(30, 90), rng.randint(10, 25), rng.randint(5, 9),
            rng.randint(2, 5), *next(FLAGS))


@exercise("6.1", draw_sizes)
def count_parameters(V, T, D, L, tied, qkv_bias):
    block = 12 * D**2 + (13 if qkv_bias else 10) * D
    return V * D * (1 if tied else 2) + T * D + L * block + 2 * D


@count_parameters.miss("you left out the position embedding, as nanoGPT's count does")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters.right(V, 0, D, L, tied, qkv_bias)


@count_parameters.miss("you left out the last norm")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters.right(V, T, D, L, tied, qkv_bias) - 2 * D


@count_parameters.miss("you counted the biases of queries, keys and values even where "
                       "qkv_bias is False")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters.right(V, T, D, L, tied, True)


@count_parameters.miss("you never counted the biases of queries, keys and values")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters.right(V, T, D, L, tied, False)


@count_parameters.miss("qkv_bias concerns queries, keys and values; the bias after the "
                       "heads is always there")
def _(V, T, D, L, tied, qkv_bias):
    without = 0 if qkv_bias else L * D
    return count_parameters.right(V, T, D, L, tied, qkv_bias) - without


@count_parameters.miss("qkv_bias means three vectors of D in each block, not one")
def _(V, T, D, L, tied, qkv_bias):
    extra = 2 * L * D if qkv_bias else 0
    return count_parameters.right(V, T, D, L, tied, qkv_bias) - extra


@count_parameters.miss("the biases of the feed-forward layers are missing: 5 D a block")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters.right(V, T, D, L, tied, qkv_bias) - 5 * L * D


@count_parameters.miss("the two norms of each block are missing")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters.right(V, T, D, L, tied, qkv_bias) - 4 * L * D


@count_parameters.miss("you counted matrices only: biases and norms are missing in all "
                       "blocks")
def _(V, T, D, L, tied, qkv_bias):
    return V * D * (1 if tied else 2) + T * D + 12 * L * D**2 + 2 * D


@count_parameters.miss("you counted the token matrix twice even where it is tied")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters.right(V, T, D, L, False, qkv_bias)


@count_parameters.miss("you counted the token matrix once even where it is not tied")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters.right(V, T, D, L, True, qkv_bias)


@count_parameters.miss("our output head has no bias")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters.right(V, T, D, L, tied, qkv_bias) + V


def ranked(logits):
    """Each row's ids and probabilities, the most likely first."""
    probs, ids = logits.softmax(-1).sort(descending=True)
    return ids, probs


def beyond(logits, p):
    """By rank, True for what comes after the nucleus."""
    probs = ranked(logits)[1]
    return probs.cumsum(-1) - probs >= p


def hide(logits, by_rank, value=float("-inf")):
    """Logits with the ranks that are True set to `value`."""
    by_id = torch.zeros_like(by_rank).scatter(-1, ranked(logits)[0], by_rank)
    return logits.masked_fill(by_id, value)


def draw_nucleus(rng):
    B = rng.randint(2, 3)
    while True:
        logits, p = 1.5 * randn(rng, B, rng.randint(8, 12)), rng.uniform(0.5, 0.9)
        sums, sizes = ranked(logits)[1].cumsum(-1), (~beyond(logits, p)).sum(-1)
        distinct = len(set(sizes.tolist())) == B and sizes.min() > 1
        if distinct and (sums - p).abs().min() > 1e-3:
            return logits, p


@exercise("6.2", draw_nucleus)
def top_p(logits, p):
    return hide(logits, beyond(logits, p))


@top_p.miss("the token that crosses p is missing: without it the sum is below p")
def _(logits, p):
    return hide(logits, ranked(logits)[1].cumsum(-1) > p)


@top_p.miss("you ranked from the least likely upwards: that keeps the tail")
def _(logits, p):
    probs, ids = logits.softmax(-1).sort()
    hidden = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(hidden.scatter(-1, ids, hidden), float("-inf"))


@top_p.miss("you used the first row's set for all rows: each has a nucleus of its own")
def _(logits, p):
    hidden = top_p.right(logits[:1], p).isinf()
    return logits.masked_fill(hidden, float("-inf"))


@top_p.miss("you gave every row as many tokens as the first one needs: count for each")
def _(logits, p):
    return hide(logits, beyond(logits, p)[:1].expand_as(logits))


@top_p.miss("your mask is still in the order of rank: bring it back to the order of "
            "ids")
def _(logits, p):
    return logits.masked_fill(beyond(logits, p), float("-inf"))


@top_p.miss("your logits come back sorted: column j must still be token j")
def _(logits, p):
    values = logits.sort(descending=True).values
    return values.masked_fill(beyond(logits, p), float("-inf"))


@top_p.miss("you added up in the order of ids: rank the tokens first")
def _(logits, p):
    probs = logits.softmax(-1)
    return logits.masked_fill(probs.cumsum(-1) - probs >= p, float("-inf"))


@top_p.miss("you compared each probability with p: it is the sum, from the top, that "
            "has to reach p")
def _(logits, p):
    return logits.masked_fill(logits.softmax(-1) < p, float("-inf"))


@top_p.miss("you kept the best token and what reaches p by itself: it is the sum, from "
            "the top, that has to reach p")
def _(logits, p):
    return logits.masked_fill(logits < logits.amax(-1, keepdim=True), float("-inf"))


@top_p.miss("you hid with 0 and not with −∞: a logit of 0 is still drawn")
def _(logits, p):
    return hide(logits, beyond(logits, p), value=0.0)


@top_p.miss("you returned probabilities: return logits, so that the next step can "
            "still take the softmax")
def _(logits, p):
    return top_p.right(logits, p).softmax(-1)


def draw_cache(rng):
    return (rng.randint(12, 48), 64 * rng.randint(12, 25), rng.randint(3, 9),
            rng.randint(100, 500), next(BYTES))


@exercise("6.3", draw_cache)
def cache_bytes(L, D, B, T, bytes_per_number):
    return 2 * L * B * T * D * bytes_per_number


for message, wrong in {
        "you kept the keys only: values are cached beside them":
            lambda L, D, B, T, b: L * B * T * D * b,
        "queries are not cached: a past token's query is never asked again":
            lambda L, D, B, T, b: 3 * L * B * T * D * b,
        "that is one layer: each block has keys and values of its own":
            lambda L, D, B, T, b: 2 * B * T * D * b,
        "that is one sequence: the batch is missing":
            lambda L, D, B, T, b: 2 * L * T * D * b,
        "that is one token: T is missing": lambda L, D, B, T, b: 2 * L * B * D * b,
        "those are numbers, not bytes": lambda L, D, B, T, b: 2 * L * B * T * D,
        "those are bits: a byte is the unit":
            lambda L, D, B, T, b: 16 * L * B * T * D * b,
        "T × T scores are not cached: keep a vector for each token, linear in T":
            lambda L, D, B, T, b: 2 * L * B * T**2 * b,
        "the width enters once: the cache holds vectors, not D × D matrices":
            lambda L, D, B, T, b: 2 * L * B * T * D**2 * b}.items():
    cache_bytes.miss(message)(wrong)


def draw_flops(rng):
    return (rng.randint(200, 900), rng.randint(6, 20), rng.randint(3, 6),
            rng.randint(20, 60), rng.randint(20, 60))


def flops(V, D, L, seen, matrices=24, attending=4, head=2):
    """Operations of tokens that attend to `seen[0]`, `seen[1]`, ... tokens."""
    return sum(L * (matrices * D**2 + attending * n * D) + head * V * D for n in seen)


@exercise("6.4", draw_flops)
def text_flops(V, D, L, T, new):
    return flops(V, D, L, range(T + 1, T + new + 1))


for message, options in {
        "you counted a multiplication and its addition as one: they are two":
            {"matrices": 12, "attending": 2, "head": 1},
        "you counted the matrices of weights only: the scores and the weighted sum of "
        "values are missing": {"attending": 0},
        "scores and weighted sum each cost a pass over the tokens: one is missing":
            {"attending": 2},
        "the output head is missing, and its matrix is the largest of all": {"head": 0},
        "looking up an embedding multiplies nothing: count the token matrix once":
            {"head": 4},
        "the feed-forward layers are missing": {"matrices": 8}}.items():
    text_flops.miss(message)(lambda V, D, L, T, new, options=options: flops(
        V, D, L, range(T + 1, T + new + 1), **options))

for message, seen in {
        "a token attends to itself as well: the first one sees T + 1":
            lambda T, new: range(T, T + new),
        "every token sees one more than the one before: you took T + 1 for all":
            lambda T, new: [T + 1] * new,
        "every token sees one more than the one before: you took the last's for all":
            lambda T, new: [T + new] * new,
        "new tokens attend to the cached ones, too: T is missing":
            lambda T, new: range(1, new + 1),
        "the cached tokens are paid for already: count the new ones alone":
            lambda T, new: range(1, T + new + 1)}.items():
    text_flops.miss(message)(lambda V, D, L, T, new, seen=seen: flops(
        V, D, L, seen(T, new)))
