"""How much of all recordings is kept: the oldest files go first."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from data_ingestion.recorder import manifest
from data_ingestion.recorder.files import NAMES

RECORDINGS: Final = "[0-9]*T[0-9]*Z*"  # folders that a recorder made, in the order of their names


class Limits(NamedTuple):
    total_bytes: int
    max_age: float  # seconds


class _Kept(NamedTuple):
    path: Path
    size: int
    written: float  # seconds since 1970


def surplus(out: Path, current: Path | None, limits: Limits, wall: float) -> list[Path]:
    """The files of recordings in `out` that have to go, oldest first; never `current`.

    Units: `wall` in seconds since 1970.
    """
    kept = [file for file in _kept(out) if file.path != current]
    total, gone = sum(file.size for file in kept), []
    for file in kept:
        if total > limits.total_bytes or wall - file.written > limits.max_age:
            gone.append(file.path)
            total -= file.size
    return gone


def remove(paths: Iterable[Path]) -> None:
    """Remove them, from their manifests first; a recording without files goes altogether.

    Raises: OSError.
    """
    for folder, group in groupby(paths, key=lambda path: path.parent):
        files = list(group)
        _forget(folder, {path.name for path in files})
        for path in files:
            path.unlink(missing_ok=True)
        if not any(folder.glob(NAMES)):
            manifest.discard(folder)


def _forget(folder: Path, names: set[str]) -> None:
    told = manifest.read(folder)
    if told is None:
        return
    left = [file for file in told.files if file.name not in names]
    if len(left) != len(told.files):
        removed = told.removed_files + len(told.files) - len(left)
        manifest.write(folder, msgspec.structs.replace(told, files=left, removed_files=removed))


def _kept(out: Path) -> list[_Kept]:
    """Oldest first, by name."""
    found = []
    for path in sorted(out.glob(f"{RECORDINGS}/{NAMES}")):
        try:
            status = path.stat()
        except FileNotFoundError:  # another recorder was quicker
            continue
        found.append(_Kept(path, status.st_size, status.st_mtime))
    return found
