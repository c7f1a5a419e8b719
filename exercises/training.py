"""Exercises of notebook 08, training. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

import math
import statistics

import torch

from exercises.judge import TRIES, exercise, randn


def shapes_inputs(rng, case):
    """Shapes by name: a norm's scale may be a weight, and the norms be called ln."""
    D = 8 * rng.randint(2, 9)
    scale, shift = ("scale", "shift") if case % 2 else ("weight", "bias")
    norm1, norm2, final = (("norm1", "norm2", "final_norm") if case < TRIES // 2
                           else ("ln_1", "ln_2", "ln_f"))
    shapes = {"tok_emb.weight": (rng.randint(300, 900), D),
              "pos_emb.weight": (rng.randint(32, 99), D)}
    for i in range(1 + case % 4):
        for name, shape in {norm1: (), "att.W_qkv": (3 * D, D), "att.out_proj": (D, D),
                            norm2: (), "ff.layers.0": (4 * D, D),
                            "ff.layers.2": (D, 4 * D)}.items():
            weight, bias = ("weight", "bias") if shape else (scale, shift)
            shapes[f"blocks.{i}.{name}.{weight}"] = shape or (D,)
            shapes[f"blocks.{i}.{name}.{bias}"] = shape[:1] or (D,)
    return (shapes | {f"{final}.{scale}": (D,), f"{final}.{shift}": (D,)},)


@exercise("8.1", shapes_inputs)
def decay_names(shapes):
    return sorted(name for name, shape in shapes.items() if len(shape) >= 2)


@decay_names.mistake("you let everything decay: biases and norms must not")
def _(shapes):
    return sorted(shapes)


@decay_names.mistake("you went by the name: a norm's scale is called `weight` in "
                     "places, and is still no matrix")
def _(shapes):
    return sorted(name for name in shapes if name.endswith("weight"))


@decay_names.mistake("you left out biases, but norms must not decay either")
def _(shapes):
    return sorted(name for name in shapes if not name.endswith("bias"))


@decay_names.mistake("you left out norms, but biases must not decay either")
def _(shapes):
    return sorted(name for name in shapes if "norm" not in name)


@decay_names.mistake("embeddings are matrices: here they decay, too")
def _(shapes):
    return [name for name in decay_names(shapes) if "emb" not in name]


@decay_names.mistake("those are the ones that do not decay")
def _(shapes):
    return sorted(name for name, shape in shapes.items() if len(shape) < 2)


@decay_names.mistake("the right names, in the model's order: sort them")
def _(shapes):
    return [name for name, shape in shapes.items() if len(shape) >= 2]


def wsd_inputs(rng, case):
    """A step of each part, and those beside the edges; nothing stable; least parts."""
    warmup, stable, decay = (rng.randint(4, 9) for _ in range(3))
    if case == 3:
        warmup = decay = 1
    if case == 7:
        stable = 0
    steps = warmup + stable + decay
    inside = ((0, warmup - 2), (warmup + 1, steps - decay - 2),
              (steps - decay + 2, steps - 2))
    edges = steps - 1, warmup - 1, warmup, steps - decay, steps - decay + 1
    step = rng.randint(*inside[case]) if case < 3 else edges[case - 3]
    return step, steps, warmup, decay, rng.uniform(0.5, 2)


def rate(step, steps, warmup, decay, max_lr, rise=lambda step, warmup: step + 1,
         fall=lambda left, decay: left / decay, length=lambda decay, rest: decay):
    """The least of what warm-up, max_lr and decay allow."""
    falling = length(decay, steps - warmup)
    return max_lr * min(rise(step, warmup) / warmup, 1, fall(steps - step, falling))


@exercise("8.2", wsd_inputs)
def wsd(step, steps, warmup, decay, max_lr):
    return rate(step, steps, warmup, decay, max_lr)


