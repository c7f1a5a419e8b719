"""Instructions with exact answers, in the words of the children's stories.

A small model that was trained on `stories.py` can learn to follow them in a minute,
and whether it does can be counted: each has one right output. The fields are those of
Stanford's Alpaca data, and `kind` beside them.

    {"instruction": "Who was it?",
     "input": "Mia found the blue kite at the mill.",
     "output": "It was Mia.",
     "kind": "who"}

Inputs are sentences about people, things and places. No two inputs of a kind are made
of the same words of the lexicon, in whatever order: so any two parts of a list, such as
training and test, share no input of a kind and not even a combination of words.
"""

import json
import random
import re
from pathlib import Path

from stories import LEXICONS

SHA256_DEFAULT = (  # of the default list, as JSON
    "60545262262ad3cb0e3bf72d8569e51ee08a2df4194dbeae6171aaed25a13f1b"
)
FIELDS = ("instruction", "input", "output")

# ---- The words: those of the stories ------------------------------------------------

PRONOUNS = {person[""]: person["They"]
            for lexicon in ("children", "friends") for person in LEXICONS[lexicon]}
OPPOSITES = {"old": "new", "big": "small", "hot": "cold"}
OPPOSITES |= {word: other for other, word in OPPOSITES.items()}
WORDS = {
    "name": list(PRONOUNS),
    "did": "found lost bought hid held mended unwrapped".split(),
    "how": list(OPPOSITES),
    "colour": "red blue green yellow orange purple silver pink golden white".split(),
    "thing": """kite drum lantern whistle mitten umbrella teapot trumpet puppet notebook
        ribbon blanket coat jumper cardigan raincoat shawl jacket cape""".split(),
    "place": """mill harbour bridge market pond library orchard bakery playground
        lighthouse station fountain""".split(),
}

# ---- The kinds ----------------------------------------------------------------------

HERE = "{name} {did} the {colour} {thing} at the {place}."
THERE = "At the {place} {name} {did} the {colour} {thing}."
KINDS = {  # phrasings of the instruction, forms of the input, the output
    "who": (
        ["Who was it?", "Say who it was.", "Say the name."],
        [HERE, THERE],
        "It was {name}."),
    "colour": (
        ["What colour was it?", "Say the colour.", "Of what colour was it?"],
        [HERE, THERE],
        "The {thing} was {colour}."),
    "place": (
        ["Where was it?", "Say where it was.", "Say the place."],
        [HERE, THERE],
        "It was at the {place}."),
    "last": (
        ["Say the last word.", "Which word is the last?", "The last word only."],
        [HERE, THERE],
        "{last}."),
    "swap": (
        ["Turn the names round.", "Say the names in the other order.",
         "The names, the other way round."],
        ["{name} and {name2} {did} the {thing}.", "{name} and {name2} at the {place}."],
        "{name2} and {name}."),
    "rename": (
        ["Say it with {name2} for {name}.", "Now it is {name2}, not {name}.",
         "Put {name2} in the place of {name}."],
        [HERE],
        "{name2} {did} the {colour} {thing} at the {place}."),
    "pronoun": (
        ["Say he or she for the name.", "Put he or she for the name.",
         "He or she, and not the name."],
        [HERE],
        "{They} {did} the {colour} {thing} at the {place}."),
    "opposite": (
        ["Say the opposite.", "Now the other way.", "And if it was not so?"],
        ["{name} {did} the {how} {thing} at the {place}."],
        "The {opposite} {thing}."),
    "plural": (
        ["Make it two.", "Say it for two.", "And if there are two?"],
        ["{name} {did} one {colour} {thing} at the {place}."],
        "Two {colour} {thing}s."),
}


def draw(kind: str, rng: random.Random) -> tuple[dict[str, str], tuple[str, ...]]:
    """A triple of a kind, and the words that its input is made of, sorted."""
    instructions, inputs, output = KINDS[kind]
    instruction, text, words = rng.choice(instructions), rng.choice(inputs), {}
    for slot, lexicon in WORDS.items():
        words[slot], words[slot + "2"] = rng.sample(lexicon, 2)
    used = tuple(sorted(words[slot] for slot in re.findall(r"{(\w+)}", text)))
    text = text.format(**words)
    words |= {"They": PRONOUNS[words["name"]], "opposite": OPPOSITES[words["how"]],
              "last": text.rstrip(".").split()[-1]}
    filled = instruction.format(**words), text, output.format(**words)
    return dict(zip(FIELDS, filled, strict=True), kind=kind), used


def write_instructions(n: int = 4500, seed: int = 0) -> list[dict[str, str]]:
    """n triples, the kinds in turn; a longer list begins with the shorter one."""
    rng, seen, triples, kinds = random.Random(seed), set(), [], list(KINDS)
    while len(triples) < n:
        kind = kinds[len(triples) % len(kinds)]
        triple, used = draw(kind, rng)
        if (kind, used) not in seen:
            seen.add((kind, used))
            triples.append(triple)
    return triples


# ---- A file in Alpaca's format ------------------------------------------------------


def read_instructions(path) -> list[dict[str, str]]:
    """Triples of a JSON file in Alpaca's format; the first of each question is kept.

    ValueError if an entry lacks a field; a missing `kind` becomes "any".
    """
    entries = json.loads(Path(path).read_text(encoding="utf-8"))
    if not isinstance(entries, list):
        raise ValueError(f"{Path(path).name} holds a {type(entries).__name__}: it must "
                         f"be a list of entries with the fields {', '.join(FIELDS)}")
    triples = {}
    for i, entry in enumerate(entries):
        for field in FIELDS:
            if not isinstance(entry, dict) or not isinstance(entry.get(field), str):
                raise ValueError(f"entry {i} of {Path(path).name} has no text in its "
                                 f"field {field!r}: each entry needs "
                                 f"{', '.join(FIELDS)} (the input may be empty)")
        triple = {field: entry[field].strip() for field in FIELDS}
        triple["kind"] = entry.get("kind", "any")
        triples.setdefault((triple["instruction"], triple["input"]), triple)
    return list(triples.values())
