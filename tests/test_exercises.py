"""Every solution passes; every stub, mistake and replayed answer is rejected."""

import copy
import functools
import random
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import nbformat
import numpy as np
import pytest
import torch
from mutants import mutants
from right_answers import RIGHT, RIGHT_ALL_THE_SAME

from exercises import EXERCISES, judge
from exercises.judge import (
    TRIES,
    Exercise,
    TimeUp,
    as_numbers,
    difference,
    outcome,
    same,
    time_limit,
)
from tools.course import PAGES

each_exercise = pytest.mark.parametrize("exercise", EXERCISES.values(),
                                        ids=lambda e: e.number)
MISTAKES = [(e, message) for e in EXERCISES.values() for message in e.mistakes]


def unsolved(*case):
    raise NotImplementedError


@each_exercise
def test_a_right_answer_passes_and_randomness_is_left_alone(exercise):
    before = torch.get_rng_state()
    for _ in range(3):
        assert exercise.judge(exercise.solution) == (
            f"{exercise.number} ✓ right on {TRIES} fresh inputs")
    assert torch.equal(before, torch.get_rng_state())


@each_exercise
def test_a_stub_is_not_attempted_yet(exercise):
    assert exercise.judge(unsolved) == f"{exercise.number} not attempted yet"


@pytest.mark.parametrize("exercise, message", MISTAKES,
                         ids=[f"{e.number}: {m[:40]}" for e, m in MISTAKES])
def test_a_mistake_is_told_in_its_own_words(exercise, message):
    for _ in range(3):
        assert exercise.judge(exercise.mistakes[message]) == (
            f"{exercise.number} ✗ {message}")


@each_exercise
def test_an_answer_cannot_be_hard_coded(exercise):
    """What was right for one input is wrong for the next; nothing at all, too."""
    case = exercise.make_inputs(random.Random(), TRIES - 1)
    replayed = outcome(exercise, case)
    for constant in (replayed, None, 0):
        verdict = exercise.judge(lambda *case, constant=constant: constant)
        assert verdict.startswith(f"{exercise.number} ✗ ")


def as_list(value):
    """Tensors and tuples as lists."""
    if torch.is_tensor(value):
        return value.tolist()
    return [*map(as_list, value)] if isinstance(value, (list, tuple)) else value


def as_tuple(value):
    """Tensors and lists as tuples of their entries."""
    if isinstance(value, (list, tuple)) or torch.is_tensor(value) and value.dim():
        return tuple(map(as_tuple, value))
    return value


def one_by_one(value):
    """Everything with entries as a generator of them."""
    if isinstance(value, (list, tuple)) or torch.is_tensor(value) and value.dim():
        return (entry for entry in value)
    return value


def as_arrays(value):
    """Numbers as NumPy's; bytes as a bytearray."""
    if isinstance(value, bytes):
        return bytearray(value)
    if torch.is_tensor(value) or as_numbers(value) is None:
        if isinstance(value, (list, tuple)):
            return [*map(as_arrays, value)]
        return value.numpy() if torch.is_tensor(value) else value
    return np.array(value)[()]


def as_tensors(value):
    """Numbers as tensors."""
    if isinstance(value, tuple):
        return tuple(map(as_tensors, value))
    return value if as_numbers(value) is None else as_numbers(value)


def in_other_forms(exercise):
    """The solution, with its result in each form that makes a difference."""
    result = exercise(*exercise.make_inputs(random.Random(), TRIES - 1))
    for form in (as_list, as_tuple, one_by_one, as_arrays, as_tensors):
        if type(form(result)) is not type(result):
            yield lambda *inputs, form=form: form(exercise(*inputs))
    if "inputs" not in exercise.exact:
        yield lambda *inputs: (copy.deepcopy(exercise(*inputs)), spoil(inputs))[0]


def spoil(value):
    """Write over everything that can be written over."""
    if torch.is_tensor(value):
        value.zero_()
    if isinstance(value, (list, tuple)):
        for entry in value:
            spoil(entry)
    if isinstance(value, (list, dict)):
        value.clear()


@each_exercise
def test_right_answers_of_other_make_pass(exercise):
    answers = [*RIGHT[exercise.number], *in_other_forms(exercise)]
    assert len(answers) >= 5
    for answer in answers * 3:
        assert exercise.judge(answer) == (
            f"{exercise.number} ✓ right on {TRIES} fresh inputs")


@each_exercise
def test_right_answers_that_were_broken_are_rejected(exercise):
    """What passes though it is broken must be known to be right all the same."""
    cases, wanted, _ = exercise.draw()
    rejected, passed = 0, set()
    for answer in RIGHT[exercise.number]:
        for what, mutant in mutants(answer):
            if (survives(exercise, mutant, cases, wanted)
                    and survives(exercise, mutant, *exercise.draw()[:2])):
                passed.add(what.partition(": ")[2])
            else:
                rejected += 1
    assert rejected >= 5
    passed -= RIGHT_ALL_THE_SAME.get(exercise.number, {}).keys()
    assert not passed, ("these broken answers pass: draw inputs that tell them apart, "
                        "or say in right_answers.RIGHT_ALL_THE_SAME why they are right")


