"""How an exercise is judged: by running an answer beside the right one and the classic
wrong ones, on inputs that are drawn afresh each time."""

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

TRIES = 8                                   # fresh inputs for each judgement
EXERCISES: dict[str, "Exercise"] = {}       # number -> exercise


@dataclass
class Exercise:
    """One exercise: a right answer, fresh inputs for it, and its near-misses.

    `draw(rng)` returns the arguments of one call, `rng` being a `random.Random`.
    `misses` maps what is said about a mistake to a function that makes it.
    """
    number: str
    right: Callable
    draw: Callable[[random.Random], tuple]
    misses: dict[str, Callable] = field(default_factory=dict)

    def miss(self, message: str) -> Callable:
        """Decorate a wrong answer with the sentence that names its mistake."""
        def register(wrong: Callable) -> Callable:
            self.misses[message] = wrong
            return wrong
        return register

    def judge(self, answer: Callable) -> str:
        """One line: not attempted yet, right, or what is wrong."""
        rng = random.Random()
        cases = [self.draw(rng) for _ in range(TRIES)]
        got = [outcome(answer, case) for case in cases]
        if any(isinstance(result, NotImplementedError) for result in got):
            return f"{self.number} not attempted yet"
        wanted = [outcome(self.right, case) for case in cases]
        if all(map(same, got, wanted)):
            return f"{self.number} ✓ right on {TRIES} fresh inputs"
        for message, wrong in self.misses.items():
            if all(map(same, got, [outcome(wrong, case) for case in cases])):
                return f"{self.number} ✗ {message}"
        at = [same(g, w) for g, w in zip(got, wanted, strict=True)].index(False)
        return f"{self.number} ✗ {difference(got[at], wanted[at])}"


def exercise(number: str, draw: Callable) -> Callable[[Callable], Exercise]:
    """Decorate a right answer: it becomes the exercise of that number."""
    def register(right: Callable) -> Exercise:
        EXERCISES[number] = Exercise(number, right, draw)
        return EXERCISES[number]
    return register


def check(number: str, answer: Callable):
    """Print how `answer`, any callable, does on exercise `number`."""
    if number not in EXERCISES:
        raise ValueError(f"no exercise {number}: there are {', '.join(EXERCISES)}")
    print(EXERCISES[number].judge(answer))


def outcome(answer: Callable, case: tuple):
    """What the answer returns for a copy of the inputs, or the exception it raised."""
    try:
        return answer(*copy.deepcopy(case))
    except Exception as e:
        return e


def as_numbers(value) -> torch.Tensor | None:
    """Any numbers, nested or not, as a float64 tensor; None for everything else."""
    if isinstance(value, (str, bytes, dict)) or value is None:
        return None
    try:
        if isinstance(value, (list, tuple)) and any(map(torch.is_tensor, value)):
            value = torch.stack([torch.as_tensor(v) for v in value])
        return torch.as_tensor(value).detach().double()
    except (TypeError, ValueError, RuntimeError):
        return None


def same(a, b) -> bool:
    """Equal up to rounding; lists, tuples and tensors alike, axes of size 1 too."""
    if isinstance(a, Exception) or isinstance(b, Exception):
        return type(a) is type(b)
    x, y = as_numbers(a), as_numbers(b)
    if x is not None and y is not None:
        x, y = x.squeeze(), y.squeeze()
        return x.shape == y.shape and torch.allclose(x, y, 1e-4, 1e-5, equal_nan=True)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


def difference(got, wanted) -> str:
    """What to say about a wrong result that no near-miss explains."""
    if isinstance(got, Exception):
        return f"it raised {type(got).__name__}: {got}"
    if got is None:
        return "it returned None: is the `return` missing?"
    x, y = as_numbers(got), as_numbers(wanted)
    if x is None or y is None or y.numel() == 0:
        return f"expected {wanted!r:.60}, got {got!r:.60}"
    if x.squeeze().shape != y.squeeze().shape:
        return f"expected shape {tuple(y.shape)}, got {tuple(x.shape)}"
    if y.numel() == 1:
        return f"expected {y.item():.6g}, got {x.item():.6g}"
    wrong = (~torch.isclose(x.squeeze(), y.squeeze(), 1e-4, 1e-5)).double().mean()
    return f"the shape is right, but {wrong:.0%} of the entries are not"


def randn(rng: random.Random, *shape: int) -> torch.Tensor:
    """Standard normal numbers of that shape."""
    return torch.randn(shape, generator=generator(rng))


def generator(rng: random.Random) -> torch.Generator:
    """A torch generator with a fresh seed."""
    return torch.Generator().manual_seed(rng.getrandbits(63))