wsd.mistakes_of(rate, {
    "your first step has a rate of zero: step 0 is one step of the warm-up already":
        {"rise": lambda step, warmup: step},
    "the warm-up is missing": {"rise": lambda step, warmup: warmup},
    "the decay is missing": {"fall": lambda left, decay: 1},
    "nothing is stable: you decay from the end of the warm-up on":
        {"length": lambda decay, rest: rest},
    "your last step has a rate of zero: zero is for the step after it":
        {"fall": lambda left, decay: (left - 1) / decay},
    "you fall along a cosine; here the rate falls along a line":
        {"fall": lambda left, decay: math.sin(math.pi / 2 * min(1, left / decay))**2},
    "the decay runs upwards: count the steps that are left":
        {"fall": lambda left, decay: 1 if left > decay else 1 - left / decay}})


@wsd.mistake("you rise one step too long: step warmup - 1 is the first with max_lr")
def _(step, steps, warmup, decay, max_lr):
    if step <= warmup:
        return max_lr * (step + 1) / warmup
    return rate(step, steps, warmup, decay, max_lr)


@wsd.mistake("that is the share of max_lr: multiply by it")
def _(step, steps, warmup, decay, max_lr):
    return wsd(step, steps, warmup, decay, 1)


def norms(grads):
    """The norm of each gradient."""
    return torch.stack([g.norm() for g in grads])


def scaled(grads, norm, max_norm):
    """Gradients scaled so that what has this norm has at most max_norm."""
    return [g * (max_norm / norm).clamp(max=1) for g in grads]


def gradients_inputs(rng, case):
    """Gradients and a limit below their norm or above it; one of zeros; one alone."""
    a, b = rng.randint(2, 4), rng.randint(5, 7)
    grads = [randn(rng, a, b), randn(rng, b), randn(rng, b, b)]
    if case == 2:
        grads[1] *= 0
    grads = grads[:1] if case == 3 else grads
    factor = rng.uniform(*((0.05, 0.15), (2.0, 5.0))[case % 2])
    return grads, factor * norms(grads).norm().item()


@exercise("8.3", gradients_inputs)
def clipped(grads, max_norm):
    return scaled(grads, norms(grads).norm(), max_norm)


@clipped.mistake("you clipped each tensor by itself: one norm for all keeps the "
                 "direction")
def _(grads, max_norm):
    return [scaled([g], g.norm(), max_norm)[0] for g in grads]


@clipped.mistake("you clamped each entry, which turns the direction: scale them all "
                 "alike")
def _(grads, max_norm):
    return [g.clamp(-max_norm, max_norm) for g in grads]


@clipped.mistake("you scaled small gradients up: leave them alone below max_norm")
def _(grads, max_norm):
    return [g * max_norm / norms(grads).norm() for g in grads]


@clipped.mistake("you added the norms: add their squares and take the root")
def _(grads, max_norm):
    return scaled(grads, norms(grads).sum(), max_norm)


@clipped.mistake("the root is missing: you compared the squared norm with max_norm")
def _(grads, max_norm):
    return scaled(grads, norms(grads).norm() ** 2, max_norm)


@clipped.mistake("you took the largest of the norms for the joint one")
def _(grads, max_norm):
    return scaled(grads, norms(grads).max(), max_norm)


@clipped.mistake("you took the root of the mean of the squares: a norm has their sum")
def _(grads, max_norm):
    entries = sum(g.numel() for g in grads)
    return scaled(grads, norms(grads).norm() / entries**0.5, max_norm)


@clipped.mistake("you divided by the norm and forgot to multiply by max_norm")
def _(grads, max_norm):
    norm = norms(grads).norm()
    return [g / norm if norm > max_norm else g for g in grads]


def update_inputs(rng, case):
    """All of a step; also the first, a late one, one without decay or gradient."""
    p, g, m, v = randn(rng, 4, rng.randint(5, 8)).unbind()
    v = v**2 + 0.2
    if case == 0:
        m, v = torch.zeros_like(m), torch.zeros_like(v)
    if case == 1:
        g = torch.zeros_like(g)
    t = {0: 1, 2: 1000}.get(case, rng.randint(1, 4))
    return (p, g, m, v, t, rng.uniform(0.1, 0.4), rng.uniform(0.6, 0.8),
            rng.uniform(0.85, 0.95), rng.uniform(0.2, 0.5),
            0.0 if case == 3 else rng.uniform(0.3, 0.9))


