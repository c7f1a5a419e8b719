"""Exercises of notebook 07, loss. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

import math
import statistics

import torch

from exercises.judge import exercise, generator, randn

BITS_PER_NAT = 1 / math.log(2)


def smoothing_inputs(rng, case):
    """Logits, targets, epsilon; also very large logits, one position, no smoothing."""
    N, V = 1 if case == 2 else rng.randint(4, 8), rng.randint(5, 9)
    targets = torch.randint(0, V, (N,), generator=generator(rng))
    scale, epsilon = 200 if case < 2 else 2, rng.uniform(0.2, 0.4)
    return scale * randn(rng, N, V), targets, 0.0 if case == 3 else epsilon


def nats(logits, targets):
    """-log p of each target (N,), and of every token (N, V)."""
    every = -logits.log_softmax(-1)
    return every.gather(-1, targets[:, None])[:, 0], every


@exercise("7.1", smoothing_inputs)
def label_smoothing(logits, targets, epsilon):
    target, every = nats(logits, targets)
    return ((1 - epsilon) * target + epsilon * every.mean(-1)).mean()


@label_smoothing.mistake("that is the plain cross-entropy: ε plays no part")
def _(logits, targets, epsilon):
    return nats(logits, targets)[0].mean()


@label_smoothing.mistake("you shared ε among the other V − 1 tokens; it goes to all V, "
                         "the target included")
def _(logits, targets, epsilon):
    target, every = nats(logits, targets)
    others = (every.sum(-1) - target) / (logits.shape[-1] - 1)
    return ((1 - epsilon) * target + epsilon * others).mean()


@label_smoothing.mistake("those are bits: nats are asked, so leave the natural "
                         "logarithm")
def _(logits, targets, epsilon):
    return label_smoothing(logits, targets, epsilon) * BITS_PER_NAT


@label_smoothing.mistake("you took the logarithm of a softmax: a small probability "
                         "becomes 0, and its logarithm -inf; take log_softmax")
def _(logits, targets, epsilon):
    every = -logits.softmax(-1).log()
    target = every.gather(-1, targets[:, None])[:, 0]
    return ((1 - epsilon) * target + epsilon * every.mean(-1)).mean()


@label_smoothing.mistake("the target keeps 1 − ε of the weight; you left it all of it")
def _(logits, targets, epsilon):
    target, every = nats(logits, targets)
    return (target + epsilon * every.mean(-1)).mean()


@label_smoothing.mistake("over the vocabulary you took the sum, not the mean: ε is "
                         "shared")
def _(logits, targets, epsilon):
    target, every = nats(logits, targets)
    return ((1 - epsilon) * target + epsilon * every.sum(-1)).mean()


@label_smoothing.mistake("ε and 1 − ε are exchanged")
def _(logits, targets, epsilon):
    return label_smoothing(logits, targets, 1 - epsilon)


@label_smoothing.mistake("you mixed the model's probabilities before the logarithm; it "
                         "is the labels that are smoothed")
def _(logits, targets, epsilon):
    p = (-nats(logits, targets)[0]).exp()
    return -((1 - epsilon) * p + epsilon / logits.shape[-1]).log().mean()


@label_smoothing.mistake("you summed over the N targets; take their mean")
def _(logits, targets, epsilon):
    return label_smoothing(logits, targets, epsilon) * len(targets)


def batches_inputs(rng, case):
    """Means and counts; also one batch, one token beside many, and equal counts."""
    n = 1 if case == 0 else rng.randint(3, 6)
    counts = [rng.randint(5, 300) for _ in range(n)]
    counts = {1: [1] + counts[1:], 2: counts[:1] * n}.get(case, counts)
    return [rng.uniform(0.5, 6) for _ in range(n)], counts


def weighted(values, counts):
    """The mean of the values, each counted that many times."""
    return sum(v * c for v, c in zip(values, counts, strict=True)) / sum(counts)


@exercise("7.2", batches_inputs)
def overall_loss(means, counts):
    return weighted(means, counts)


@overall_loss.mistake("that is the mean of the means: a token of a small batch counts "
                      "for more than one of a large batch")
def _(means, counts):
    return sum(means) / len(means)


@overall_loss.mistake("that is the total: divide it by the number of tokens")
def _(means, counts):
    return weighted(means, counts) * sum(counts)


@overall_loss.mistake("you divided the total by the number of batches; divide it by "
                      "the number of tokens")
def _(means, counts):
    return weighted(means, counts) * sum(counts) / len(counts)


@overall_loss.mistake("you added the means and divided by the number of tokens: "
                      "multiply each mean by its own count first")
def _(means, counts):
    return sum(means) / sum(counts)


@overall_loss.mistake("you averaged perplexities: average the nats themselves")
def _(means, counts):
    return math.log(weighted(map(math.exp, means), counts))


@overall_loss.mistake("you averaged perplexities, and without weights: average the "
                      "nats of all tokens")
def _(means, counts):
    return math.log(sum(map(math.exp, means)) / len(means))


@overall_loss.mistake("that is the perplexity: stay with nats")
def _(means, counts):
    return math.exp(weighted(means, counts))


def text_inputs(rng, case):
    """Losses and a text; also ASCII alone, no ASCII, one token."""
    letters = rng.choices("abcdefgh ", k=0 if case == 1 else rng.randint(5, 9))
    signs = rng.choices("äéß€∞海潮🌊🐚", k=0 if case == 0 else rng.randint(5, 9))
    text = rng.sample(letters + signs, k=len(letters + signs))
    n = 1 if case == 2 else rng.randint(4, 7)
    return [rng.uniform(1, 8) for _ in range(n)], "".join(text)


def bits(losses, text, cost=sum, unit=BITS_PER_NAT, length=None):
    """The cost of the text in that unit, shared among its length."""
    return cost(losses) * unit / (length(losses, text) if length
                                  else len(text.encode()))


@exercise("7.3", text_inputs)
def text_bits_per_byte(losses, text):
    return bits(losses, text)


text_bits_per_byte.mistakes_of(bits, {
    "you divided by characters; encode the text and count its bytes":
        {"length": lambda losses, text: len(text)},
    "you divided by the number of tokens: those are bits per token":
        {"length": lambda losses, text: len(losses)},
    "those are the bits of the whole text: divide by its bytes":
        {"length": lambda losses, text: 1},
    "you took the mean over the tokens: the text costs the sum":
        {"cost": statistics.fmean},
    "those are nats per byte: divide by ln 2": {"unit": 1},
    "you multiplied by ln 2; a bit is less than a nat, so there are more of them":
        {"unit": math.log(2)}})


@text_bits_per_byte.mistake("that is bytes per bit: turn it over")
def _(losses, text):
    return 1 / bits(losses, text)


def row_inputs(rng, case):
    """A padded row. Prompt and answer may be one token; the prompt may begin with an
    end-of-text, or hold one; the answer may repeat the prompt."""
    n_padding = (0, 3, 1, 2)[case % 4]
    prompt = rng.sample(range(100), k=1 if case == 0 else rng.randint(3, 6))
    answer = rng.sample(range(100), k=1 if case == 1 else rng.randint(3, 6))
    if case in (2, 3, 4):
        prompt[0 if case < 4 else 1] = 100
    if case == 5:
        answer = prompt[:]
    return [*prompt, *answer] + [100] * (1 + n_padding), len(prompt), n_padding


def counted(ids, first, stop):
    """The next token of each position, -100 unless it lies in first, ..., stop - 1."""
    return [ids[i] if first <= i < stop else -100 for i in range(1, len(ids))] + [-100]


@exercise("7.4", row_inputs)
def make_targets(ids, prompt_length, n_padding):
    return counted(ids, prompt_length, len(ids) - n_padding)


@make_targets.mistake("you did not shift: the target of a position is the token after "
                      "it")
def _(ids, prompt_length, n_padding):
    return [-100, *make_targets(ids, prompt_length, n_padding)[:-1]]


@make_targets.mistake("you shifted the wrong way: the target is the token after, not "
                      "before")
def _(ids, prompt_length, n_padding):
    stop = len(ids) - n_padding
    kept = [ids[i] if prompt_length <= i < stop else -100 for i in range(len(ids))]
    return [-100, *kept[:-1]]


@make_targets.mistake("you masked the real end-of-text as well: the model never learns "
                      "to stop")
def _(ids, prompt_length, n_padding):
    return counted(ids, prompt_length, len(ids) - n_padding - 1)


@make_targets.mistake("you masked one position too many: the prompt's last token has "
                      "the first answer token as its target")
def _(ids, prompt_length, n_padding):
    return counted(ids, prompt_length + 1, len(ids) - n_padding)


@make_targets.mistake("you masked one position too few: the prompt's last token still "
                      "counts as a target")
def _(ids, prompt_length, n_padding):
    return counted(ids, prompt_length - 1, len(ids) - n_padding)


@make_targets.mistake("you looked for the end by its value: the prompt may hold an "
                      "end-of-text, too")
def _(ids, prompt_length, n_padding):
    return counted(ids, prompt_length, ids.index(ids[-1]) + 1)


@make_targets.mistake("the prompt counts: mask targets that are prompt tokens")
def _(ids, prompt_length, n_padding):
    return counted(ids, 0, len(ids) - n_padding)


@make_targets.mistake("the padding counts: mask it, all but the one real end-of-text")
def _(ids, prompt_length, n_padding):
    return counted(ids, prompt_length, len(ids))


@make_targets.mistake("the first token of the padding still counts: the model would "
                      "learn to end twice")
def _(ids, prompt_length, n_padding):
    return counted(ids, prompt_length, len(ids) - n_padding + 1)


@make_targets.mistake("without padding you mask everything: [-0:] is the whole row")
def _(ids, prompt_length, n_padding):
    return counted(ids, prompt_length, len(ids) - n_padding if n_padding else 0)
