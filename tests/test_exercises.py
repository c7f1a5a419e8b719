"""Every solution passes; every stub, mistake and replayed answer is rejected."""

import random
import re

import nbformat
import pytest
import torch

from exercises import EXERCISES
from exercises.judge import TRIES, outcome, same
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
    replayed = outcome(exercise, exercise.make_inputs(random.Random(), 0), exercise.exact)
    for constant in (replayed, None, 0):
        verdict = exercise.judge(lambda *case, constant=constant: constant)
        assert verdict.startswith(f"{exercise.number} ✗ ")


def test_numbers_may_come_in_any_container():
    assert same([1, 2.0], torch.tensor([[1.0, 2.0]]))
    assert same((torch.ones(2), torch.zeros(2)), torch.tensor([[1, 1], [0, 0]]))
    assert same({"a": [1]}, {"a": (1.0,)}) and same("a", "a")
    assert not same([1, 2], [1, 2.001]) and not same("a", "b") and not same(None, 0)
    assert not same(torch.ones(2, 3), torch.ones(3, 2))


def cells_of(path):
    return {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}


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
    assert stub.outputs[0].text == f"{exercise.number} not attempted yet\n"
    assert "<summary>The solution, explained</summary>" in cells[cell + "-why"].source
    solution = cells[cell + "-solution"]
    assert solution.metadata["jupyter"]["source_hidden"]
    assert solution.outputs[0].text.startswith(f"{exercise.number} ✓ ")
