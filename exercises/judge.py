"""How an exercise is judged: by running an answer beside the right one and the classic
wrong ones, on inputs that are drawn afresh each time."""

import copy
import ctypes
import inspect
import linecache
import os
import random
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce
from itertools import combinations

import torch

TRIES = 8                       # fresh inputs for each judgement
TIME_LIMIT = 10                 # seconds for all of them
RTOL, ATOL = 1e-4, 1e-5         # relative to an entry, and to the largest one
EXERCISES: dict[str, "Exercise"] = {}       # number -> exercise


@dataclass
class Exercise:
    """One exercise: its solution, fresh inputs for it, and the classic mistakes.

    `make_inputs(rng, case)` returns the arguments of one call. `rng` is a
    `random.Random`; `case` counts 0, ..., TRIES - 1 in each judgement, so that every
    kind of input, and every boundary, comes up in each. `mistakes` maps what is said
    about a mistake to a function that makes it. What `exact` names must agree, too:
    "dtype" (truth values, whole numbers and fractions differ), "shape" (axes of size 1
    count), "inputs" (the arguments as the answer leaves them behind).
    An exercise can be called like the function that it asks for.
    """
    number: str
    solution: Callable
    make_inputs: Callable[[random.Random, int], tuple]
    exact: tuple[str, ...] = ()
    mistakes: dict[str, Callable] = field(default_factory=dict)

    def __call__(self, *inputs):
        return self.solution(*inputs)

    def mistake(self, sentence: str) -> Callable:
        """Decorate a wrong answer with the sentence that names its mistake."""
        def register(wrong: Callable) -> Callable:
            self.mistakes[sentence] = wrong
            return wrong
        return register

    def mistakes_of(self, function: Callable, options: dict[str, dict]):
        """The answers that `function` gives with wrong options, by their sentences."""
        for sentence, wrong in options.items():
            self.mistakes[sentence] = with_options(function, wrong)

    def results(self, answer: Callable, cases: list[tuple]) -> list:
        """What the answer makes of each case."""
        return [outcome(answer, case, self.exact) for case in cases]

    def agree(self, got: list, wanted: list) -> bool:
        """Whether the results of two answers are the same in every case."""
        return all(same(g, w, self.exact) for g, w in zip(got, wanted, strict=True))

    def draw(self) -> tuple[list[tuple], list, dict[str, list]]:
        """Fresh cases, the right results, and those of each mistake: all different."""
        rng = random.Random()
        for _ in range(20):
            cases = [self.make_inputs(rng, case) for case in range(TRIES)]
            wanted = self.results(self.solution, cases)
            wrong = {s: self.results(f, cases) for s, f in self.mistakes.items()}
            pairs = combinations([wanted, *wrong.values()], 2)
            if not any(self.agree(a, b) for a, b in pairs):
                break
        return cases, wanted, wrong

    def judge(self, answer: Callable) -> str:
        """Not attempted yet, right, or what is wrong."""
        cases, wanted, wrong = self.draw()
        try:
            with time_limit(TIME_LIMIT):
                got = self.results(answer, cases)
        except TimeUp as stop:
            return f"{self.number} ✗ {too_slow(stop, answer)}"
        if any(is_stub(result, answer) for result in got):
            return f"{self.number} not attempted yet"
        if self.agree(got, wanted):
            return f"{self.number} ✓ right on {TRIES} fresh inputs"
        for sentence, results in wrong.items():
            if self.agree(got, results):
                return f"{self.number} ✗ {sentence}"
        return f"{self.number} ✗ {self.explain(answer, cases, got, wanted)}"

    def explain(self, answer, cases, got, wanted) -> str:
        """What is wrong in the case that is told in the fewest words."""
        return min((f"{self.report(g, w, answer)}\n    for {self.inputs_of(case)}"
                    for case, g, w in zip(cases, got, wanted, strict=True)
                    if not same(g, w, self.exact)), key=len)

    def report(self, got, wanted, answer: Callable) -> str:
        """What is wrong about one result."""
        if isinstance(got, Exception):
            return f"{type(got).__name__}: {got}{place(got, answer)}"
        if "inputs" in self.exact:              # both are pairs: the result, the inputs
            if same(got[0], wanted[0], self.exact):
                return "the result is right, but your code has changed its arguments"
            got, wanted = got[0], wanted[0]
        return difference(got, wanted, self.exact)

    def inputs_of(self, case: tuple) -> str:
        """The arguments of one call, in short."""
        names = inspect.signature(self.solution).parameters
        return ", ".join(f"{n} = {brief(v)}" for n, v in zip(names, case, strict=True))


