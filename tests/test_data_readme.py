"""The sums and sizes that datasets/README.md states."""

import hashlib

import pytest

import instructions
import messages
import stories
from datasets.download import FILES
from tools.course import ROOT

README = (ROOT / "datasets" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("sha256", [
    stories.SHA256_FIRST_1000, messages.SHA256_FIRST_3600, instructions.SHA256_DEFAULT])
def test_the_grammars(sha256):
    assert f"`{sha256}`" in README


def test_the_short_story():
    text = (ROOT / "datasets" / "the-tide-clock.txt").read_bytes()
    text = text.replace(b"\r\n", b"\n")                    # as git may have written it
    assert f"{len(text):,} bytes | `{hashlib.sha256(text).hexdigest()}`" in README


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_downloads(file):
    assert f"`{file.local}`" in README
    assert f"{file.size:,} bytes | `{file.sha256}` | {file.licence} |" in README
