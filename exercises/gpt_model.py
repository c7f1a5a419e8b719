"""Exercises of notebook 06, the model. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

import math

import torch

from exercises.judge import exercise, randn


def sizes_inputs(rng, case):
    """Sizes with both flags in all four ways; also one block."""
    return (rng.randint(30, 90), rng.randint(10, 25), rng.randint(5, 9),
            1 if case > 5 else rng.randint(2, 5), case % 2 == 0, case // 2 % 2 == 0)


@exercise("6.1", sizes_inputs, exact=("dtype",))
def count_parameters(V, T, D, L, tied, qkv_bias):
    block = 12 * D**2 + (13 if qkv_bias else 10) * D
    return V * D * (1 if tied else 2) + T * D + L * block + 2 * D


@count_parameters.mistake("you left out the position embedding, as nanoGPT's count "
                          "does")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters(V, 0, D, L, tied, qkv_bias)


@count_parameters.mistake("you left out the last norm")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters(V, T, D, L, tied, qkv_bias) - 2 * D


@count_parameters.mistake("you counted the biases of queries, keys and values even "
                          "where qkv_bias is False")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters(V, T, D, L, tied, True)


@count_parameters.mistake("you never counted the biases of queries, keys and values")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters(V, T, D, L, tied, False)


@count_parameters.mistake("qkv_bias concerns queries, keys and values; the bias after "
                          "the heads is always there")
def _(V, T, D, L, tied, qkv_bias):
    without = 0 if qkv_bias else L * D
    return count_parameters(V, T, D, L, tied, qkv_bias) - without


@count_parameters.mistake("qkv_bias means three vectors of D in each block, not one")
def _(V, T, D, L, tied, qkv_bias):
    extra = 2 * L * D if qkv_bias else 0
    return count_parameters(V, T, D, L, tied, qkv_bias) - extra


@count_parameters.mistake("the biases of the feed-forward layers are missing: 5 D a "
                          "block")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters(V, T, D, L, tied, qkv_bias) - 5 * L * D


@count_parameters.mistake("4 D a block are missing: the two norms, or the biases of "
                          "the hidden layer")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters(V, T, D, L, tied, qkv_bias) - 4 * L * D


@count_parameters.mistake("you counted matrices only: biases and norms are missing in "
                          "all blocks")
def _(V, T, D, L, tied, qkv_bias):
    return V * D * (1 if tied else 2) + T * D + 12 * L * D**2 + 2 * D


@count_parameters.mistake("you counted the token matrix twice even where it is tied")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters(V, T, D, L, False, qkv_bias)


@count_parameters.mistake("you counted the token matrix once even where it is not tied")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters(V, T, D, L, True, qkv_bias)


@count_parameters.mistake("our output head has no bias")
def _(V, T, D, L, tied, qkv_bias):
    return count_parameters(V, T, D, L, tied, qkv_bias) + V


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


def nucleus_inputs(rng, case):
    """Logits and p, no sum near p. The nucleus is one token in every row, or in some,
    or it leaves out hardly any; else its size differs from row to row."""
    B, V = rng.randint(2, 3), rng.randint(8, 12)
    low, high = {0: (0.1, 0.3), 1: (0.3, 0.5), 2: (0.98, 0.99)}.get(case, (0.5, 0.9))
    while True:
        logits, p = (4 if case < 2 else 1.5) * randn(rng, B, V), rng.uniform(low, high)
        sums, sizes = ranked(logits)[1].cumsum(-1), (~beyond(logits, p)).sum(-1)
        wanted = {0: sizes.max() == 1, 1: sizes.min() == 1 < sizes.max(), 2: True}.get(
            case, len(set(sizes.tolist())) == B and sizes.min() > 1)
        if wanted and (sums - p).abs().min() > 1e-3:
            return logits, p


@exercise("6.2", nucleus_inputs)
def top_p(logits, p):
    return hide(logits, beyond(logits, p))


@top_p.mistake("the token that crosses p is missing, as in OpenAI's sample.py: without "
               "it the sum is below p")
def _(logits, p):
    return hide(logits, ranked(logits)[1].cumsum(-1) > p)


@top_p.mistake("where the best token alone reaches p, you hid it, too: every row keeps "
               "at least one")
def _(logits, p):
    kept = top_p(logits, p)
    alone = (kept > float("-inf")).sum(-1, keepdim=True) == 1
    return kept.masked_fill(alone, float("-inf"))


@top_p.mistake("you ranked from the least likely upwards: that keeps the tail")
def _(logits, p):
    probs, ids = logits.softmax(-1).sort()
    hidden = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(hidden.scatter(-1, ids, hidden), float("-inf"))


@top_p.mistake("you used the first row's set for all rows: each has a nucleus of its "
               "own")
def _(logits, p):
    hidden = top_p(logits[:1], p).isinf()
    return logits.masked_fill(hidden, float("-inf"))


@top_p.mistake("you gave every row as many tokens as the first one needs: count for "
               "each")
def _(logits, p):
    return hide(logits, beyond(logits, p)[:1].expand_as(logits))


@top_p.mistake("your mask is still in the order of rank: bring it back to the order of "
               "ids")
def _(logits, p):
    return logits.masked_fill(beyond(logits, p), float("-inf"))


@top_p.mistake("your logits come back sorted: column j must still be token j")
def _(logits, p):
    values = logits.sort(descending=True).values
    return values.masked_fill(beyond(logits, p), float("-inf"))


@top_p.mistake("you added up in the order of ids: rank the tokens first")
def _(logits, p):
    probs = logits.softmax(-1)
    return logits.masked_fill(probs.cumsum(-1) - probs >= p, float("-inf"))


@top_p.mistake("you compared each probability with p: it is the sum, from the top, "
               "that has to reach p")
def _(logits, p):
    return logits.masked_fill(logits.softmax(-1) < p, float("-inf"))


@top_p.mistake("you kept the best token and what reaches p by itself: it is the sum, "
               "from the top, that has to reach p")
def _(logits, p):
    return logits.masked_fill(logits < logits.amax(-1, keepdim=True), float("-inf"))


@top_p.mistake("you hid with 0 and not with −∞: a logit of 0 is still drawn")
def _(logits, p):
    return hide(logits, beyond(logits, p), value=0.0)


@top_p.mistake("you returned probabilities: return logits, so that the next step can "
               "still take the softmax")
def _(logits, p):
    return top_p(logits, p).softmax(-1)


def cache_inputs(rng, case):
    """Sizes; also one block, one sequence, one token."""
    sizes = [rng.randint(12, 48), 64 * rng.randint(12, 25), rng.randint(3, 9),
             rng.randint(100, 500)]
    if case in (0, 2, 3):
        sizes[case] = 1
    return *sizes, (4, 2)[case % 2]


def cache_size(L, D, B, T, bytes_per_number, factor=2, powers=(1, 1, 1, 1, 1)):
    """The product of the sizes, each to its power."""
    sizes = L, D, B, T, bytes_per_number
    return factor * math.prod(n**k for n, k in zip(sizes, powers, strict=True))


@exercise("6.3", cache_inputs, exact=("dtype",))
def cache_bytes(L, D, B, T, bytes_per_number):
    return cache_size(L, D, B, T, bytes_per_number)


cache_bytes.mistakes_of(cache_size, {
    "you kept the keys only: values are cached beside them": {"factor": 1},
    "queries are not cached: a past token's query is never asked again": {"factor": 3},
    "those are bits: a byte is the unit": {"factor": 16},
    "that is one layer: each block has keys and values of its own":
        {"powers": (0, 1, 1, 1, 1)},
    "that is one sequence: the batch is missing": {"powers": (1, 1, 0, 1, 1)},
    "that is one token: T is missing": {"powers": (1, 1, 1, 0, 1)},
    "those are numbers, not bytes": {"powers": (1, 1, 1, 1, 0)},
    "T × T scores are not cached: keep a vector for each token, linear in T":
        {"powers": (1, 0, 1, 2, 1)},
    "the width enters once: the cache holds vectors, not D × D matrices":
        {"powers": (1, 2, 1, 1, 1)}})


def flops_inputs(rng, case):
    """Sizes; also one new token, none, and nothing cached."""
    return (rng.randint(200, 900), rng.randint(6, 20), rng.randint(3, 6),
            0 if case == 2 else rng.randint(20, 60),
            case if case < 2 else rng.randint(20, 60))


def flops(V, D, L, T, new, first=1, growth=1, cached=0, past=1, matrices=24,
          attending=4, head=2):
    """Operations of the new tokens, or one of the ways to miscount them."""
    seen = [past * T + first + growth * i for i in range(-cached * T, new)]
    return sum(L * (matrices * D**2 + attending * n * D) + head * V * D for n in seen)


@exercise("6.4", flops_inputs, exact=("dtype",))
def text_flops(V, D, L, T, new):
    return flops(V, D, L, T, new)


text_flops.mistakes_of(flops, {
    "you counted a multiplication and its addition as one: they are two":
        {"matrices": 12, "attending": 2, "head": 1},
    "you counted the matrices of weights only: the scores and the weighted sum of "
    "values are missing": {"attending": 0},
    "scores and weighted sum each cost a pass over the tokens: one is missing":
        {"attending": 2},
    "the output head is missing, and its matrix is the largest of all": {"head": 0},
    "looking up an embedding multiplies nothing: count the token matrix once":
        {"head": 4},
    "the feed-forward layers are missing": {"matrices": 8},
    "a token attends to itself as well: the first one sees T + 1": {"first": 0},
    "every token sees one more than the one before: you took T + 1 for all":
        {"growth": 0},
    "new tokens attend to the cached ones, too: T is missing": {"past": 0},
    "the cached tokens are paid for already: count the new ones alone": {"cached": 1}})


@text_flops.mistake("every token sees one more than the one before: you took the "
                    "last's for all")
def _(V, D, L, T, new):
    return flops(V, D, L, T, new, first=new, growth=0)
