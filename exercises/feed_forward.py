"""Exercises of notebook 04, feed-forward. Reading on spoils them.

The code here is the judge's right and wrong answers, written independently of the
notebook on purpose: do not deduplicate.
"""

from functools import partial
from math import pi, sqrt

import torch
from torch.nn.functional import gelu, silu

from exercises.judge import exercise, generator, randn


def curve_inputs(rng, case):
    """Many numbers of size 2 to 3, where the two GELUs differ; 0 and large ones."""
    if case == 0:
        return (torch.tensor([-20.0, -6.0, 0.0, 6.0, 20.0]),)
    large = 2 + torch.rand(16, generator=generator(rng))
    x = torch.cat([randn(rng, 8), large, -large])
    return (x.view(5, 8) if case == 1 else x,)


@exercise("4.1", curve_inputs)
def gelu_exact(x):
    return x / 2 * (1 + torch.erf(x / sqrt(2)))


@gelu_exact.mistake("that is the tanh form: close, but the exact GELU is asked")
def _(x):
    return gelu(x, approximate="tanh")


@gelu_exact.mistake("that is x · sigmoid(1.702 x), the coarser approximation of the "
                    "paper")
def _(x):
    return x * torch.sigmoid(1.702 * x)


@gelu_exact.mistake("you put x itself into erf: divide it by √2 first")
def _(x):
    return x / 2 * (1 + torch.erf(x))


@gelu_exact.mistake("you multiplied by √2 inside erf: divide")
def _(x):
    return x / 2 * (1 + torch.erf(x * sqrt(2)))


@gelu_exact.mistake("that is Φ(x), the probability alone: multiply it by x")
def _(x):
    return (1 + torch.erf(x / sqrt(2))) / 2


@gelu_exact.mistake("the one half is missing: 1 + erf runs from 0 to 2")
def _(x):
    return x * (1 + torch.erf(x / sqrt(2)))


@gelu_exact.mistake("the 1 is missing: erf alone runs from −1 to 1")
def _(x):
    return x / 2 * torch.erf(x / sqrt(2))


def tanh_and_slope(x):
    """The tanh of GELU's tanh form, and the derivative of what is inside it."""
    c = sqrt(2 / pi)
    return torch.tanh(c * (x + 0.044715 * x**3)), c * (1 + 3 * 0.044715 * x**2)


@exercise("4.2", curve_inputs)
def gelu_gradient(x):
    t, slope = tanh_and_slope(x)
    return (1 + t) / 2 + x / 2 * (1 - t**2) * slope


@gelu_gradient.mistake("that is the first term of the product rule: x also stands "
                       "inside the tanh")
def _(x):
    t, _ = tanh_and_slope(x)
    return (1 + t) / 2


@gelu_gradient.mistake("that is the second term of the product rule: the x in front "
                       "has a derivative, too")
def _(x):
    t, slope = tanh_and_slope(x)
    return x / 2 * (1 - t**2) * slope


@gelu_gradient.mistake("the inner derivative is missing: multiply by that of the "
                       "tanh's argument")
def _(x):
    t, _ = tanh_and_slope(x)
    return (1 + t) / 2 + x / 2 * (1 - t**2)


@gelu_gradient.mistake("the inner derivative lacks its factor √(2/π)")
def _(x):
    t, slope = tanh_and_slope(x)
    return (1 + t) / 2 + x / 2 * (1 - t**2) * slope / sqrt(2 / pi)


@gelu_gradient.mistake("the cube is missing in the inner derivative: it is not "
                       "constant")
def _(x):
    t, _ = tanh_and_slope(x)
    return (1 + t) / 2 + x / 2 * (1 - t**2) * sqrt(2 / pi)


@gelu_gradient.mistake("the derivative of x³ is 3x²: you lost the 3")
def _(x):
    t, _ = tanh_and_slope(x)
    slope = sqrt(2 / pi) * (1 + 0.044715 * x**2)
    return (1 + t) / 2 + x / 2 * (1 - t**2) * slope


