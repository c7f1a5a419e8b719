"""The instructions are repeatable, unlike each other, and their outputs right."""

import hashlib
import json
import re
from collections import Counter

import pytest

import instructions
from stories import write_stories

LEXICON = {word for words in instructions.WORDS.values() for word in words}


@pytest.fixture(scope="module")
def triples():
    return instructions.write_instructions()


def test_the_default_list_is_the_pinned_one(triples):
    found = hashlib.sha256(json.dumps(triples).encode()).hexdigest()
    assert found == instructions.SHA256_DEFAULT


def test_more_begin_with_the_same_ones_and_seeds_differ(triples):
    assert instructions.write_instructions(50) == triples[:50]
    assert instructions.write_instructions(50, seed=1) != triples[:50]


def test_there_are_enough_of_every_kind_and_phrasing(triples):
    assert len(triples) >= 1200 and len(instructions.KINDS) >= 5
    counts = Counter(t["kind"] for t in triples)
    assert counts.keys() == instructions.KINDS.keys() and min(counts.values()) >= 500
    assert all(len(phrasings) >= 3 for phrasings, _, _ in instructions.KINDS.values())


def test_no_two_inputs_of_a_kind_are_made_of_the_same_words(triples):
    made_of = [(t["kind"], frozenset(re.findall(r"\w+", t["input"])) & LEXICON)
               for t in triples]
    assert len({*made_of}) == len(triples)


def test_words_are_those_of_the_stories():
    text = " ".join(story.text for story in write_stories(3000))
    words = {*re.findall(r"[\w']+", text)}
    assert words >= LEXICON | {*instructions.PRONOUNS.values()}


def first(text: str, known) -> str | None:
    """The first word of a text that is known."""
    return next((word for word in re.findall(r"\w+", text) if word in known), None)


def reread(t: dict) -> str:
    """The right output of a triple, by another road: from its texts alone."""
    words = re.findall(r"\w+", t["input"])
    names = [w for w in words if w in instructions.PRONOUNS]
    other = first(t["instruction"], instructions.PRONOUNS.keys() - {*names[:1]})
    thing, colour, place = (first(t["input"], instructions.WORDS[kind])
                            for kind in ("thing", "colour", "place"))
    how = first(t["input"], instructions.OPPOSITES)
    return {
        "who": lambda: f"It was {names[0]}.",
        "colour": lambda: f"The {thing} was {colour}.",
        "place": lambda: f"It was at the {place}.",
        "last": lambda: words[-1] + ".",
        "swap": lambda: f"{names[1]} and {names[0]}.",
        "rename": lambda: t["input"].replace(names[0], other),
        "pronoun": lambda: t["input"].replace(
            names[0], instructions.PRONOUNS[names[0]]),
        "opposite": lambda: f"The {instructions.OPPOSITES[how]} {thing}.",
        "plural": lambda: f"Two {colour} {thing}s.",
    }[t["kind"]]()


def test_every_output_is_right(triples):
    for triple in triples:
        assert triple["output"] == reread(triple), triple


def test_alpacas_format_is_read_and_repeats_are_dropped(tmp_path):
    path = tmp_path / "mine.json"
    entry = {"instruction": "Say hello. ", "input": "", "output": "Hello."}
    path.write_text(json.dumps([entry, entry, entry | {"input": "Mia"}]))
    kept = {"instruction": "Say hello.", "input": "", "output": "Hello.", "kind": "any"}
    assert instructions.read_instructions(path) == [kept, kept | {"input": "Mia"}]


@pytest.mark.parametrize("field", instructions.FIELDS)
@pytest.mark.parametrize("wrong", [{}, {"value": None}, {"value": 3}])
def test_a_malformed_entry_is_named(tmp_path, field, wrong):
    path = tmp_path / "mine.json"
    good = dict.fromkeys(instructions.FIELDS, "x")
    bad = {k: v for k, v in good.items() if k != field}
    if wrong:
        bad[field] = wrong["value"]
    path.write_text(json.dumps([good, bad]))
    with pytest.raises(ValueError, match=f"entry 1 of mine.json .*'{field}'"):
        instructions.read_instructions(path)
    path.write_text(json.dumps({"data": [good]}))
    with pytest.raises(ValueError, match="holds a dict"):
        instructions.read_instructions(path)
