"""DATABASE_URL in every usual spelling, for our driver and for Postgres's own programs."""

from collections.abc import Mapping

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from infrastructure.errors import DatabaseUnavailable

DRIVER = "postgresql+asyncpg"
SCHEMES = frozenset({"postgres", "postgresql", DRIVER})
RENAMED = {"sslmode": "ssl", "connect_timeout": "timeout"}  # libpq's word: the driver's
IGNORED = frozenset({"channel_binding", "gssencmode"})  # providers add them; the driver has none
UNDERSTOOD = frozenset(
    {"host", "port", "ssl", "timeout", "prepared_statement_cache_size", "statement_cache_size"}
)


def database_url(text: str) -> URL:
    """`text` for SQLAlchemy with asyncpg.

    >>> str(database_url("postgres://me@db/polycool?sslmode=require"))
    'postgresql+asyncpg://me@db/polycool?ssl=require'

    Raises: DatabaseUnavailable; its text never holds the password.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise _unusable("it is no URL") from error
    if url.drivername not in SCHEMES:
        raise _unusable(f"its scheme is {url.drivername!r}, not postgresql")
    if not url.database:
        raise _unusable("it names no database")
    query = {RENAMED.get(key, key): value for key, value in url.query.items() if key not in IGNORED}
    unknown = sorted(query.keys() - UNDERSTOOD)
    if unknown:
        raise _unusable(f"its parameter {unknown[0]} is not supported")
    return url.set(drivername=DRIVER, query=query)


def driver_dsn(url: URL) -> str:
    """`url`, password included, for `asyncpg.connect`, where no engine is wanted."""
    names = {"host": "host", "port": "port", "ssl": "sslmode"}
    query = {names[key]: value for key, value in url.query.items() if key in names}
    plain = url.set(drivername="postgresql", query=query)
    return plain.render_as_string(hide_password=False)


def libpq_variables(url: URL) -> Mapping[str, str]:
    """`url` for psql and pg_dump, without the password: that goes by a file, see `pgpass_line`."""
    host = url.host or _first(url.query.get("host")) or "localhost"
    port = url.port or _first(url.query.get("port")) or 5432
    variables = {"PGHOST": host, "PGPORT": str(port), "PGDATABASE": url.database or ""}
    if url.username:
        variables["PGUSER"] = url.username
    if mode := _first(url.query.get("ssl")):
        variables["PGSSLMODE"] = mode
    return variables


def pgpass_line(password: str) -> str:
    r"""A line of a password file that fits every address.

    >>> pgpass_line("a:b")
    '*:*:*:*:a\\:b'
    """
    return "*:*:*:*:" + password.replace("\\", "\\\\").replace(":", "\\:")


def _first(value: str | tuple[str, ...] | None) -> str | None:
    return value[0] if isinstance(value, tuple) else value


def _unusable(reason: str) -> DatabaseUnavailable:
    return DatabaseUnavailable(
        f"DATABASE_URL: {reason}; write postgresql://user:password@host:5432/database, "
        "or leave it empty for the embedded server"
    )