@gelu_gradient.mistake("the derivative of tanh is 1 − tanh², you took 1 − tanh")
def _(x):
    t, slope = tanh_and_slope(x)
    return (1 + t) / 2 + x / 2 * (1 - t) * slope


@gelu_gradient.mistake("the second term lacks its factor x")
def _(x):
    t, slope = tanh_and_slope(x)
    return (1 + t) / 2 + (1 - t**2) * slope / 2


@gelu_gradient.mistake("that is the derivative of the exact GELU: the tanh form is "
                       "asked")
def _(x):
    return (1 + torch.erf(x / sqrt(2))) / 2 + x * torch.exp(-x**2 / 2) / sqrt(2 * pi)


def layer_inputs(rng, case):
    """x of one to three axes, and three matrices."""
    D, H = rng.randint(4, 6), rng.randint(7, 9)
    shape = {0: (D,), 1: (8, D)}.get(case, (2, 8, D))
    return (randn(rng, *shape), randn(rng, D, H), randn(rng, D, H) / 2,
            randn(rng, H, D))


def gated(x, W_gate, W_up, W_down, bend=silu):
    """A gated feed-forward with that bend."""
    return (bend(x @ W_gate) * (x @ W_up)) @ W_down


@exercise("4.3", layer_inputs)
def swiglu(x, W_gate, W_up, W_down):
    return gated(x, W_gate, W_up, W_down)


swiglu.mistakes_of(gated, {
    "your gate is a plain sigmoid, as in GLU: silu(z) is z · sigmoid(z)":
        {"bend": torch.sigmoid},
    "your gate is ReLU: take silu": {"bend": torch.relu},
    "your gate is the exact GELU: take silu": {"bend": gelu},
    "your gate is GELU in the tanh form: take silu":
        {"bend": partial(gelu, approximate="tanh")},
    "there is no silu: two linear branches multiplied": {"bend": torch.clone}})


@swiglu.mistake("your silu is on the up branch: it belongs on the gate")
def _(x, W_gate, W_up, W_down):
    return gated(x, W_up, W_gate, W_down)


@swiglu.mistake("your silu is on both branches: the up branch stays linear")
def _(x, W_gate, W_up, W_down):
    return (silu(x @ W_gate) * silu(x @ W_up)) @ W_down


@swiglu.mistake("you took silu of the product: take it of the gate, then multiply")
def _(x, W_gate, W_up, W_down):
    return silu((x @ W_gate) * (x @ W_up)) @ W_down


@swiglu.mistake("you added the two branches: multiply them")
def _(x, W_gate, W_up, W_down):
    return (silu(x @ W_gate) + x @ W_up) @ W_down


@swiglu.mistake("the up branch is missing: that is a plain feed-forward with silu")
def _(x, W_gate, W_up, W_down):
    return silu(x @ W_gate) @ W_down


def width_inputs(rng, case):
    """A width whose third is rounded down, rounded up, or whole."""
    return (3 * rng.randint(21, 250) + (1, 2, 0)[case % 3],)


@exercise("4.4", width_inputs, exact=("dtype",))
def matching_width(D):
    return 8 * round(D / 3)


@matching_width.mistake("that is GPT-2's own 4D: SwiGLU has three matrices, not two")
def _(D):
    return 4 * D


@matching_width.mistake("you compared with one D × 4D matrix: GPT-2's feed-forward has "
                        "two")
def _(D):
    return 8 * round(D / 6)


@matching_width.mistake("you rounded down: take the nearest multiple of 8")
def _(D):
    return 8 * (D // 3)


@matching_width.mistake("you rounded up: take the nearest multiple of 8")
def _(D):
    return 8 * -(-D // 3)


@matching_width.mistake("you did not round: take the nearest multiple of 8")
def _(D):
    return 8 * D / 3


@matching_width.mistake("you rounded to a whole number: take the nearest multiple of 8")
def _(D):
    return round(8 * D / 3)