def exercise(number: str, make_inputs: Callable, exact: tuple[str, ...] = ()):
    """Decorate a solution: it becomes the exercise of that number."""
    def register(solution: Callable) -> Exercise:
        if number in EXERCISES:
            raise ValueError(f"there is an exercise {number} already")
        EXERCISES[number] = Exercise(number, solution, make_inputs, exact)
        return EXERCISES[number]
    return register


def check(number: str, answer: Callable):
    """Print how `answer`, any callable, does on exercise `number`."""
    if number not in EXERCISES:
        raise ValueError(f"no exercise {number}: there are {sorted(EXERCISES)}")
    print(EXERCISES[number].judge(answer))


def with_options(function: Callable, options: dict) -> Callable:
    """The function with these keyword arguments."""
    return lambda *inputs: function(*inputs, **options)


# Running an answer


class TimeUp(BaseException):
    """An answer took too long. No `except Exception` in it may swallow this."""


@contextmanager
def time_limit(seconds: float):
    """Raise TimeUp in this thread if the body takes longer; on every system alike."""
    thread, done, lock = threading.get_ident(), threading.Event(), threading.Lock()

    def watch():
        for wait in (seconds, 1, 1):            # again, should a bare except eat it
            if done.wait(wait):
                return
            with lock:
                if not done.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        ctypes.c_ulong(thread), ctypes.py_object(TimeUp))

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        with lock:
            done.set()


def outcome(answer: Callable, inputs: tuple, exact: tuple[str, ...] = ()):
    """What the answer returns for a copy of the inputs, or the exception it raised.

    With "inputs" in `exact`, the inputs as they are afterwards belong to it."""
    inputs = copy.deepcopy(inputs)
    try:
        result = plain(answer(*inputs))
    except Exception as error:
        return error
    return (result, inputs) if "inputs" in exact else result


def plain(value):
    """Generators, ranges and NumPy's arrays as lists; all else as it is."""
    if isinstance(value, (Iterator, range)):
        value = list(value)
    if isinstance(value, (list, tuple)):
        return (list if isinstance(value, list) else tuple)(map(plain, value))
    if hasattr(value, "tolist") and not torch.is_tensor(value):
        return value.tolist()
    return bytes(value) if isinstance(value, bytearray) else value


# Comparing


def as_numbers(value) -> torch.Tensor | None:
    """Any numbers, nested or not, as a tensor; None for everything else."""
    if torch.is_tensor(value):
        return value.detach().cpu()
    if isinstance(value, float):
        return torch.tensor(value, dtype=torch.float64)
    if isinstance(value, int):                      # True and False, too
        return torch.tensor(value) if abs(value) < 2**63 else None
    parts = [as_numbers(v) for v in value] if isinstance(value, (list, tuple)) else []
    if not parts or any(p is None or p.shape != parts[0].shape for p in parts):
        return None
    dtype = reduce(torch.promote_types, (p.dtype for p in parts))
    return torch.stack([p.to(dtype) for p in parts])


def has_parts(value) -> bool:
    """True for a tuple, an empty list, and a list of anything but plain numbers."""
    return isinstance(value, tuple) or isinstance(value, list) and not (
        value and all(isinstance(v, (bool, int, float)) for v in value))


def parts_of(value) -> list | None:
    """The entries of a list, a tuple or a tensor; None for everything else."""
    if torch.is_tensor(value) and value.dim() > 0:
        return list(value)
    return list(value) if isinstance(value, (list, tuple)) else None


def same(got, wanted, exact: tuple[str, ...] = ()) -> bool:
    """Equal up to rounding; lists, tuples and tensors alike, axes of size 1 too."""
    if isinstance(got, Exception) or isinstance(wanted, Exception):
        return type(got) is type(wanted)
    if isinstance(got, dict) and isinstance(wanted, dict):
        return got.keys() == wanted.keys() and all(
            same(got[k], wanted[k], exact) for k in wanted)
    if has_parts(wanted):
        parts = parts_of(got)
        return parts is not None and len(parts) == len(wanted) and all(
            same(g, w, exact) for g, w in zip(parts, wanted, strict=True))
    x, y = as_numbers(got), as_numbers(wanted)
    if x is None or y is None:
        return type(got) is type(wanted) and got == wanted
    return not misfit(x, y, exact) and bool(agreeing(x, y).all())


def kind(x: torch.Tensor) -> str:
    """Truth values, whole numbers or fractions."""
    if x.dtype == torch.bool:
        return "truth values"
    return "fractions" if x.is_floating_point() else "whole numbers"


