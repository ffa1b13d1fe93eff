"""Private keys that somebody brings to the console: typed unseen, or in a file of their own."""

import os
import re
import stat
from pathlib import Path
from typing import Final

from core.domain.secrets import SecretKind, pasted_secret
from infrastructure.errors import CannotStart
from infrastructure.security.file_rights import check_key_file
from infrastructure.security.key_files import explained
from infrastructure.security.secret_key import SecretKey

LONGEST: Final = 1_000  # bytes of a file that may hold a key
_KEY: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{64})", re.ASCII)


class BroughtKeyRefused(CannotStart):
    """Not a private key, or one that is not taken. Nothing was stored."""


def brought_key(text: str) -> SecretKey:
    """The key in `text`; its owner closes it. Raises: BroughtKeyRefused, which repeats nothing."""
    found = _KEY.fullmatch(text.strip())
    if found is not None:
        return SecretKey(bytearray.fromhex(found[1]))
    if pasted_secret(text) is SecretKind.SEED_PHRASE:
        raise BroughtKeyRefused(
            "that looks like a seed phrase, and seed phrases are never taken: one opens every "
            "account that was ever made from it. Use a session key; or bring the key of one "
            "account that holds only what you trade with. Nothing was stored"
        )
    raise BroughtKeyRefused(
        "that is no private key: 64 hexadecimal digits, with or without 0x before them. "
        "Nothing was stored"
    )


def key_text(path: Path) -> str:
    """What a file of ours with mode 0400 or narrower holds.

    Raises: KeyFileRefused, BroughtKeyRefused.
    """
    with explained(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise BroughtKeyRefused(f"{path} is no plain file")
            check_key_file(path, status)
            content = file.read(LONGEST) or b""
    try:
        return content.decode("ascii")
    except UnicodeDecodeError:
        raise BroughtKeyRefused(f"{path} is no text; write the key as hexadecimal digits") from None
