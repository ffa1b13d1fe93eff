"""Whether nobody but us can read a key file, and nobody but us and root can replace it."""

import os
import stat
from pathlib import Path
from typing import Final

from infrastructure.security.errors import KeyFileRefused

ROOT: Final = 0  # uid
KEY_MODE: Final = 0o400
FOLDER_MODE: Final = 0o700
OTHERS_WRITE: Final = 0o022


def check_key_file(path: Path, status: os.stat_result) -> None:
    """Raises: KeyFileRefused unless the file is ours, and its mode 0400 or narrower."""
    if status.st_uid != os.geteuid():
        raise KeyFileRefused(
            f"{path} belongs to user {status.st_uid}; start as that user, or give the file to "
            f"user {os.geteuid()}"
        )
    mode = stat.S_IMODE(status.st_mode)
    if mode & ~KEY_MODE:
        raise KeyFileRefused(f"{path} has mode {mode:04o}, wider than 0400; chmod 0400 {path}")


def check_credential(path: Path, status: os.stat_result) -> None:
    """Raises: KeyFileRefused unless it is root's or ours, closed to others and to writing.

    systemd may give it to us by an access list, which `stat` shows as the group's right to read.
    """
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid not in {ROOT, os.geteuid()} or mode & ~0o440:
        raise KeyFileRefused(
            f"{path} belongs to user {status.st_uid} with mode {mode:04o}; a credential of systemd "
            "is root's or ours, and at most 0440"
        )


def check_folder(path: Path) -> None:
    """The folder is ours alone, and nobody but us and root can put another in its place.

    Raises: KeyFileRefused, OSError.
    """
    status = path.stat()
    if not stat.S_ISDIR(status.st_mode):
        raise KeyFileRefused(f"{path} is no folder; name a folder for the keys")
    if status.st_uid != os.geteuid():
        raise KeyFileRefused(
            f"{path} belongs to user {status.st_uid}, we are {os.geteuid()}; start as its owner, "
            "or name another folder for the keys"
        )
    mode = stat.S_IMODE(status.st_mode)
    if mode & ~FOLDER_MODE:
        raise KeyFileRefused(f"{path} has mode {mode:04o}, wider than 0700; chmod 0700 {path}")
    for parent in path.resolve().parents:
        _check_above(path, parent)


def _check_above(path: Path, parent: Path) -> None:
    status = parent.stat()
    is_safe_to_share = bool(status.st_mode & stat.S_ISVTX)
    if status.st_uid not in {ROOT, os.geteuid()}:
        reason = f"belongs to user {status.st_uid}"
    elif status.st_mode & OTHERS_WRITE and not is_safe_to_share:
        reason = "can be written by others"
    else:
        return
    raise KeyFileRefused(
        f"{path} is no place for keys: {parent} above it {reason}, who could replace them; "
        "name another folder for the keys"
    )
