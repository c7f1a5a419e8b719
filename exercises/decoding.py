"""Exercises of elective C, decoding. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

import torch

from exercises.judge import exercise, generator, randn


def penalty_inputs(rng, case):
    """Logits (B, V), ids (B, T) in which tokens occur several times, and a strength;
    also one id a row, and the last token of the vocabulary."""
    B, V = rng.randint(2, 3), rng.randint(7, 10)
    ids = [[rng.randrange(V - 2) for _ in range(9)] for _ in range(B)]
    for row in ids:
        row[1:3] = row[:1] * 2                             # at least one thrice
        row[3] = V - 1 if case == 1 else row[3]
    ids = torch.tensor(ids)[:, :1 if case == 0 else None]
    return 2 * randn(rng, B, V), ids, rng.uniform(0.4, 0.9)


def counts(logits, ids):
    """How often each token occurs in its row, (B, V)."""
    ones = torch.ones_like(ids).to(logits)
    return torch.zeros_like(logits).scatter_add(-1, ids, ones)


@exercise("C.1", penalty_inputs)
def frequency_penalty(logits, ids, strength):
    return logits - strength * counts(logits, ids)


@frequency_penalty.mistake("you took it off once: a token that came up three times "
                           "loses three times as much")
def _(logits, ids, strength):
    return logits - strength * (counts(logits, ids) > 0)


@frequency_penalty.mistake("you added it: what came up often is now likelier")
def _(logits, ids, strength):
    return logits + strength * counts(logits, ids)


@frequency_penalty.mistake("you counted over the whole batch: each row has a history "
                           "of its own")
def _(logits, ids, strength):
    return logits - strength * counts(logits, ids).sum(0)


@frequency_penalty.mistake("you took off the share of the row's tokens: the count "
                           "itself is wanted")
def _(logits, ids, strength):
    return logits - strength * counts(logits, ids) / ids.shape[1]


@frequency_penalty.mistake("you lowered every logit of the row, by the length: only "
                           "what came up gets weaker")
def _(logits, ids, strength):
    return logits - strength * ids.shape[1]


@frequency_penalty.mistake("you divided by it: this one is a subtraction, so that the "
                           "sign of a logit does not matter")
def _(logits, ids, strength):
    times = counts(logits, ids)
    return torch.where(times > 0, logits / (strength * times), logits)


@frequency_penalty.mistake("you returned probabilities: the next filter wants logits")
def _(logits, ids, strength):
    return frequency_penalty(logits, ids, strength).softmax(-1)


def chunk_inputs(rng, case):
    """held and new; also nothing held, one new token, both."""
    held, new = rng.randint(2, 6), rng.randint(2, 5)
    return 0 if case in (0, 2) else held, 1 if case in (1, 2) else new


def places(held, new):
    """A column of the new tokens' positions, and a row of all keys' positions."""
    return torch.arange(held, held + new)[:, None], torch.arange(held + new)


@exercise("C.2", chunk_inputs, exact=("dtype", "shape"))
def chunk_mask(held, new):
    i, j = places(held, new)
    return j <= i


@chunk_mask.mistake("your rows begin at position 0: the first new token stands at "
                    "`held`, so it sees everything held, and itself")
def _(held, new):
    i, j = places(held, new)
    return j <= i - held


@chunk_mask.mistake("the held tokens are hidden: they are the past of every new one")
def _(held, new):
    i, j = places(held, new)
    return (j <= i) & (j >= held)


@chunk_mask.mistake("there is no mask among the new tokens: each sees those after it")
def _(held, new):
    return torch.ones(new, held + new, dtype=torch.bool)


@chunk_mask.mistake("a new token sees itself, too: yours stops one before")
def _(held, new):
    i, j = places(held, new)
    return j < i


@chunk_mask.mistake("a mask of 0 and 1 is not boolean: its numbers would be added to "
                    "the scores")
def _(held, new):
    return chunk_mask(held, new).float()


@chunk_mask.mistake("True means may look, here: yours is the other way round")
def _(held, new):
    return ~chunk_mask(held, new)


@chunk_mask.mistake("rows and columns are exchanged: one row for each new token")
def _(held, new):
    return chunk_mask(held, new).T


@chunk_mask.mistake("there are rows too many: the held tokens ask nothing any more, "
                    "only the new ones have rows")
def _(held, new):
    t = torch.arange(held + new)
    return t <= t[:, None]


def texts_inputs(rng, case):
    """Log-probabilities of texts, one of them short, one long; alpha, also 0 and 1; one
    text alone. Elsewhere alpha decides which is best."""
    while True:
        lengths = rng.sample(range(2, 12), 1 if case == 2 else 4)
        texts = [-0.1 - 2 * torch.rand(n, generator=generator(rng)) for n in lengths]
        alpha = {0: 0.0, 1: 1.0}.get(case, rng.uniform(0.5, 0.9))
        best = [best_text(texts, a)[0] for a in (0.0, alpha, 1.0)]
        if case < 3 or best[0] not in best[1:]:
            return texts, alpha


def best_text(texts, alpha, weigh=lambda total, n, alpha: total / n**alpha, sign=1):
    """(index, score) of the best text, by weigh(sum, length, alpha)."""
    scores = [weigh(t.sum().item(), len(t), alpha) for t in texts]
    best = max(range(len(scores)), key=lambda i: sign * scores[i])
    return best, scores[best]


@exercise("C.3", texts_inputs)
def best_hypothesis(texts, alpha):
    return best_text(texts, alpha)


best_hypothesis.mistakes_of(best_text, {
    "you compared plain sums: the shortest text wins, since every token takes "
    "something off": {"weigh": lambda total, n, alpha: total},
    "you took the mean, whatever alpha is: divide by the length to the power alpha":
        {"weigh": lambda total, n, alpha: total / n},
    "you multiplied by the length to the power alpha: divide":
        {"weigh": lambda total, n, alpha: total * n**alpha},
    "you divided by alpha times the length: alpha is a power":
        {"weigh": lambda total, n, alpha: total / (alpha * n)},
    "you took the lowest score: scores are negative, the best is nearest to zero":
        {"sign": -1},
    "the length of a text is the number of its tokens: yours is one too many":
        {"weigh": lambda total, n, alpha: total / (n + 1)**alpha}})


@best_hypothesis.mistake("you chose by the normalised score, but returned the plain "
                         "sum")
def _(texts, alpha):
    best = best_text(texts, alpha)[0]
    return best, texts[best].sum().item()


def held_inputs(rng, case):
    """Ids in a cache, and a text: it goes on, ends within them, agrees again later,
    parts; agrees nowhere; nothing is held; it is what is held; it is one token."""
    held, more = ([rng.randrange(5) for _ in range(rng.randint(5, 9))] for _ in "ab")
    common = rng.choice((1, 3)) if case == 3 else rng.randint(1, len(held) - 2)
    parted = held[:common] + [9]
    text = [held + more, held[:common + 1], parted + held[common + 1:] + [3],
            parted + more, [9] + held[1:], more, held[:], held[:1]][case]
    return [] if case == 5 else held, text


def common_length(held, text):
    """Length of the common beginning."""
    pairs = zip(held, text, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b),
                min(len(held), len(text)))


@exercise("C.4", held_inputs)
def reusable(held, text):
    return min(common_length(held, text), len(text) - 1)


@reusable.mistake("one token at least has to be read, or there are no logits: a text "
                  "that is held whole leaves len(text) - 1")
def _(held, text):
    return common_length(held, text)


@reusable.mistake("all or nothing, as `CachedReader` does it: a common beginning is of "
                  "use even if the texts part later")
def _(held, text):
    return len(held) if text[:len(held)] == held and len(text) > len(held) else 0


@reusable.mistake("you counted every place where the two agree: behind the first "
                  "difference nothing may be used: those keys have read another past")
def _(held, text):
    equal = sum(a == b for a, b in zip(held, text, strict=False))
    return min(equal, len(text) - 1)


@reusable.mistake("you counted the first token that differs, too")
def _(held, text):
    return min(common_length(held, text) + 1, len(text) - 1)


@reusable.mistake("you never compared the ids: equal length is not equal text")
def _(held, text):
    return min(len(held), len(text) - 1)


@reusable.mistake("you return how many are left to read: how many can be kept is asked")
def _(held, text):
    return len(text) - reusable(held, text)
