"""When a fresh output counts as the stored one: words exactly, floats nearly."""

import re

from tools.course import code_cells

RTOL = 1e-3         # what a healthy run differs by, from one processor to another
LAST_DIGIT = 0.025  # the most that a last digit's unit may be worth, to be forgiven
NUMBER = re.compile(r"[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+]?\d+)?")
IS_FLOAT = re.compile(r"[.eE]")


def last_place(number: str) -> float:
    """What one unit in the last printed digit is worth: '0.25' -> 0.01."""
    mantissa, _, exponent = number.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - decimals)


def same_number(a: str, b: str) -> bool:
    """Integers exactly; floats within RTOL, or a unit of a cheap last digit."""
    if not (IS_FLOAT.search(a) and IS_FLOAT.search(b)):
        return a == b
    x, y = float(a.replace(",", "")), float(b.replace(",", ""))
    size, unit = max(abs(x), abs(y)), max(last_place(a), last_place(b))
    # Rounding may fall on either side; where a digit is worth more, it must agree.
    slack = unit if unit <= max(LAST_DIGIT * size, 1e-4) else 0.0
    return abs(x - y) <= max(RTOL * size, 1.001 * slack)


def same_output(a: str, b: str) -> bool:
    """Equal words, equal spacing but for a sign's or digit's width, equal numbers."""
    words_a, words_b = (re.sub(r"\s+", " ", NUMBER.sub("#", s)) for s in (a, b))
    numbers_a, numbers_b = NUMBER.findall(a), NUMBER.findall(b)
    return (words_a == words_b and len(numbers_a) == len(numbers_b)
            and all(map(same_number, numbers_a, numbers_b)))


class Output(str):
    """Text of a cell that compares with tolerance."""

    def __eq__(self, other):
        return isinstance(other, str) and same_output(self, other)

    def __ne__(self, other):
        return not self == other

    __hash__ = str.__hash__


def exempt_share(paths) -> tuple[int, int]:
    """(cells with output that are not compared, cells with output)."""
    cells = [cell for path in paths for cell in code_cells(path) if cell.outputs]
    exempt = [c for c in cells if "nbval-ignore-output" in c.metadata.get("tags", [])]
    return len(exempt), len(cells)
