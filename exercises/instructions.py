"""Exercises of elective E, instructions and preferences. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

import torch

from exercises.judge import exercise, randn

IGNORE = -100


def example_inputs(rng, case):
    """Ids of a prompt and of a response, the end-of-text id, and a row's length; also a
    prompt or a response of one token, and rows that are exactly full."""
    eot, *ids = rng.sample(range(50), 12)
    prompt = [eot] + ids[:0 if case == 0 else rng.randint(3, 6)]
    response = ids[6:7 if case == 1 else rng.randint(8, 11)]
    spare = 0 if case in (2, 3) else rng.randint(2, 4)
    return prompt, response, eot, len(prompt) + len(response) + spare


def row(prompt, response, eot, length, later=0, first=None, shift=1, stop=True,
        filler=IGNORE):
    """Labels from the last token of the prompt on, the next token's id at each."""
    ids = [*prompt, *response] + [eot] * stop
    first = len(prompt) - 1 + later if first is None else first
    labels = [ids[t + shift] if first <= t < len(ids) - shift else IGNORE
              for t in range(length)]
    for t in range(len(ids) - shift, length):
        labels[t] = filler
    return labels


@exercise("E.1", example_inputs)
def labels(prompt, response, eot, length):
    return row(prompt, response, eot, length)


labels.mistakes_of(row, {
    "the first label stands on the last token of the prompt, since that one "
    "predicts the response's first: yours begins one later": {"later": 1},
    "the labels are the inputs themselves: at each position the NEXT token is "
    "wanted": {"later": 1, "shift": 0},
    "the end-of-text token is no label of yours: the model never learns to stop":
        {"stop": False},
    "the prompt's tokens are labels, too: the model is to answer, not to ask":
        {"first": 0}})


@labels.mistake("the padding is labelled, too: the end-of-text token is a label once, "
                "the rest is -100")
def _(prompt, response, eot, length):
    return row(prompt, response, eot, length, filler=eot)


def logits_inputs(rng, case):
    """Logits (B, T, V), and labels of which each row has another number; also none, at
    the very start and end, and logits so large that a probability is 0."""
    B, T, V = rng.randint(2, 4), rng.randint(6, 8), rng.randint(5, 8)
    logits = (100 if case == 1 else 2) * randn(rng, B, T, V)
    targets = torch.full((B, T), IGNORE)
    for b in range(B):
        first, n = rng.randint(1, 3), 1 + (b + rng.randint(0, 1)) % 3
        targets[b, first : first + n] = torch.tensor(
            [rng.randrange(V) for _ in range(n)])
    if case == 0:
        targets[0] = IGNORE
    if case == 2:
        targets[:, 0] = targets[:, -1] = 0
    return logits, targets


def picked(logits, targets):
    """(log-probabilities of the labels with 0 where there is none, which count)."""
    keep, z = targets != IGNORE, logits.log_softmax(-1)
    chosen = z.gather(-1, targets.clamp(min=0)[..., None])[..., 0]
    return chosen * keep, keep


@exercise("E.2", logits_inputs)
def sequence_logprobs(logits, targets):
    return picked(logits, targets)[0].sum(-1)


@sequence_logprobs.mistake("you took the mean: the log-probability of a sequence is "
                           "the sum over its tokens")
def _(logits, targets):
    chosen, keep = picked(logits, targets)
    return chosen.sum(-1) / keep.sum(-1)


@sequence_logprobs.mistake("positions without a label count as well: -100 became an id "
                           "that can be looked up")
def _(logits, targets):
    z = logits.log_softmax(-1)
    return z.gather(-1, targets.clamp(min=0)[..., None])[..., 0].sum(-1)


@sequence_logprobs.mistake("one number for the whole batch: each row has its own")
def _(logits, targets):
    return picked(logits, targets)[0].sum()


@sequence_logprobs.mistake("you summed logits: without the softmax they are no "
                           "log-probabilities")
def _(logits, targets):
    keep = targets != IGNORE
    chosen = logits.gather(-1, targets.clamp(min=0)[..., None])[..., 0]
    return (chosen * keep).sum(-1)


@sequence_logprobs.mistake("you summed probabilities: they multiply, so their "
                           "logarithms add up")
