"""Exercises of notebook 08: training."""

import math
from itertools import cycle

import torch

from exercises.core import exercise, randn

LAYERS = cycle([2, 3, 1, 4])
NORMS = cycle([("scale", "shift"), ("weight", "bias")])
PHASES = cycle(["warm-up", "stable", "decay", "last"])
FACTORS = cycle([(0.05, 0.15), (2.0, 5.0)])


def draw_shapes(rng):
    D, (scale, shift) = 8 * rng.randint(2, 9), next(NORMS)
    shapes = {"tok_emb.weight": (rng.randint(300, 900), D),
              "pos_emb.weight": (rng.randint(32, 99), D)}
    for i in range(next(LAYERS)):
        for name, shape in {"norm1": (), "att.W_qkv": (3 * D, D),
                            "att.out_proj": (D, D), "norm2": (),
                            "ff.layers.0": (4 * D, D),
                            "ff.layers.2": (D, 4 * D)}.items():
            weight, bias = ("weight", "bias") if shape else (scale, shift)
            shapes[f"blocks.{i}.{name}.{weight}"] = shape or (D,)
            shapes[f"blocks.{i}.{name}.{bias}"] = shape[:1] or (D,)
    return (shapes | {f"final_norm.{scale}": (D,), f"final_norm.{shift}": (D,)},)


@exercise("8.1", draw_shapes)
def decay_names(shapes):
    return sorted(name for name, shape in shapes.items() if len(shape) >= 2)


@decay_names.miss("you let everything decay: biases and norms must not")
def _(shapes):
    return sorted(shapes)


@decay_names.miss("you went by the name: a norm's scale is called `weight` in places, "
                  "and is still no matrix")
def _(shapes):
    return sorted(name for name in shapes if name.endswith("weight"))


@decay_names.miss("you left out biases, but norms must not decay either")
def _(shapes):
    return sorted(name for name in shapes if not name.endswith("bias"))


@decay_names.miss("you left out norms, but biases must not decay either")
def _(shapes):
    return sorted(name for name in shapes if "norm" not in name)


@decay_names.miss("embeddings are matrices: here they decay, too")
def _(shapes):
    return [name for name in decay_names.right(shapes) if "emb" not in name]


@decay_names.miss("those are the ones that do not decay")
def _(shapes):
    return sorted(name for name, shape in shapes.items() if len(shape) < 2)


@decay_names.miss("the right names, in the model's order: sort them")
def _(shapes):
    return [name for name, shape in shapes.items() if len(shape) >= 2]


def draw_wsd(rng):
    warmup, stable, decay = (rng.randint(4, 9) for _ in range(3))
    steps = warmup + stable + decay
    step = {"warm-up": rng.randint(0, warmup - 2),
            "stable": warmup + rng.randint(1, stable - 1),
            "decay": steps - rng.randint(2, decay - 1),
            "last": steps - 1}[next(PHASES)]
    return step, steps, warmup, decay, rng.uniform(0.5, 2)


@exercise("8.2", draw_wsd)
def wsd(step, steps, warmup, decay, max_lr):
    return max_lr * min((step + 1) / warmup, 1, (steps - step) / decay)


for message, wrong in {
        "your first step has a rate of zero: step 0 is one step of the warm-up already":
            lambda step, steps, warmup, decay: min(step / warmup, 1,
                                                   (steps - step) / decay),
        "the warm-up is missing":
            lambda step, steps, warmup, decay: min(1, (steps - step) / decay),
        "the decay is missing":
            lambda step, steps, warmup, decay: min((step + 1) / warmup, 1),
        "nothing is stable: you decay from the end of the warm-up on":
            lambda step, steps, warmup, decay: min((step + 1) / warmup,
                                                   (steps - step) / (steps - warmup)),
        "your last step has a rate of zero: zero is for the step after it":
            lambda step, steps, warmup, decay: min((step + 1) / warmup, 1,
                                                   (steps - step - 1) / decay),
        "you fall along a cosine; here the rate falls along a line":
            lambda step, steps, warmup, decay: min(
                (step + 1) / warmup, math.sin(
                    math.pi / 2 * min(1, (steps - step) / decay)) ** 2),
        "the decay runs upwards: count the steps that are left":
            lambda step, steps, warmup, decay: min(
                (step + 1) / warmup,
                1 if step < steps - decay else (step - steps + decay) / decay)}.items():
    wsd.miss(message)(
        lambda *case, wrong=wrong: case[-1] * wrong(*case[:-1]))


@wsd.miss("that is the share of max_lr: multiply by it")
def _(step, steps, warmup, decay, max_lr):
    return wsd.right(step, steps, warmup, decay, 1)


def norms(grads):
    """The norm of each gradient."""
    return torch.stack([g.norm() for g in grads])


def scaled(grads, norm, max_norm):
    """Gradients scaled so that what has this norm has at most max_norm."""
    return [g * (max_norm / norm).clamp(max=1) for g in grads]


def draw_gradients(rng):
    a, b = rng.randint(2, 4), rng.randint(5, 7)
    grads = [randn(rng, a, b), randn(rng, b), randn(rng, b, b)]
    factor = rng.uniform(*next(FACTORS))
    return grads, factor * norms(grads).norm().item()


@exercise("8.3", draw_gradients)
def clipped(grads, max_norm):
    return scaled(grads, norms(grads).norm(), max_norm)


