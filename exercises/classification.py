"""Exercises of elective D, classification. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

import torch

from exercises.judge import exercise, randn


def rows_inputs(rng, case):
    """Ids (B, T) that begin with pad and end in 0 or more of it, and pad; also one row,
    and rows without any padding."""
    pad, T = rng.randint(5, 9), rng.randint(7, 9)
    lengths = {0: [T], 1: [T, T]}.get(case, [T, 2, *rng.sample(range(3, T), 2)])
    rng.shuffle(lengths)
    rows = [[pad] + [rng.randrange(5) for _ in range(n - 1)] + [pad] * (T - n)
            for n in lengths]
    return torch.tensor(rows), pad


@exercise("D.1", rows_inputs, exact=("dtype", "shape"))
def last_positions(ids, pad):
    return (ids[:, 1:] != pad).sum(dim=1)


@last_positions.mistake("you took the last column: in a shorter row that is padding")
def _(ids, pad):
    return torch.full((len(ids),), ids.shape[1] - 1)


@last_positions.mistake("one too many: n tokens behind the first one end at position "
                        "n, so yours is the first padding, or lies outside")
def _(ids, pad):
    return last_positions(ids, pad) + 1


@last_positions.mistake("one too few: the first token is a pad that is no padding, and "
                        "you did not count it")
def _(ids, pad):
    return last_positions(ids, pad) - 1


@last_positions.mistake("every row gets the same position: the lengths differ, so keep "
                        "one number for each row")
def _(ids, pad):
    return torch.full((len(ids),), int(last_positions(ids, pad).min()))


def scores_inputs(rng, case):
    """Scores with ties between the classes, and labels 0 or 1; also nothing but ties,
    perfect scores, and one pair."""
    n = rng.randint(12, 20)
    labels = [1] * (n // 3) + [0] * (n - n // 3)
    scores = [rng.randrange(2, 9) / 10 + 0.1 * y for y in labels]
    scores += [0.45, 0.45]                                 # a tie, in any case
    labels += [0, 1]
    if case < 3:
        scores = {0: [0.7] * (n + 2), 1: [0.3 + y / 2 for y in labels],
                  2: [0.2, 0.8]}[case]
        labels = [1, 0] if case == 2 else labels
    order = rng.sample(range(len(labels)), len(labels))
    return [round(scores[i], 2) for i in order], [labels[i] for i in order]


def pairs_won(scores, labels, tie):
    """Share of (spam, ham) pairs in which spam scores higher; a tie is worth `tie`."""
    spam = [s for s, y in zip(scores, labels) if y]
    ham = [s for s, y in zip(scores, labels) if not y]
    won = sum(1.0 if s > h else tie if s == h else 0.0 for s in spam for h in ham)
    return won / (len(spam) * len(ham))


@exercise("D.2", scores_inputs)
def pair_auc(scores, labels):
    return pairs_won(scores, labels, 0.5)


@pair_auc.mistake("a tie counts one half: yours counts it as lost")
def _(scores, labels):
    return pairs_won(scores, labels, 0.0)


@pair_auc.mistake("a tie counts one half: yours counts it as won")
def _(scores, labels):
    return pairs_won(scores, labels, 1.0)


@pair_auc.mistake("you count the pairs in which ham scores higher: 1 minus what is "
                  "asked")
def _(scores, labels):
    return 1 - pairs_won(scores, labels, 0.5)


@pair_auc.mistake("you decided at 0.5 first: the area compares scores, not decisions")
def _(scores, labels):
    return pairs_won([float(s >= 0.5) for s in scores], labels, 0.5)


@pair_auc.mistake("you divided by all pairs of messages: only a spam with a ham is a "
                  "pair")
def _(scores, labels):
    n, k = len(labels), sum(labels)
    return pairs_won(scores, labels, 0.5) * k * (n - k) / (n * (n - 1) / 2)


@pair_auc.mistake("that is the accuracy at 0.5: here no threshold has a part")
def _(scores, labels):
    return sum((s >= 0.5) == bool(y) for s, y in zip(scores, labels)) / len(labels)


def labels_inputs(rng, case):
    """A list of 0 and 1 in any order; half of each, one 1, or few of them."""
    n = 2 * rng.randint(10, 30)
    k = {0: n // 2, 1: 1}.get(case, max(2, round((0.1, 0.2, 0.3)[case % 3] * n)))
    labels = [1] * k + [0] * (n - k)
    rng.shuffle(labels)
    return (labels,)


def weights_by(labels, rule):
    """[weight of ham, weight of spam] by rule(n of all, n of the class)."""
    return [rule(len(labels), labels.count(y)) for y in (0, 1)]


@exercise("D.3", labels_inputs)
def class_weights(labels):
    return weights_by(labels, lambda n, k: n / (2 * k))


class_weights.mistakes_of(weights_by, {
    "these are twice as large: with them the weights of all messages average 2, "
    "and with them the learning rate": {"rule": lambda n, k: n / k},
    "the ratio is right and the size is not: the weights of all messages must "
    "average 1": {"rule": lambda n, k: 1 / k},
    "you gave each class its own share: the common one now counts even more":
        {"rule": lambda n, k: 2 * k / n},
    "you exchanged the classes: the rare one needs the large weight":
        {"rule": lambda n, k: n / (2 * (n - k))},
    "a root makes it milder: the classes then still weigh differently":
        {"rule": lambda n, k: (n / (2 * k)) ** 0.5}})


@class_weights.mistake("you fixed ham at 1: the ratio is right, but the weights of all "
                       "messages must average 1")
def _(labels):
    return [1.0, labels.count(0) / labels.count(1)]


def adapter_inputs(rng, case):
    """W (out, in), A (r, in), B (out, r), alpha, r; W is square in one of two."""
    r, d_in, d_out = 1 + case % 4, rng.randint(4, 5), rng.randint(6, 7)
    d_out = d_in if case // 4 else d_out
    return (randn(rng, d_out, d_in), randn(rng, r, d_in), randn(rng, d_out, r),
            rng.choice((5.0, 6.0, 10.0)), r)


@exercise("D.4", adapter_inputs)
def merged(W, A, B, alpha, r):
    return W + alpha / r * B @ A


@merged.mistake("the factor alpha / r is missing")
def _(W, A, B, alpha, r):
    return W + B @ A


@merged.mistake("you scaled by alpha alone: divide by the rank, so that alpha means "
                "the same at any rank")
def _(W, A, B, alpha, r):
    return W + alpha * B @ A


@merged.mistake("you scaled by r / alpha: it is the other way round")
def _(W, A, B, alpha, r):
    return W + r / alpha * B @ A


@merged.mistake("that is the change alone: the frozen matrix is missing")
def _(W, A, B, alpha, r):
    return alpha / r * B @ A


@merged.mistake("yours is transposed: a Linear stores (out, in), and B A is already "
                "that")
def _(W, A, B, alpha, r):
    return merged(W, A, B, alpha, r).T


@merged.mistake("you scaled W, too: only the change has the factor")
def _(W, A, B, alpha, r):
    return alpha / r * (W + B @ A)
