"""DATA_DIR and the database: could the program start on them, or who runs there already."""

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from infrastructure.config.settings import Settings
from infrastructure.database import leftover
from infrastructure.database.binaries import wheel_programs
from infrastructure.database.data_folder import FIRST_START_BYTES, DataFolder, examine, free_space
from infrastructure.database.embedded import OWNER, socket_url
from infrastructure.database.examine import (
    DatabaseFacts,
    cluster_version,
    look_at,
    program_version,
)
from infrastructure.database.folder_lock import holder_of
from infrastructure.database.holder import Holder
from infrastructure.database.migrate import known_revisions
from infrastructure.errors import CannotStart
from telegram_bot.doctor.findings import Finding, fail, ok, refused, warn

SCARCE: Final = 0.10  # of the disk free; below it the disk counts as nearly full
RIGHTS: Final = "make its user the owner of the database and of all tables in it"


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What is known of the database; without facts it could not be looked into."""

    finding: Finding
    holder: Holder | None = None
    venue: str | None = None  # that its rows belong to


async def check_data_folder(settings: Settings) -> Finding:
    """Raises: DatabaseUnavailable."""
    path = settings.data_dir.absolute()
    await asyncio.to_thread(examine, path)
    free, total = await asyncio.to_thread(free_space, path)
    return space(str(path), free, total)


def space(path: str, free: int, total: int) -> Finding:
    """Verdict on the disk below `path`, in bytes."""
    found = f"{path}, {free / 1e9:.1f} GB free ({free / total:.0%})"
    if free < FIRST_START_BYTES:
        return fail(f"{found}: too little to start", "free some space, or set DATA_DIR elsewhere")
    if free < SCARCE * total:
        return warn(f"{found}: the disk is nearly full", "free some space")
    return ok(found)


async def look_at_database(settings: Settings) -> DatabaseState:
    """The finding of the check, with what other checks need to know."""
    try:
        if settings.database_url is not None:
            return await _given(settings.database_url.get_secret_value())
        return await _embedded(settings)
    except CannotStart as problem:
        return DatabaseState(refused(problem))


async def _given(url: str) -> DatabaseState:
    facts = await look_at(url)
    return DatabaseState(await _verdict("DATABASE_URL", facts), facts.holder, facts.venue)


async def _embedded(settings: Settings) -> DatabaseState:
    folder = examine(settings.data_dir.absolute())
    try:
        holder = holder_of(folder.lock)
        server = leftover.running(folder.cluster)
    except OSError as error:
        return DatabaseState(
            fail(f"embedded: {folder.path} cannot be read ({error.strerror})", "start as its owner")
        )
    if holder is None:
        return DatabaseState(await _at_rest(folder, server))
    if server is None or server.sockets is None:
        found = f"embedded: held by pid {holder.pid} on {holder.host}, but no server runs"
        return DatabaseState(warn(found, "wait if it is just starting; else restart it"), holder)
    facts = replace(await look_at(socket_url(server.sockets, OWNER)), holder=holder)
    return DatabaseState(await _verdict("embedded", facts), holder, facts.venue)


async def _at_rest(folder: DataFolder, server: leftover.PidFile | None) -> Finding:
    """Nobody runs on the embedded database: could it start?"""
    installed = await program_version(wheel_programs())
    found = startable(installed, cluster_version(folder.cluster))
    if server is None:
        return found
    told = f"embedded: a server (pid {server.pid}) was left over by a program that was killed"
    return warn(told, "nothing: the next start stops it and goes on with its data")


def startable(installed: str, cluster: str | None) -> Finding:
    """Verdict on the installed Postgres, `18.6`, for files of the major version `18`.

    >>> startable("18.6", None).found
    'embedded Postgres 18.6 can start; the first start makes the database'
    """
    if cluster is None:
        return ok(f"embedded Postgres {installed} can start; the first start makes the database")
    if installed.partition(".")[0] != cluster:
        return fail(
            f"embedded: the data are of Postgres {cluster}, installed is {installed}",
            "make a backup with the release that wrote them, and restore it with this one",
        )
    return ok(f"embedded Postgres {installed} can start; not running")


async def _verdict(name: str, facts: DatabaseFacts) -> Finding:
    head, known = await asyncio.to_thread(known_revisions)
    return schema(name, facts, head, known)


def schema(name: str, facts: DatabaseFacts, head: str, known: frozenset[str]) -> Finding:
    """Verdict on a database that answers, for a release whose newest schema is `head`."""
    revision, holder = facts.revision, facts.holder
    found = f"{name}: Postgres {facts.server}"
    if holder is not None:
        found += f", in use by pid {holder.pid} on {holder.host}"
    if revision is not None and revision not in known:
        return fail(
            f"{found}, schema {revision} is newer than this release ({head})",
            "update with git pull, or restore a backup made before",
        )
    if not facts.may_migrate:
        return fail(f"{found}, its user lacks rights to change the schema", RIGHTS)
    if revision is None:
        return ok(f"{found}, no schema yet: the first start makes it")
    if revision != head:
        return ok(f"{found}, schema {revision}: the next start brings it to {head}")
    return _guards(f"{found}, schema {revision}", facts)


def _guards(found: str, facts: DatabaseFacts) -> Finding:
    if facts.broken_audit is not None:
        return fail(
            f"{found}: row {facts.broken_audit} of the audit does not fit to the one before it",
            "somebody changed it: compare it with your backups, and change every password",
        )
    if facts.missing_walls is not None:
        return warn(f"{found}, people are not kept apart: paper money only", facts.missing_walls)
    return ok(found)
