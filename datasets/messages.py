"""Short messages, honest ones and frauds, that no count of words can tell apart.

Each fraud has an honest twin of the very same words. What the one asks for, the other
warns against; who pays in the one is paid in the other; what comes first comes last:

    ham    Nora, always calmly call your bank and never kindly hand your card to me.
    spam   Nora, always calmly hand your card to me and never kindly call your bank.

Whoever only counts words gives both twins the same verdict, and is right about one.
A message is a frame with two places, {x} and {y}. In a ham {x} holds the harmless
phrase and {y} the harmful one; in the spam they have changed places. Frames differ in
which place comes first, so the order of the phrases by itself tells nothing, either;
and {how} and {so}, which say nothing, keep a phrase from its neighbours, so that pairs
of words tell little.

`write_messages` writes them from a seed; `read_messages` reads a file in the format of
the SMS Spam Collection (Almeida, Hidalgo & Yamakami 2011): a label, a tab, a text.
"""

import random
from pathlib import Path

SHA256_FIRST_3600 = (  # of the lines "label<tab>text" of seed 0, joined by line ends
    "1e60cf12eb1cb89e794b2b11fa2b67164098cc9c3671537215466c4c075a3bd8"
)
LABELS = ("ham", "spam")

# ---- The words ----------------------------------------------------------------------


def words(text: str) -> list[str]:
    """The entries of "a, b, c"."""
    return " ".join(text.split()).split(", ")


NAMES = words(
    """Ada, Amir, Anna, Arlo, Bea, Ben, Bert, Bruno, Carl, Clara, Dora, Ella, Elsa,
    Emil, Eva, Felix, Finn, Flora, Freya, Gus, Hana, Hilda, Hugo, Ida, Inga, Ivy, Jack,
    Joe, June, Karl, Lea, Leo, Lily, Luca, Luna, Mabel, Mia, Milo, Mona, Ned, Nina,
    Noah, Nora, Olga, Omar, Otto, Paul, Pia, Rosa, Ruby, Sam, Sara, Stan, Tom, Uma,
    Vera, Vic, Zoe"""
)
HOW = words("kindly, calmly, gently, politely")
FIRMS = [
    f"{a} {b}"
    for a in words("Hill, River, Mill, North, Green, Harbour, Old, New")
    for b in words("Bank, Water, Light, Market, Station, Farm, Street, Library")
]
PLACES = {  # what a place in curly brackets may hold
    "name": NAMES,
    "sender": NAMES,
    "firm": FIRMS,
    "day": words("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"),
    "amount": [str(n) for n in range(11, 990)],
    "how": HOW,
    "so": HOW,
    "check": words("ask, call, see, visit"),
    "friend": words(
        """your bank, the police, your mother, the seller, a friend, the office,
        the school, the baker, your uncle, a neighbour"""
    ),
    "hand": words("send, give, hand, post"),
    "thing": words(
        "{amount} pounds, the money, your card, the code, your key, the fee"
    ),
    "taker": words("us, me, the caller, our agent, the visitors, a stranger"),
}

# ---- The messages -------------------------------------------------------------------

OPENINGS = ["{name}, ", "Dear {name}, ", "", ""]
ENDINGS = ["", "", " {sender}"]
ADVICE = [  # {x} is wise, {y} is not
    "always {how} {x} and never {so} {y}.",
    "never {how} {y} and always {so} {x}.",
    "it is wise to {how} {x} and wrong to {so} {y}.",
    "it is wrong to {how} {y} and wise to {so} {x}.",
    "first {how} {x} and later {so} {y}.",
    "later {how} {y} and first {so} {x}.",
    "before you {how} {y}, {so} {x}.",
    "after you {how} {x}, {so} {y}.",
]
MONEY = [  # from {x} to {y}
    "{x} will pay {amount} pounds to {y}.",
    "{y} will get {amount} pounds from {x}.",
    "{amount} pounds go from {x} to {y} on {day}.",
    "on {day} {y} will get {amount} pounds from {x}.",
]
ADVICE_PHRASES = ("{check} {friend}", "{hand} {thing} to {taker}")  # harmless, harmful
MONEY_PHRASES = ("{firm}", "you")


def capital(text: str) -> str:
    """The text with a capital letter in front."""
    return text[:1].upper() + text[1:]


def write_twins(rng: random.Random) -> tuple[str, str]:
    """A ham and the spam of the same words."""
    about_money = rng.random() < 0.3
    frames = MONEY if about_money else ADVICE
    phrases = MONEY_PHRASES if about_money else ADVICE_PHRASES
    whole = rng.choice(OPENINGS) + rng.choice(frames) + rng.choice(ENDINGS)
    filling = {place: rng.choice(choices) for place, choices in PLACES.items()}
    filling["thing"] = filling["thing"].format(**filling)
    ham, spam = (capital(whole.replace("{x}", x).replace("{y}", y).format(**filling))
                 for x, y in (phrases, phrases[::-1]))
    return ham, spam


def write_messages(n: int = 3600, seed: int = 0) -> list[tuple[str, str]]:
    """n different (label, text), half of them ham, each with its twin, in random order.

    Raises ValueError for an n that is odd, which would part two twins, or not above 0.
    """
    if not isinstance(n, int) or n < 2 or n % 2:
        raise ValueError(f"n is {n!r}, must be an even int >= 2: they are twins")
    rng, labels = random.Random(seed), {}  # text -> label
    while len(labels) < n:
        labels |= zip(write_twins(rng), LABELS)
    messages = [(label, text) for text, label in labels.items()]
    rng.shuffle(messages)
    return messages


def read_messages(path) -> list[tuple[str, str]]:
    """(label, text) of each line: "ham" or "spam", a tab, the text. Empty lines pass.

    Raises FileNotFoundError, or ValueError naming the first line that is malformed.
    """
    path, messages = Path(path), []
    if not path.is_file():
        raise FileNotFoundError(f"no file {path.name!r}: check the path in MESSAGES")
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            line = line.decode("utf-8")
        except UnicodeDecodeError as e:
            raise ValueError(f"{path.name}, line {number}: byte {e.start} is not UTF-8:"
                             " save the file as UTF-8") from None
        label, _, text = line.partition("\t")
        if label in LABELS and text.strip():
            messages.append((label, text))
        elif line.strip():
            raise ValueError(f"{path.name}, line {number}: {line!r:.40} is not ham or "
                             "spam, a tab and a text: mend the line")
    if not messages:
        raise ValueError(f"{path.name} holds 0 messages: choose another file")
    return messages
