"""What runs here: the release, and the commit where the code is a clone."""

import platform
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SHORT: Final = 10  # characters of a commit

_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Release:
    """`commit`: None where the code is no clone of a repository."""

    version: str
    commit: str | None
    python: str


def release(root: Path = ROOT) -> Release:
    """Reads a few small files."""
    return Release(_version(root), _commit(root / ".git"), platform.python_version())


def _version(root: Path) -> str:
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
        return str(project["project"]["version"])
    except (OSError, ValueError, KeyError):
        return "unknown"


def _commit(git: Path) -> str | None:
    """Of what is checked out, by the files that git keeps; git itself may be missing."""
    try:
        head = (git / "HEAD").read_text("ascii").strip()
        name = head.removeprefix("ref: ")
        commit = head if name == head else _of_reference(git, name)
    except (OSError, ValueError):
        return None
    return commit[:SHORT] if _COMMIT.fullmatch(commit) else None


def _of_reference(git: Path, name: str) -> str:
    loose = git / name
    if loose.exists():
        return loose.read_text("ascii").strip()
    lines = (git / "packed-refs").read_text("utf-8").splitlines()
    found = (line.partition(" ")[0] for line in lines if line.endswith(f" {name}"))
    return next(found, "")
