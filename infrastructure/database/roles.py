"""The three roles that connections enter, made and owned by the database's owner."""

import hashlib
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

LONGEST_NAME: Final = 63  # bytes; Postgres cuts longer ones
INHERITANCE_SINCE: Final = 160000  # server versions that can lend a role without its rights

_WHO = sa.text("SELECT current_database(), session_user")
_VERSION = sa.text("SELECT current_setting('server_version_num')::int")
_ROLE = sa.text("""
    SELECT rolcanlogin OR rolsuper OR rolbypassrls AS is_too_mighty,
           pg_has_role(session_user, oid, 'MEMBER') AS is_ours
    FROM pg_roles WHERE rolname = :name
""")


@dataclass(frozen=True, slots=True)
class Roles:
    """`owner` logs in and owns the tables; it is a member of the others, which cannot log in."""

    database: str  # whose name they bear
    owner: str
    app: str  # one person's turn
    worker: str  # everybody's rows, no secrets
    signer: str  # secrets of one person, for one call

    @property
    def entered(self) -> tuple[str, str, str]:
        return self.app, self.worker, self.signer


def roles_of(database: str, owner: str) -> Roles:
    """The names that follow from the database's.

    >>> roles_of("polycool", "me").entered
    ('polycool_app', 'polycool_worker', 'polycool_signer')
    """
    return Roles(database, owner, *(_name(database, part) for part in ("app", "worker", "signer")))


async def our_roles(connection: AsyncConnection, database: str | None = None) -> Roles:
    """Those of the connection's database, or of the name that it is going to have."""
    name, owner = (await connection.execute(_WHO)).one()
    return roles_of(database or name, owner)


async def ensure_roles(connection: AsyncConnection, roles: Roles) -> None:
    """Raises: DBAPIError where the owner may not make them, or not enter them."""
    version = await connection.scalar(_VERSION)
    lending = " WITH INHERIT FALSE, SET TRUE" if version >= INHERITANCE_SINCE else ""
    for role in roles.entered:
        found = (await connection.execute(_ROLE, {"name": role})).one_or_none()
        if found is None:
            await connection.execute(sa.text(f"CREATE ROLE {quoted(role)} NOLOGIN"))
            is_lent = False
        else:
            is_lent = found.is_ours
        if not is_lent or await _lacks_entry(connection, role):
            grant = f"GRANT {quoted(role)} TO {quoted(roles.owner)}{lending}"
            await connection.execute(sa.text(grant))


async def role_faults(connection: AsyncConnection, roles: Roles) -> list[str]:
    """What is wrong with them, a sentence each."""
    faults = []
    for role in roles.entered:
        found = (await connection.execute(_ROLE, {"name": role})).one_or_none()
        if found is None:
            faults.append(f"there is no role {role}")
        elif found.is_too_mighty:
            faults.append(f"role {role} may log in, or see more than it is shown")
        elif not found.is_ours or await _lacks_entry(connection, role):
            faults.append(f"{roles.owner} is no member of role {role}")
    return faults


async def _lacks_entry(connection: AsyncConnection, role: str) -> bool:
    """Since version 16 a role's maker is its member without being able to enter it."""
    version = await connection.scalar(_VERSION)
    if version < INHERITANCE_SINCE:
        return False
    may_enter = sa.text("SELECT pg_has_role(session_user, :role, 'SET')")
    return not await connection.scalar(may_enter, {"role": role})


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(database: str, part: str) -> str:
    name = f"{database}_{part}"
    if len(name.encode()) <= LONGEST_NAME:
        return name
    mark = hashlib.blake2s(database.encode(), digest_size=4).hexdigest()
    room = LONGEST_NAME - len(mark) - len(part) - 2
    return f"{database.encode()[:room].decode(errors='ignore')}_{mark}_{part}"