def misfit(x: torch.Tensor, y: torch.Tensor, exact: tuple[str, ...]) -> str:
    """How x differs from the right y in form, or nothing."""
    strict = "shape" in exact or x.squeeze().shape != y.squeeze().shape
    if strict and x.shape != y.shape:
        return f"expected shape ({shape_of(y)}), got ({shape_of(x)})"
    if "dtype" in exact and kind(x) != kind(y):
        return f"expected {kind(y)}, got {kind(x)} (look at the dtype)"
    return ""


def shape_of(x: torch.Tensor) -> str:
    """Its sizes, with commas."""
    return ", ".join(map(str, x.shape))


def agreeing(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Where x agrees with the right y: whole numbers exactly, others up to rounding."""
    x, y = (z.double() if z.is_floating_point() else z.long() for z in (x, y))
    x = x.reshape(y.shape)
    if not y.is_floating_point():
        return x == y
    scale = y[y.isfinite()].abs().max().item() if y.isfinite().any() else 0.0
    return torch.isclose(x.double(), y, RTOL, ATOL * scale + 1e-12, equal_nan=True)


# Explaining


def difference(got, wanted, exact: tuple[str, ...] = ()) -> str:
    """What to say about a wrong result that no listed mistake explains."""
    if got is None:
        return "it returned None: is the `return` missing?"
    parts = parts_of(got) if has_parts(wanted) else None
    both = f"{brief(got)}{brief(wanted)}"
    if parts is not None and (len(both) > 120 or "a tensor (" in both):
        if len(parts) != len(wanted):
            return f"expected {len(wanted)} parts, got {len(parts)}"
        at = next(i for i, pair in enumerate(zip(parts, wanted, strict=True))
                  if not same(*pair, exact))
        return f"part {at + 1} of {len(wanted)}: {difference(parts[at], wanted[at])}"
    x, y = as_numbers(got), as_numbers(wanted)
    if x is not None and y is not None and not has_parts(wanted):
        return misfit(x, y, exact) or wrong_entries(x, y)
    return f"expected {brief(wanted)}, got {brief(got)}"


def wrong_entries(x: torch.Tensor, y: torch.Tensor) -> str:
    """All entries if they are few; else the first wrong one, and how many there are."""
    if y.numel() <= 8:
        return f"expected {brief(y)}, got {brief(x.reshape(y.shape))}"
    right = agreeing(x, y)
    at = tuple((~right).nonzero()[0].tolist())
    return (f"the shape is right, but {(~right).double().mean():.0%} of the entries "
            f"are not: at {list(at)} expected {brief(y[at])}, "
            f"got {brief(x.reshape(y.shape)[at])}")


def brief(value, longest: int = 200) -> str:
    """A value as it can be read: numbers of a few digits, large tensors as shapes."""
    if torch.is_tensor(value):
        if value.numel() > 16:
            return f"a tensor ({shape_of(value)})"
        return brief(value.tolist())
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        text = ", ".join(brief(v) for v in value)
        text = f"[{text}]" if isinstance(value, list) else f"({text})"
    elif callable(value):
        text = "a function"
    else:
        text = repr(value)
    return text if len(text) <= longest else text[:longest - 1] + "…"


def code_of(answer: Callable):
    """The code object of the learner's own function, or None."""
    return getattr(inspect.unwrap(answer), "__code__", None)


def is_stub(result, answer: Callable) -> bool:
    """True for the stub's own bare raise; torch raises NotImplementedError, too."""
    if type(result) is not NotImplementedError or result.args:
        return False
    *_, (frame, _) = traceback.walk_tb(result.__traceback__)
    return frame.f_code is code_of(answer)


def place(error: BaseException, answer: Callable) -> str:
    """The last line of the learner's own code that an error went through."""
    code = code_of(answer)
    home = os.path.dirname(code.co_filename) if code else None
    for frame, number in reversed(list(traceback.walk_tb(error.__traceback__))):
        file = frame.f_code.co_filename
        if os.path.dirname(file) == home:
            line = linecache.getline(file, number).strip()
            return f"\n    in line {number}" + (f": {line}" if line else "")
    return ""


def too_slow(stop: TimeUp, answer: Callable) -> str:
    """What to say about an answer that was stopped."""
    return (f"stopped after {TIME_LIMIT} seconds: there is a loop that never ends, or "
            "the same work is done again and again. Try it on a tiny input first; keep "
            f"what was computed once.{place(stop, answer)}")


# Drawing inputs


def randn(rng: random.Random, *shape: int) -> torch.Tensor:
    """Standard normal numbers of that shape."""
    return torch.randn(shape, generator=generator(rng))


def generator(rng: random.Random) -> torch.Generator:
    """A torch generator with a fresh seed."""
    return torch.Generator().manual_seed(rng.getrandbits(63))
