"""Exercises of notebook 02, attention. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

import torch

from exercises.judge import exercise, randn


def queries_and_keys_inputs(rng, case):
    """Queries and keys (T, d); also of one token, or of one feature."""
    T, d = rng.randint(4, 9), rng.choice([8, 16, 32])
    T, d = {0: (1, d), 1: (T, 1)}.get(case, (T, d))
    return 2 * randn(rng, T, d), 2 * randn(rng, T, d)


def hide(scores, diagonal=1, value=float("-inf")):
    """Scores with everything from that diagonal upwards set to `value`."""
    above = torch.ones_like(scores, dtype=torch.bool).triu(diagonal)
    return scores.masked_fill(above, value)


@exercise("2.1", queries_and_keys_inputs)
def causal_weights(q, k):
    return hide(q @ k.T / q.shape[-1] ** 0.5).softmax(-1)


@causal_weights.mistake("you hid the future with 0 and not with −∞: a score of 0 still "
                        "gets e⁰ = 1 in the softmax")
def _(q, k):
    return hide(q @ k.T / q.shape[-1] ** 0.5, value=0.0).softmax(-1)


@causal_weights.mistake("you masked after the softmax: the rows no longer sum to 1")
def _(q, k):
    return hide((q @ k.T / q.shape[-1] ** 0.5).softmax(-1), value=0.0)


@causal_weights.mistake("you did not divide the scores by √d")
def _(q, k):
    return hide(q @ k.T).softmax(-1)


@causal_weights.mistake("you divided by d, not by √d")
def _(q, k):
    return hide(q @ k.T / q.shape[-1]).softmax(-1)


@causal_weights.mistake("you divided by √T, the number of tokens, not by √d")
def _(q, k):
    return hide(q @ k.T / len(q) ** 0.5).softmax(-1)


@causal_weights.mistake("the softmax runs down the columns: each row must sum to 1")
def _(q, k):
    return hide(q @ k.T / q.shape[-1] ** 0.5).softmax(-2)


@causal_weights.mistake("there is no mask: tokens look ahead")
def _(q, k):
    return (q @ k.T / q.shape[-1] ** 0.5).softmax(-1)


@causal_weights.mistake("diagonal=0 hides each token from itself, and the first row is "
                        "NaN")
def _(q, k):
    return hide(q @ k.T / q.shape[-1] ** 0.5, diagonal=0).softmax(-1)


@causal_weights.mistake("diagonal=2 lets each token see the one after it")
def _(q, k):
    return hide(q @ k.T / q.shape[-1] ** 0.5, diagonal=2).softmax(-1)


@causal_weights.mistake("rows and columns are exchanged: row i belongs to the query i")
def _(q, k):
    return hide(k @ q.T / q.shape[-1] ** 0.5).softmax(-1)


def heads_inputs(rng, case):
    """(B, H, T, d); also with one head, or one token."""
    H, T = rng.choice([2, 3]), rng.randint(4, 6)
    H, T = {0: (1, T), 1: (H, 1)}.get(case, (H, T))
    return (randn(rng, rng.randint(1, 3), H, T, rng.choice([2, 5])),)


@exercise("2.2", heads_inputs)
def merge_heads(x):
    return x.transpose(1, 2).flatten(2)


@merge_heads.mistake("you reshaped without swapping heads and tokens first: a row now "
                     "mixes different tokens of one head")
def _(x):
    B, H, T, d = x.shape
    return x.reshape(B, T, H * d)


@merge_heads.mistake("the features of a head must stay side by side: you put them "
                     "d-major, as (B, T, d, H)")
def _(x):
    return x.permute(0, 2, 3, 1).flatten(2)


@merge_heads.mistake("you averaged the heads; put them next to each other")
def _(x):
    return x.mean(1)


@merge_heads.mistake("the shape is (B, H, T·d): swap heads and tokens, then flatten "
                     "the last two axes")
def _(x):
    return x.flatten(2)


def mask_inputs(rng, case):
    """T and a width: of the token itself, of all, of more than all; one token alone."""
    T = rng.randint(6, 12)
    return {0: (T, 1), 1: (T, T), 2: (T, T + 2), 3: (1, 1)}.get(
        case, (T, rng.randint(2, T - 2)))


@exercise("2.3", mask_inputs, exact=("dtype",))
def sliding_mask(T, width):
    i, j = torch.arange(T)[:, None], torch.arange(T)
    return (j > i) | (j <= i - width)


@sliding_mask.mistake("True means hidden here: yours is the other way round")
def _(T, width):
    return ~sliding_mask(T, width)


@sliding_mask.mistake("your window is one token too wide: `width` counts the token "
                      "itself")
def _(T, width):
    return sliding_mask(T, width + 1)


@sliding_mask.mistake("your window is one token too narrow: `width` counts the token "
                      "itself")
def _(T, width):
    return sliding_mask(T, width - 1)


@sliding_mask.mistake("the past is limited, but the future is open: hide j > i as well")
def _(T, width):
    i, j = torch.arange(T)[:, None], torch.arange(T)
    return j <= i - width


@sliding_mask.mistake("that is the plain causal mask: hide what is `width` or more "
                      "back, too")
def _(T, width):
    return torch.ones(T, T, dtype=torch.bool).triu(1)


@sliding_mask.mistake("rows and columns are exchanged: row i is the token that looks")
def _(T, width):
    return sliding_mask(T, width).T


def packed_inputs(rng, case):
    """x, W_qkv, W_out, H; also with one head, one token, one sequence."""
    H, d = 1 if case == 0 else rng.choice([2, 3, 4]), rng.choice([3, 5])
    B, T, D = 1 if case == 1 else 2, 1 if case == 2 else rng.randint(3, 6), H * d
    W_qkv, W_out = (randn(rng, D, n * D) / D**0.5 for n in (3, 1))
    return 2 * randn(rng, B, T, D), W_qkv, W_out, H


def packed(x, W_qkv, W_out, H, order="qkv", scale=None, per_head=False, causal=True,
           swap=True):
    """GPT-2's attention, or one of the ways to get it wrong."""
    B, T, D = x.shape
    parts = x @ W_qkv
    if per_head:
        parts = parts.view(B, T, H, 3, D // H).permute(3, 0, 2, 1, 4)
    else:
        parts = parts.view(B, T, 3, H, D // H).permute(2, 0, 3, 1, 4)
    q, k, v = (parts[order.index(name)] for name in "qkv")
    scores = q @ k.mT / (scale or D // H) ** 0.5
    context = (hide(scores) if causal else scores).softmax(-1) @ v
    context = context.transpose(1, 2) if swap else context
    return context.reshape(B, T, D) @ W_out


@exercise("2.4", packed_inputs)
def packed_attention(x, W_qkv, W_out, H):
    return packed(x, W_qkv, W_out, H)


packed_attention.mistakes_of(packed, {
    "there is no mask: tokens look ahead": {"causal": False},
    "before W_out, swap heads and tokens back: your reshape mixes tokens":
        {"swap": False},
    "the thirds are in the order query, key, value; you took key, query, value":
        {"order": "kqv"},
    "the thirds are in the order query, key, value; you took value first":
        {"order": "vkq"},
    "you cut heads first and thirds second; all queries come first, for every head":
        {"per_head": True},
    "you did not divide the scores by √(D/H)": {"scale": 1}})


@packed_attention.mistake("you divided by the model's width, √D, and not by the "
                          "head's, √(D/H)")
def _(x, W_qkv, W_out, H):
    return packed(x, W_qkv, W_out, H, scale=x.shape[-1])


@packed_attention.mistake("you ran one head over the whole width: cut q, k and v into "
                          "H")
def _(x, W_qkv, W_out, H):
    return packed(x, W_qkv, W_out, 1)


@packed_attention.mistake("W_out is missing: the heads' outputs are only put side by "
                          "side")
def _(x, W_qkv, W_out, H):
    return packed(x, W_qkv, torch.eye(x.shape[-1]), H)
