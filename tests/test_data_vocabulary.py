"""GPT-2's tokenizer needs no network, and a damaged file of it is noticed."""

import os
import subprocess
import sys

import pytest

import gpt2_vocabulary
from tools.course import NOTEBOOKS

OFFLINE = """
import socket
def refuse(*args, **kwargs): raise OSError("network used")
socket.socket.connect = socket.create_connection = refuse
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.instance().run_line_magic("run", "01_tokenization.ipynb")
import tiktoken
assert tiktoken.get_encoding("gpt2").encode("Hello") == [15496]
"""


def test_a_plain_call_of_tiktoken_works_offline(tmp_path):
    env = os.environ | {"TIKTOKEN_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", OFFLINE], cwd=NOTEBOOKS, env=env,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_damaged_cache_is_repaired_and_a_good_file_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "new"))
    gpt2_vocabulary.fill_tiktoken_cache()
    merges, numbers = map(gpt2_vocabulary.cached_file, ("vocab.bpe", "encoder.json"))
    before = numbers.stat().st_ino
    merges.write_bytes(b"damaged")
    gpt2_vocabulary.fill_tiktoken_cache()
    assert merges.read_bytes() == gpt2_vocabulary.gpt2_file("vocab.bpe")
    assert numbers.stat().st_ino == before
    assert len([*merges.parent.iterdir()]) == 2


def test_without_a_folder_of_yours_outputs_is_used(monkeypatch):
    for unset in ("", None):
        monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
        if unset is not None:
            monkeypatch.setenv("TIKTOKEN_CACHE_DIR", unset)
        folder = gpt2_vocabulary.cached_file("vocab.bpe").parent
        assert folder == gpt2_vocabulary.ROOT / "outputs" / "tiktoken"


def test_another_file_in_the_package_is_refused(monkeypatch):
    monkeypatch.setitem(gpt2_vocabulary.GPT2_SHA256, "vocab.bpe", "0" * 64)
    with pytest.raises(ValueError, match="is not GPT-2's: reinstall it"):
        gpt2_vocabulary.gpt2_file("vocab.bpe")
