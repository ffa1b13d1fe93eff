"""Recognises what people must never send: private keys and seed phrases."""

import re
from typing import Final

SEED_LENGTHS: Final = frozenset({12, 15, 18, 21, 24})

_KEY: Final = re.compile(r"(?<![0-9a-zA-Z])(?:0x)?[0-9a-fA-F]{64}(?![0-9a-zA-Z])", re.ASCII)
_NUMBERING: Final = re.compile(r"\b\d{1,2}[.):]", re.ASCII)
_SEED_WORD: Final = re.compile(r"[a-z]{3,8}", re.ASCII)


def looks_secret(text: str) -> bool:
    """Whether `text` holds 64 hexadecimal digits, or is as many short words as a seed phrase has.

    Rather once too often: what is refused wrongly can be worded differently.
    """
    if _KEY.search(text):
        return True
    words = re.split(r"[\s,;]+", _NUMBERING.sub(" ", text.lower()).strip())
    return len(words) in SEED_LENGTHS and all(_SEED_WORD.fullmatch(word) for word in words)
