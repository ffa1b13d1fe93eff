"""`make psql`, `make backup`, `make restore`: the database of this installation, wherever it is."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL

from infrastructure.config.secrets_handover import SECRETS, hand_over_secrets
from infrastructure.config.settings import Settings, load_settings
from infrastructure.custody.key_place import backup_key, default_folder
from infrastructure.database import leftover
from infrastructure.database.address import database_url
from infrastructure.database.backup import (
    BEFORE_RESTORE,
    backup,
    file_name,
    restore,
    tool_environment,
)
from infrastructure.database.binaries import wheel_programs
from infrastructure.database.data_folder import BACKUPS, CLUSTER
from infrastructure.database.embedded import OWNER, SUPERUSER, EmbeddedPostgres, socket_url
from infrastructure.database.instance_lock import InstanceLock
from infrastructure.errors import CannotStart
from infrastructure.security.backup_key import BackupKey
from infrastructure.security.errors import SealedFileRefused
from infrastructure.security.sealed_stream import TOP, check_top, is_sealed

ROOT = Path(__file__).parents[1]
HALTED = """\
Trading is halted, because the backup does not know what was traded and paid since it was made.
Withdrawals that waited in it are cancelled. Start, compare the wallets with the venue, then lift
the halt in the chat.
"""
NOT_SEALED = """\
It is not encrypted: make backup-key makes a key file, and BACKUP_KEY_FILE names it.
"""
UNVOUCHED = (
    "{file} is not sealed, so nothing proves that it is yours; if you know where it comes from, "
    "add PLAIN=yes"
)
NEW_KEY = """\
{path}
Write that as BACKUP_KEY_FILE into .env, and keep a copy of the file in another place than the
backups: without it none of them opens. Backups made so far stay plain; delete them.
"""


def main() -> None:
    handed_over = hand_over_secrets()
    arguments = _arguments()
    try:
        settings = load_settings(ROOT, os.environ, handed_over)
        sys.exit(asyncio.run(_do(settings, arguments)))
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts.database")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("psql", add_help=False)  # takes all options of psql itself
    commands.add_parser("backup").add_argument("file", type=Path, nargs="?")
    restoring = commands.add_parser("restore")
    restoring.add_argument("file", type=Path)
    restoring.add_argument("--plain", action="store_true")
    commands.add_parser("backup-key")
    arguments, options = parser.parse_known_args()
    arguments.options = options
    if options and arguments.command != "psql":
        parser.error(f"unknown: {' '.join(options)}")
    return arguments


async def _do(settings: Settings, arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "psql":
            return await _psql(settings, arguments.options)
        case "backup":
            return await _backup(settings, arguments.file)
        case "backup-key":
            return await asyncio.to_thread(_make_key, settings)
        case _:
            return await _restore(settings, arguments.file, is_plain=arguments.plain)


async def _psql(settings: Settings, options: list[str]) -> int:
    """A read-only session of the owner, to whom every row is shown but those of secrets."""
    async with (
        opened_database(settings) as given,
        tool_environment(_as_owner(settings, given)) as found,
    ):
        kept = {name: value for name, value in os.environ.items() if name not in SECRETS}
        read_only = {"PGOPTIONS": "-c default_transaction_read_only=on"}
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is psql's own
        process = await asyncio.create_subprocess_exec(
            str(wheel_programs() / "psql"), *options, env=kept | dict(found) | read_only
        )
        return await process.wait()


def _as_owner(settings: Settings, url: str) -> URL:
    """On the embedded server we come as its superuser, whom no policy binds."""
    address = database_url(url)
    return address.set(username=OWNER) if settings.database_url is None else address


async def _backup(settings: Settings, file: Path | None) -> int:
    key = backup_key(settings)
    target = file or settings.data_dir / BACKUPS / file_name(datetime.now(UTC), key)
    async with opened_database(settings) as url:
        await backup(url, target, key)
    sys.stdout.write(f"{target}\n")
    if key is None:
        sys.stderr.write(NOT_SEALED)
    return 0


def _make_key(settings: Settings) -> int:
    path = settings.backup_key_file or (settings.keys_dir or default_folder()) / "backup-key"
    key = backup_key(settings) or BackupKey(path)
    key.make()
    sys.stdout.write(NEW_KEY.format(path=path.absolute()))
    return 0


async def _restore(settings: Settings, file: Path, *, is_plain: bool) -> int:
    """Refused while an instance runs; what is there now is kept as a backup first."""
    key = backup_key(settings)
    opens_with = await asyncio.to_thread(_needed, file, key, is_plain=is_plain)
    kept = settings.data_dir / BACKUPS / file_name(datetime.now(UTC), key, BEFORE_RESTORE)
    if settings.database_url is None:
        async with EmbeddedPostgres(settings.data_dir, lock_wait=0) as server:
            await backup(server.admin_url, kept, key)
            is_halted = await restore(server.admin_url, file, owner=OWNER, key=opens_with)
    else:
        url = settings.database_url.get_secret_value()
        async with InstanceLock(url, wait=0):
            await backup(url, kept, key)
        is_halted = await restore(url, file, key=opens_with)
    sys.stdout.write(f"Restored {file}; what was there before is in {kept}\n")
    if is_halted:
        sys.stdout.write(HALTED)
    return 0


def _needed(file: Path, key: BackupKey | None, *, is_plain: bool) -> BackupKey | None:
    """The key that `file` opens with; None: it is plain. Asked before anything is touched.

    A plain one where backups are sealed may come from anybody: it is taken on demand alone.
    """
    if not file.is_file():
        raise CannotStart(f"FILE: there is no file {file}; write the path of a backup")
    try:
        with file.open("rb") as opened:
            top = opened.read(TOP)
    except OSError as error:
        raise CannotStart(f"FILE: cannot read {file} ({error.strerror})") from error
    if not is_sealed(top):
        if key is None or is_plain:
            return None
        raise CannotStart(UNVOUCHED.format(file=file))
    if key is None:
        raise SealedFileRefused(f"{file} is sealed; set BACKUP_KEY_FILE to the file of its key")
    with closing(key.read()) as secret:
        check_top(top, secret)
    return key


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[str]:
    """The database's URL; the embedded server is started for the length of the block if needed."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    running = leftover.running(settings.data_dir / CLUSTER)
    if running is not None and running.sockets is not None:
        yield socket_url(running.sockets, SUPERUSER)
        return
    async with EmbeddedPostgres(settings.data_dir) as server:
        yield server.admin_url


if __name__ == "__main__":
    main()
