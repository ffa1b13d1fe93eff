"""Reading key files: `kek-1`, `kek-2`, … of 32 random bytes each."""

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from infrastructure.security.errors import KeyFileRefused
from infrastructure.security.key_cipher import KEY_BYTES
from infrastructure.security.secret_key import SecretKey

Check = Callable[[Path, os.stat_result], None]
"""Raises KeyFileRefused if such a file may not be used."""

_NAME: Final = re.compile(r"kek-([1-9]\d{0,5})", re.ASCII)


def key_name(version: int) -> str:
    return f"kek-{version}"


def key_versions(folder: Path, prefix: str = "") -> tuple[int, ...]:
    """The versions of the key files in `folder`. Raises: OSError."""
    names = (entry.name for entry in folder.iterdir() if entry.name.startswith(prefix))
    found = (_NAME.fullmatch(name.removeprefix(prefix)) for name in names)
    return tuple(sorted(int(match[1]) for match in found if match is not None))


def read_key(path: Path, check: Check) -> SecretKey:
    """The key in `path`, after `check` has seen the rights of the very file that is read.

    Raises: KeyFileRefused, OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    content = bytearray(KEY_BYTES + 1)  # a longer file is told by the last one
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyFileRefused(f"{path} is no plain file; bring back the key file")
        check(path, status)
        length = file.readinto(content)
    is_whole = length == KEY_BYTES and any(content)  # zeros are what a power cut leaves
    del content[KEY_BYTES:]
    key = SecretKey(content)
    if not is_whole:
        key.close()
        raise KeyFileRefused(
            f"{path} is damaged: a key file has {KEY_BYTES} random bytes; bring back its copy"
        )
    return key


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an OSError about `path` into KeyFileRefused."""
    try:
        yield
    except OSError as error:
        named = path if isinstance(error.filename, int) else error.filename or path
        raise KeyFileRefused(
            f"{named} cannot be used ({error.strerror}); mend that, or name "
            "another folder for the keys"
        ) from error
