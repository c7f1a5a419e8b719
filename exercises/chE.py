"""Exercises of elective E: instructions and preferences."""

import torch

from exercises.core import exercise, randn

IGNORE = -100


def draw_example(rng):
    """Ids of a prompt and of a response, the end-of-text id, and a row's length."""
    prompt = [0] + [rng.randrange(1, 50) for _ in range(rng.randint(3, 6))]
    response = [rng.randrange(1, 50) for _ in range(rng.randint(2, 5))]
    return prompt, response, 0, len(prompt) + len(response) + rng.randint(2, 4)


def row(prompt, response, eot, length, first=None, shift=1, stop=True, filler=IGNORE):
    """Labels from position `first` on, the next token's id at each."""
    ids = [*prompt, *response] + [eot] * stop
    first = len(prompt) - 1 if first is None else first
    labels = [ids[t + shift] if first <= t < len(ids) - shift else IGNORE
              for t in range(length)]
    for t in range(len(ids) - shift, length):
        labels[t] = filler
    return labels


@exercise("E.1", draw_example)
def labels(prompt, response, eot, length):
    return row(prompt, response, eot, length)


for message, options in {
        "the first label stands on the last token of the prompt, since that one "
        "predicts the response's first: yours begins one later":
            lambda p: {"first": len(p)},
        "the labels are the inputs themselves: at each position the NEXT token is "
        "wanted": lambda p: {"first": len(p), "shift": 0},
        "the end-of-text token is no label of yours: the model never learns to stop":
            lambda p: {"stop": False},
        "the fillers are labels, too: the end-of-text token is one once, the rest is "
        "-100": lambda p: {"filler": 0},
        "the prompt's tokens are labels, too: the model is to answer, not to ask":
            lambda p: {"first": 0}}.items():
    labels.miss(message)(
        lambda prompt, response, eot, length, options=options:
        row(prompt, response, eot, length, **options(prompt)))


def draw_logits(rng):
    """Logits (B, T, V), and labels of which each row has another number."""
    B, T, V = rng.randint(2, 4), rng.randint(6, 8), rng.randint(5, 8)
    logits, targets = 2 * randn(rng, B, T, V), torch.full((B, T), IGNORE)
    for b in range(B):
        first, n = rng.randint(1, 3), 1 + (b + rng.randint(0, 1)) % 3
        targets[b, first : first + n] = torch.tensor(
            [rng.randrange(V) for _ in range(n)])
    return logits, targets


def picked(logits, targets):
    """(log-probabilities of the labels with 0 where there is none, which count)."""
    keep, z = targets != IGNORE, logits.log_softmax(-1)
    chosen = z.gather(-1, targets.clamp(min=0)[..., None])[..., 0]
    return chosen * keep, keep


@exercise("E.2", draw_logits)
def sequence_logprobs(logits, targets):
    return picked(logits, targets)[0].sum(-1)


@sequence_logprobs.miss("you took the mean: the log-probability of a sequence is the "
                        "sum over its tokens")
def _(logits, targets):
    chosen, keep = picked(logits, targets)
    return chosen.sum(-1) / keep.sum(-1)


@sequence_logprobs.miss("positions without a label count as well: -100 became an id "
                        "that can be looked up")
def _(logits, targets):
    z = logits.log_softmax(-1)
    return z.gather(-1, targets.clamp(min=0)[..., None])[..., 0].sum(-1)


@sequence_logprobs.miss("one number for the whole batch: each row has its own")
def _(logits, targets):
    return picked(logits, targets)[0].sum()


@sequence_logprobs.miss("you summed logits: without the softmax they are no "
                        "log-probabilities")
def _(logits, targets):
    keep = targets != IGNORE
    chosen = logits.gather(-1, targets.clamp(min=0)[..., None])[..., 0]
    return (chosen * keep).sum(-1)


@sequence_logprobs.miss("you summed probabilities: they multiply, so their logarithms "
                        "add up")
def _(logits, targets):
    chosen, keep = picked(logits, targets)
    return (chosen.exp() * keep).sum(-1)


@sequence_logprobs.miss("the sign: this is the cross-entropy of each row, not its "
                        "log-probability")
def _(logits, targets):
    return -picked(logits, targets)[0].sum(-1)


def draw_pairs(rng):
    """Four log-probabilities of n pairs, as the policy and the reference give them."""
    n = rng.randint(3, 6)
    ref_chosen, ref_rejected = (-12 + 3 * randn(rng, n) for _ in range(2))
    return (ref_chosen + 2 * randn(rng, n), ref_rejected + 2 * randn(rng, n),
            ref_chosen, ref_rejected, rng.uniform(0.2, 0.6))


def margin(chosen, rejected, ref_chosen, ref_rejected, beta):
    return beta * ((chosen - ref_chosen) - (rejected - ref_rejected))


@exercise("E.3", draw_pairs)
def gradient_of_chosen(*case):
    return -case[-1] * torch.sigmoid(-margin(*case))


@gradient_of_chosen.miss("the sigmoid of the margin itself: a pair that is right "
                         "already must pull less, not more")
def _(*case):
    return -case[-1] * torch.sigmoid(margin(*case))


@gradient_of_chosen.miss("the factor beta is missing: it stands inside the sigmoid, "
                         "and the chain rule brings it out once more")
def _(*case):
    return -torch.sigmoid(-margin(*case))


@gradient_of_chosen.miss("the sign: the loss must fall when the chosen response gets "
                         "likelier, so its gradient is negative")
def _(*case):
    return case[-1] * torch.sigmoid(-margin(*case))


@gradient_of_chosen.miss("the reference is missing from the margin")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -beta * torch.sigmoid(-beta * (chosen - rejected))


@gradient_of_chosen.miss("you gave the loss: its derivative with respect to the chosen "
                         "response's log-probability is asked")
def _(*case):
    return -torch.nn.functional.logsigmoid(margin(*case))


def draw_rewards(rng):
    """Log-probabilities of n responses under the reference, their rewards, beta."""
    n = rng.randint(3, 6)
    return randn(rng, n).log_softmax(0), 2 * randn(rng, n), rng.uniform(0.3, 0.8)


@exercise("E.4", draw_rewards)
def best_policy(ref_logprobs, rewards, beta):
    return (ref_logprobs + rewards / beta).softmax(0)


for message, wrong in {
        "you multiplied by beta: a small beta trusts the rewards more, so it divides":
            lambda z, r, beta: (z + r * beta).softmax(0),
        "the reference is missing: what it never says stays unlikely":
            lambda z, r, beta: (r / beta).softmax(0),
        "it does not sum to 1: divide by Z": lambda z, r, beta: (z + r / beta).exp(),
        "you divided the reference's logarithm by beta as well: only the reward is":
            lambda z, r, beta: ((z + r) / beta).softmax(0),
        "you took the reference's logarithm for its probability":
            lambda z, r, beta: (z * (r / beta).exp()) / (z * (r / beta).exp()).sum(),
        "beta is missing: it says how much of the reference is kept":
            lambda z, r, beta: (z + r).softmax(0)}.items():
    best_policy.miss(message)(wrong)
