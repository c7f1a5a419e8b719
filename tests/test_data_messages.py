"""The messages are repeatable and come in twins; a real list is read, or refused."""

import hashlib
import re
from collections import Counter

import pytest

import messages


@pytest.fixture(scope="module")
def many():
    return messages.write_messages()


def test_first_messages_are_the_pinned_ones(many):
    lines = "\n".join(f"{label}\t{text}" for label, text in many)
    assert hashlib.sha256(lines.encode()).hexdigest() == messages.SHA256_FIRST_3600


def test_no_text_twice_and_seeds_differ(many):
    assert len({text for _, text in many}) == len(many) == 3600
    assert messages.write_messages(100, seed=1) != messages.write_messages(100, seed=2)


def test_the_same_words_make_as_many_hams_as_spams(many):
    bags = {}
    for label, text in many:
        bag = tuple(sorted(re.findall(r"\w+", text.casefold())))
        bags.setdefault(bag, Counter())[label] += 1
    assert all(count["ham"] == count["spam"] for count in bags.values())


@pytest.mark.parametrize("n", [0, -2, 7, 2.0, "8", None])
def test_bad_n(n):
    with pytest.raises(ValueError, match=f"n is {n!r}, must be an even int >= 2"):
        messages.write_messages(n)


def test_what_is_written_can_be_read(many, tmp_path):
    path = tmp_path / "messages.txt"
    lines = [f"{label}\t{text}" for label, text in many]
    for end in ("\n", "\r\n"):
        path.write_bytes((end.join(lines) + end + end).encode())
        assert messages.read_messages(path) == many


@pytest.mark.parametrize("line, found", [
    (b"spam no tab", "line 2: 'spam no tab' is not"),
    (b"eggs\tHello", r"'eggs\\tHello'"), (b"ham\t ", r"'ham\\t '"),
    (b"ham\tcaf\xe9", "line 2: byte 7 is not UTF-8")])
def test_a_malformed_line_is_named(line, found, tmp_path):
    path = tmp_path / "messages.txt"
    path.write_bytes(b"ham\tHello\n" + line + b"\n")
    with pytest.raises(ValueError, match=found):
        messages.read_messages(path)


def test_no_file_and_no_messages(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file 'nowhere.txt'"):
        messages.read_messages(tmp_path / "nowhere.txt")
    (tmp_path / "empty.txt").write_text("\n\n")
    with pytest.raises(ValueError, match="empty.txt holds 0 messages"):
        messages.read_messages(tmp_path / "empty.txt")