def adam(p, g, m, v, t, lr, b1, b2, eps, decay=0.0, sign=-1, mix=True,
         power=2, root=True, inside=False, early=False, fix_m=True, fix_v=True):
    """One step of Adam, or one of the ways to get it wrong."""
    if mix:
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**power
    m = m / (1 - b1**t) if fix_m else m
    fix = 1 - b2**t if fix_v else 1
    if inside:
        size = (v / fix + eps).sqrt()
    elif early:
        size = (v.sqrt() + eps) / fix**0.5
    else:
        size = (v / fix).sqrt() + eps if root else v / fix + eps
    return p * (1 - lr * decay) + sign * lr * m / size


@exercise("8.4", update_inputs)
def adamw_step(p, g, m, v, t, lr, b1, b2, eps, decay):
    return adam(p, g, m, v, t, lr, b1, b2, eps, decay)


adamw_step.mistakes_of(adam, {
    "m and v are the averages before this step: let g into them first": {"mix": False},
    "you averaged g into v as it is: v averages its square": {"power": 1},
    "you divided by v: divide by its root": {"root": False},
    "eps stands inside the root; add it after the root": {"inside": True},
    "you added eps before you corrected v: correct first": {"early": True},
    "you corrected v and not m: both averages start at zero": {"fix_m": False},
    "you corrected m and not v: both averages start at zero": {"fix_v": False},
    "you climbed: the step goes against the gradient": {"sign": 1}})


@adamw_step.mistake("the division by 1 − βᵗ is missing: both averages start at zero "
                    "and are too small at first")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    return adam(p, g, m, v, 10**9, lr, b1, b2, eps, decay)


@adamw_step.mistake("t is the number of this step already: you counted one more")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    return adam(p, g, m, v, t + 1, lr, b1, b2, eps, decay)


@adamw_step.mistake("the new gradient gets 1 − β, the old average β: you exchanged "
                    "them")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    m, v = (1 - b1) * m + b1 * g, (1 - b2) * v + b2 * g**2
    return adam(p, g, m, v, t, lr, b1, b2, eps, decay, mix=False)


@adamw_step.mistake("the decay went into the gradient: that is Adam with L2; the W is "
                    "for shrinking p apart from it")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    return adam(p, g + decay * p, m, v, t, lr, b1, b2, eps)


@adamw_step.mistake("the decay is missing: p shrinks as well")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    return adam(p, g, m, v, t, lr, b1, b2, eps)


@adamw_step.mistake("p shrinks by lr · decay: you left out lr")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    return adam(p, g, m, v, t, lr, b1, b2, eps, decay / lr)


@adamw_step.mistake("that is the paper's faster form: it adds eps before v is "
                    "corrected, and you let p shrink after the step")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    return adam(p, g, m, v, t, lr, b1, b2, eps, early=True) * (1 - lr * decay)


@adamw_step.mistake("you shrank what the step had moved already: it is the old p that "
                    "shrinks")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    return adam(p, g, m, v, t, lr, b1, b2, eps) * (1 - lr * decay)


def counts_inputs(rng, case):
    """Numbers of targets: unequal, or one alone, or some equal."""
    counts = rng.sample(range(5, 400), rng.randint(3, 6))
    return (counts[:1] if case == 0 else counts + counts[:1] if case == 1 else counts,)


def shares(counts, divisor=sum):
    """Each count over that of all counts."""
    return [count / divisor(counts) for count in counts]


@exercise("8.5", counts_inputs)
def micro_batch_weights(counts):
    return shares(counts)


micro_batch_weights.mistakes_of(shares, {
    "those are the counts: divide by their sum": {"divisor": lambda counts: 1},
    "you divided by the largest count; divide by their sum": {"divisor": max},
    "you divided by the number of micro-batches; divide by the number of tokens":
        {"divisor": len},
    "you divided by the mean count: the weights must sum to 1":
        {"divisor": statistics.fmean}})


@micro_batch_weights.mistake("those weights are equal: right only if all micro-batches "
                             "hold equally many targets")
def _(counts):
    return [1 / len(counts) for _ in counts]


@micro_batch_weights.mistake("weights of 1 add the means up: they must sum to 1")
def _(counts):
    return [1 for _ in counts]


@micro_batch_weights.mistake("it is the other way round: more tokens, more weight")
def _(counts):
    return shares([1 / count for count in counts])
