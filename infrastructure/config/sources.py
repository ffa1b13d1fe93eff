"""Where settings come from: `.env`, `.env.local`, the environment, files that hold a secret."""

import difflib
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from dotenv import dotenv_values

from infrastructure.config.secrets_handover import SECRETS
from infrastructure.errors import SettingsError

FILES = (".env", ".env.local")  # the second wins over the first, the environment over both
FILE_TWINS = frozenset(f"{name}_FILE" for name in SECRETS)
ROOT_DATA_DIR = Path("/var/lib/polycool")


def gather(root: Path, *later: Mapping[str, str]) -> dict[str, str]:
    """Every variable that is set: the files' in `root`, overridden by each of `later` in turn.

    An empty one counts as unset. Secrets that are given by file are read.
    Raises: SettingsError.
    """
    given: dict[str, str] = {}
    for source in (*(_read(root / name) for name in FILES), *later):
        given |= {name: value for name, value in source.items() if value}
    given |= dict(_secrets_of_files(given, root))
    given.setdefault("DATA_DIR", str(_default_data_dir(given)))
    return given


def misspelt(root: Path, variables: Collection[str]) -> list[str]:
    """A warning for each name in the `.env` files that is nearly, but not quite, of `variables`."""
    known = [*variables, *FILE_TWINS]
    return [
        f"{file} sets {name}, which nothing reads; is {meant} meant?"
        for file in FILES
        for name in _read(root / file)
        if name not in known
        for meant in difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.8)
    ]


def _read(path: Path) -> dict[str, str]:
    try:
        found = dotenv_values(path, interpolate=False) if path.exists() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(path.name, f"cannot be read ({error}); make it a text file") from error
    return {name: value for name, value in found.items() if value is not None}


def _secrets_of_files(given: Mapping[str, str], root: Path) -> Iterator[tuple[str, str]]:
    for name in sorted(FILE_TWINS & given.keys()):
        variable = name.removesuffix("_FILE")
        if variable in given:
            raise SettingsError(name, f"{variable} is set too; remove one of the two")
        yield variable, _secret(name, root / Path(given[name]).expanduser())


def _secret(variable: str, path: Path) -> str:
    try:
        content = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(
            variable, f"cannot read {path} ({error.strerror}); write the path of a readable file"
        ) from error
    except UnicodeDecodeError:
        raise SettingsError(variable, f"{path} is no text; write the secret into it") from None
    if not content:
        raise SettingsError(variable, f"{path} is empty; write the secret into it")
    return content


def _default_data_dir(given: Mapping[str, str]) -> Path:
    if os.geteuid() == 0:
        return ROOT_DATA_DIR
    return Path(given.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "polycool"