def _(logits, targets):
    chosen, keep = picked(logits, targets)
    return (chosen.exp() * keep).sum(-1)


@sequence_logprobs.mistake("the sign: this is the cross-entropy of each row, not its "
                           "log-probability")
def _(logits, targets):
    return -picked(logits, targets)[0].sum(-1)


def pairs_inputs(rng, case):
    """Four log-probabilities of n pairs, as policy and reference give them; also a
    policy that is the reference still, and one that has gone far from it."""
    n = rng.randint(3, 6)
    ref_chosen, ref_rejected = (-12 + 3 * randn(rng, n) for _ in range(2))
    far = {0: 0, 1: 10}.get(case, 2)
    return (ref_chosen + far * randn(rng, n), ref_rejected + far * randn(rng, n),
            ref_chosen, ref_rejected, rng.uniform(0.2, 0.6))


def margin(chosen, rejected, ref_chosen, ref_rejected, beta):
    """The margin of each pair, in nats times beta."""
    return beta * ((chosen - ref_chosen) - (rejected - ref_rejected))


@exercise("E.3", pairs_inputs)
def gradient_of_chosen(chosen, rejected, ref_chosen, ref_rejected, beta):
    m = margin(chosen, rejected, ref_chosen, ref_rejected, beta)
    return -beta * torch.sigmoid(-m)


@gradient_of_chosen.mistake("the sigmoid of the margin itself: a pair that is right "
                            "already must pull less, not more")
def _(*case):
    return -case[-1] * torch.sigmoid(margin(*case))


@gradient_of_chosen.mistake("the factor beta is missing: it stands inside the sigmoid, "
                            "and the chain rule brings it out once more")
def _(*case):
    return -torch.sigmoid(-margin(*case))


@gradient_of_chosen.mistake("the sign: the loss must fall when the chosen response "
                            "gets likelier, so its gradient is negative")
def _(*case):
    return -gradient_of_chosen(*case)


@gradient_of_chosen.mistake("the reference is missing from the margin")
def _(chosen, rejected, ref_chosen, ref_rejected, beta):
    return -beta * torch.sigmoid(-beta * (chosen - rejected))


@gradient_of_chosen.mistake("you gave the loss: its derivative with respect to the "
                            "chosen response's log-probability is asked")
def _(*case):
    return -torch.nn.functional.logsigmoid(margin(*case))


def rewards_inputs(rng, case):
    """Log-probabilities of n responses under the reference, their rewards, beta; also
    equal rewards, and one response alone."""
    n = 1 if case == 1 else rng.randint(3, 6)
    rewards = torch.ones(n) if case == 0 else 2 * randn(rng, n)
    return randn(rng, n).log_softmax(0), rewards, rng.uniform(0.3, 0.8)


def policy(ref_logprobs, rewards, beta, weigh):
    """Probabilities from what `weigh` makes of reference, reward and beta."""
    return weigh(ref_logprobs, rewards, beta).softmax(0)


@exercise("E.4", rewards_inputs)
def best_policy(ref_logprobs, rewards, beta):
    return (ref_logprobs + rewards / beta).softmax(0)


best_policy.mistakes_of(policy, {
    "you multiplied by beta: a small beta trusts the rewards more, so it divides":
        {"weigh": lambda z, r, beta: z + r * beta},
    "the reference is missing: what it never says stays unlikely":
        {"weigh": lambda z, r, beta: r / beta},
    "you divided the reference's logarithm by beta as well: only the reward is":
        {"weigh": lambda z, r, beta: (z + r) / beta},
    "beta is missing: it says how much of the reference is kept":
        {"weigh": lambda z, r, beta: z + r}})


@best_policy.mistake("it does not sum to 1: divide by Z")
def _(ref_logprobs, rewards, beta):
    return (ref_logprobs + rewards / beta).exp()


@best_policy.mistake("you took the reference's logarithm for its probability")
def _(ref_logprobs, rewards, beta):
    weights = ref_logprobs * (rewards / beta).exp()
    return weights / weights.sum()


@best_policy.mistake("those are log-probabilities: the probabilities are asked")
def _(ref_logprobs, rewards, beta):
    return (ref_logprobs + rewards / beta).log_softmax(0)