@clipped.miss("you clipped each tensor by itself: one norm for all keeps the direction")
def _(grads, max_norm):
    return [scaled([g], g.norm(), max_norm)[0] for g in grads]


@clipped.miss("you clamped each entry, which turns the direction: scale them all alike")
def _(grads, max_norm):
    return [g.clamp(-max_norm, max_norm) for g in grads]


@clipped.miss("you scaled small gradients up: leave them alone below max_norm")
def _(grads, max_norm):
    return [g * max_norm / norms(grads).norm() for g in grads]


@clipped.miss("you added the norms: add their squares and take the root")
def _(grads, max_norm):
    return scaled(grads, norms(grads).sum(), max_norm)


@clipped.miss("the root is missing: you compared the squared norm with max_norm")
def _(grads, max_norm):
    return scaled(grads, norms(grads).norm() ** 2, max_norm)


@clipped.miss("you took the largest of the norms for the joint one")
def _(grads, max_norm):
    return scaled(grads, norms(grads).max(), max_norm)


@clipped.miss("you divided by the norm and forgot to multiply by max_norm")
def _(grads, max_norm):
    norm = norms(grads).norm()
    return [g / norm if norm > max_norm else g for g in grads]


def draw_update(rng):
    p, g, m, v = randn(rng, 4, rng.randint(5, 8)).unbind()
    return (p, g, m, v**2 + 0.2, rng.randint(1, 4), rng.uniform(0.1, 0.4),
            rng.uniform(0.6, 0.8), rng.uniform(0.85, 0.95), rng.uniform(0.2, 0.5),
            rng.uniform(0.3, 0.9))


def adam(p, g, m, v, t, lr, b1, b2, eps, decay=0.0, sign=-1, mix=True,
         power=2, root=True, inside=False, early=False):
    """One step of Adam, or one of the ways to get it wrong."""
    if mix:
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**power
    m = m / (1 - b1**t)
    fix = 1 - b2**t
    if inside:
        size = (v / fix + eps).sqrt()
    elif early:
        size = (v.sqrt() + eps) / fix**0.5
    else:
        size = (v / fix).sqrt() + eps if root else v / fix + eps
    return p * (1 - lr * decay) + sign * lr * m / size


@exercise("8.4", draw_update)
def adamw_step(p, g, m, v, t, lr, b1, b2, eps, decay):
    return adam(p, g, m, v, t, lr, b1, b2, eps, decay)


for message, options in {
        "m and v are the averages before this step: let g into them first":
            {"mix": False},
        "you averaged g into v as it is: v averages its square": {"power": 1},
        "you divided by v: divide by its root": {"root": False},
        "eps stands inside the root; add it after the root": {"inside": True},
        "you added eps before you corrected v: correct first": {"early": True},
        "you climbed: the step goes against the gradient": {"sign": 1}}.items():
    adamw_step.miss(message)(
        lambda *case, options=options: adam(*case, **options))


@adamw_step.miss("the division by 1 − βᵗ is missing: both averages start at zero and "
                 "are too small at first")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    return adam(p, g, m, v, 10**9, lr, b1, b2, eps, decay)


@adamw_step.miss("t is the number of this step already: you counted one more")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    return adam(p, g, m, v, t + 1, lr, b1, b2, eps, decay)


@adamw_step.miss("the new gradient gets 1 − β, the old average β: you exchanged them")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    m, v = (1 - b1) * m + b1 * g, (1 - b2) * v + b2 * g**2
    return adam(p, g, m, v, t, lr, b1, b2, eps, decay, mix=False)


@adamw_step.miss("the decay went into the gradient: that is Adam with L2; the W is for "
                 "shrinking p apart from it")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    return adam(p, g + decay * p, m, v, t, lr, b1, b2, eps)


@adamw_step.miss("the decay is missing: p shrinks as well")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    return adam(p, g, m, v, t, lr, b1, b2, eps)


@adamw_step.miss("p shrinks by lr · decay: you left out lr")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    return adam(p, g, m, v, t, lr, b1, b2, eps, decay / lr)


@adamw_step.miss("you shrank what the step had moved already: it is the old p that "
                 "shrinks")
def _(p, g, m, v, t, lr, b1, b2, eps, decay):
    return adam(p, g, m, v, t, lr, b1, b2, eps) * (1 - lr * decay)


@exercise("8.5", lambda rng: ([rng.randint(5, 400) for _ in range(rng.randint(3, 6))],))
def micro_batch_weights(counts):
    return [count / sum(counts) for count in counts]


for message, wrong in {
        "those weights are equal: right only if all micro-batches hold equally many "
        "targets":
            lambda counts: [1 / len(counts) for _ in counts],
        "weights of 1 add the means up: they must sum to 1":
            lambda counts: [1 for _ in counts],
        "those are the counts: divide by their sum": lambda counts: counts,
        "you divided by the largest count; divide by their sum":
            lambda counts: [count / max(counts) for count in counts],
        "you divided by the number of micro-batches; divide by the number of tokens":
            lambda counts: [count / len(counts) for count in counts],
        "you divided by the mean count: the weights must sum to 1":
            lambda counts: [count * len(counts) / sum(counts) for count in counts],
        "it is the other way round: more tokens, more weight":
            lambda counts: [1 / count / sum(1 / c for c in counts) for count in counts],
        }.items():
    micro_batch_weights.miss(message)(wrong)