def survives(exercise, answer, cases, wanted):
    """Whether the answer gives all the right results, and in time."""
    try:
        with time_limit(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return exercise.agree(exercise.results(answer, cases), wanted)
    except TimeUp:
        return False


# Judging


TOY = Exercise("0.1", lambda n: 2 * n, lambda rng, case: (case + 1,))


def test_an_answer_is_stopped_in_time(monkeypatch):
    monkeypatch.setattr(judge, "TIME_LIMIT", 0.2)
    def endless(n):
        while True:
            n += 1

    def stubborn(n):
        while True:
            with suppress(BaseException):
                n += 1

    def in_a_thread(answer):
        with ThreadPoolExecutor() as pool:
            return pool.submit(TOY.judge, answer).result()

    for verdict in (TOY.judge(endless), in_a_thread(endless)):
        assert verdict.startswith("0.1 ✗ stopped after 0.2 seconds")
        assert re.search(r"in line \d+: (while True:|n \+= 1)", verdict)
    assert TOY.judge(stubborn).startswith("0.1 ✗ ")
    assert TOY.judge(lambda n: n + n).startswith("0.1 ✓")


def test_an_interrupt_passes_through():
    def interrupted(n):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        TOY.judge(interrupted)


def test_only_the_stub_is_not_attempted_yet():
    def with_reason(n):
        raise NotImplementedError("later")

    def by_torch(n):
        return torch.ones(n, dtype=torch.long).softmax(-1)

    def by_another(n):
        return unsolved(n)

    assert TOY.judge(unsolved) == "0.1 not attempted yet"
    assert TOY.judge(functools.wraps(unsolved)(lambda n: unsolved(n))) == (
        "0.1 not attempted yet")
    assert "NotImplementedError: later\n    in line" in TOY.judge(with_reason)
    assert 'implemented for \'Long\'\n    in line' in TOY.judge(by_torch)
    assert "return torch.ones(n, dtype=torch.long).softmax(-1)" in TOY.judge(by_torch)
    assert TOY.judge(by_another).startswith("0.1 ✗ NotImplementedError")


def test_a_mismatch_shows_what_was_expected_what_came_and_for_which_inputs():
    assert TOY.judge(lambda n: n) == "0.1 ✗ expected 2, got 1\n    for n = 1"
    assert "it returned None: is the `return` missing" in TOY.judge(lambda n: None)
    assert difference((1, torch.ones(9, 9)), (1, torch.eye(9))) == (
        "part 2 of 2: the shape is right, but 89% of the entries are not: "
        "at [0, 1] expected 0, got 1")
    assert difference(torch.ones(2), torch.ones(3)) == "expected shape (3), got (2)"
    assert difference([1, "a"], [1, "b"]) == "expected [1, 'b'], got [1, 'a']"


def test_whole_numbers_and_what_must_be_exact():
    assert not same(10**6 + 1, 10**6) and same(1e6, 10**6) and not same(1e6 + .1, 10**6)
    assert same(1 + 1e-6, 1.0) and not same(1 + 1e-3, 1.0)
    assert not same(1e-9, 1e-8) and same([1.0, 1e-9], [1.0, 1e-8])
    mask = torch.tensor([[True, False]])
    assert same(mask.float(), mask) and not same(mask.float(), mask, ("dtype",))
    assert same(mask[0], mask) and not same(mask[0], mask, ("shape",))
    assert same(3, torch.tensor(3), ("dtype",)) and not same(3.0, 3, ("dtype",))
    assert same([[True, False]], mask, ("dtype", "shape"))


def test_numbers_may_come_in_any_container():
    assert same([1, 2.0], torch.tensor([[1.0, 2.0]]))
    assert same((torch.ones(2), torch.zeros(2)), torch.tensor([[1, 1], [0, 0]]))
    assert same({"a": [1]}, {"a": (1.0,)}) and same("a", "a")
    assert not same([1, 2], [1, 2.001]) and not same("a", "b") and not same(None, 0)
    assert not same(torch.ones(2, 3), torch.ones(3, 2))


def cells_of(path):
    return {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}


def printed_by(cell):
    """What a cell printed, which may be stored in several pieces."""
    return "".join(output.text for output in cell.outputs)


def test_there_are_enough():
    assert len(EXERCISES) >= 30
    for page in PAGES:
        number = page.name.lstrip("0").partition("_")[0]
        least = 3 if number.isdigit() else 0
        assert sum(n.partition(".")[0] == number for n in EXERCISES) >= least
    assert all(len(e.mistakes) >= 2 for e in EXERCISES.values())


@each_exercise
def test_its_notebook_states_hints_stubs_and_solves_it(exercise):
    chapter, k = exercise.number.split(".")
    path = next(p for p in PAGES if p.name.lstrip("0").startswith(chapter + "_"))
    cells, cell = cells_of(path), f"exercise-{chapter}-{k}"
    statement, stub = cells[cell].source, cells[cell + "-stub"]
    assert re.match(rf"### Exercise {re.escape(exercise.number)} · .+ "
                    r"\(\d+ minutes, [★☆]{3}\)\n", statement)
    assert "<summary>Hint</summary>" in statement
    assert "raise NotImplementedError" in stub.source and "input(" not in stub.source
    assert printed_by(stub) == f"{exercise.number} not attempted yet\n"
    assert "<summary>The solution, explained</summary>" in cells[cell + "-why"].source
    solution = cells[cell + "-solution"]
    assert solution.metadata["jupyter"]["source_hidden"]
    assert printed_by(solution).startswith(f"{exercise.number} ✓ ")
