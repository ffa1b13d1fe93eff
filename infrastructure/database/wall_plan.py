"""Who may do what with which table: the list that the walls are built from."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from infrastructure.database.roles import Roles, literal, quoted

READ: Final = "SELECT"
AGE: Final = "SELECT, INSERT, DELETE"  # what may go, a trigger says
KEEP: Final = "SELECT, INSERT, UPDATE"
CHANGE: Final = "SELECT, INSERT, UPDATE, DELETE"
NOBODY: Final = ""
BACKUP: Final = "app.backup"  # the owner turns it on to copy what it otherwise does not see


@dataclass(frozen=True, slots=True)
class Wall:
    """What each role may do. `person` is the column that says whose a row is.

    None: rows are nobody's, and who may read reads them all.
    """

    app: str = NOBODY
    worker: str = CHANGE
    signer: str = NOBODY
    person: str | None = "user_id"
    is_secret: bool = False  # the owner does not see it either, but in a backup
    is_rotated: bool = False  # the signer sees everybody's while keys are rotated


OWN: Final = Wall(app=CHANGE)
LEDGER: Final = Wall(app=KEEP, worker=KEEP)
SHARED: Final = Wall(app=READ, person=None)
INNER: Final = Wall(person=None)
SECRET: Final = Wall(worker=NOBODY, signer=CHANGE, is_secret=True)

WALLS: Final[Mapping[str, Wall]] = MappingProxyType(
    {
        "alembic_version": Wall(worker=NOBODY, person=None),
        "account_checks": OWN,
        "account_choices": OWN,
        "alerts": OWN,
        "audit": Wall(app=READ, worker=AGE),
        "calibrations": SHARED,
        "cash_moves": LEDGER,
        "data_keys": replace(SECRET, is_rotated=True),
        "drifts": OWN,
        "equity_days": OWN,
        "event_rules": SHARED,
        "facts": INNER,
        "fills": LEDGER,
        "forecasts": SHARED,
        "invitations": INNER,
        "instance": Wall(app=READ, worker=READ, person=None),
        "live_wallets": OWN,
        "market_search": SHARED,
        "markets": SHARED,
        "money_buttons": OWN,
        "notices": OWN,
        "observations": SHARED,
        "orders": LEDGER,
        "positions": OWN,
        "reservations": OWN,
        "risk_accounts": OWN,
        "risk_limits": OWN,
        "risk_markets": OWN,
        "risk_totals": Wall(app=KEEP, person=None),  # what all together may have at stake
        "search_words": SHARED,
        "second_factors": OWN,
        "secrets": SECRET,
        "settlements": SHARED,
        "signed_orders": LEDGER,
        "trigger_presets": OWN,
        "triggers": OWN,
        "updates": INNER,
        "user_preferences": OWN,
        "user_watchlist": OWN,
        "users": Wall(app=READ, person="id"),
        "wallet_actions": LEDGER,
        "wallets": OWN,
        "watched_wallets": OWN,
        "weather_beliefs": SHARED,
        "weather_choices": OWN,
        "weather_decisions": OWN,
        "weather_ladders": SHARED,
        "weather_pairs": SHARED,
        "weather_scores": SHARED,
        "weather_verdicts": SHARED,
        "weather_versions": SHARED,
        "withdrawal_addresses": OWN,
        "withdrawals": OWN,
    }
)


@dataclass(frozen=True, slots=True)
class Policy:
    name: str
    command: str
    role: str
    using: str

    def statement(self, table: str) -> str:
        check = "" if self.command == READ else f" WITH CHECK ({self.using})"
        return (
            f"CREATE POLICY {self.name} ON {quoted(table)} FOR {self.command}"
            f" TO {quoted(self.role)} USING ({self.using}){check}"
        )


def wall_of(table: str, columns: Collection[str]) -> Wall:
    """A table that is not in the list, of an extension say, gets what its columns suggest."""
    return WALLS.get(table) or (OWN if "user_id" in columns else INNER)


def policies(wall: Wall, roles: Roles) -> Iterator[Policy]:
    own = "true" if wall.person is None else f"{wall.person} = (SELECT current_person())"
    if wall.app:
        yield Policy("app", _command(wall.app), roles.app, own)
    if wall.worker:
        yield Policy("worker", _command(wall.worker), roles.worker, "true")
    if wall.signer:
        # By name as well: a member that inherits, as before version 16, is not the signer yet.
        is_signer = f"(SELECT current_user = {literal(roles.signer)})"
        turn = f"({own} OR (SELECT current_setting('app.rotation', true) = 'on'))"
        whose = turn if wall.is_rotated else own
        yield Policy("signer", _command(wall.signer), roles.signer, f"{is_signer} AND {whose}")
    if wall.is_secret:
        is_backup = f"(SELECT current_setting({literal(BACKUP)}, true) = 'on')"
        yield Policy("backup", READ, roles.owner, is_backup)
    else:
        yield Policy("owner", "ALL", roles.owner, "true")


def table_statements(table: str, wall: Wall, roles: Roles) -> Iterator[str]:
    name = quoted(table)
    everybody = ", ".join(quoted(role) for role in roles.entered)
    yield f"REVOKE ALL ON {name} FROM PUBLIC, {everybody}"
    granted = ((wall.app, roles.app), (wall.worker, roles.worker), (wall.signer, roles.signer))
    for privileges, role in granted:
        if privileges:
            yield f"GRANT {privileges} ON {name} TO {quoted(role)}"
    yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
    for policy in policies(wall, roles):
        yield policy.statement(table)


ENTRANCES: Final = (
    "enter_app(bigint)",
    "enter_worker()",
    "enter_signer(bigint)",
    "enter_rotation()",
)


TO_SECRETS: Final = frozenset({"enter_signer(bigint)", "enter_rotation()"})
OUR_FUNCTIONS: Final = (
    *ENTRANCES,
    "current_person()",
    "current_epoch()",
    "note_audit(text, bigint, text, jsonb)",
    "search_text(text)",
    "search_weight(numeric)",
)


def function_statements(roles: Roles) -> Iterator[str]:
    """Everybody may call what is ours; but a person's turn cannot go on as the signer's."""
    everybody = ", ".join(quoted(role) for role in roles.entered)
    for function in OUR_FUNCTIONS:
        allowed = quoted(roles.worker) if function in TO_SECRETS else everybody
        yield f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC, {everybody}"
        yield f"GRANT EXECUTE ON FUNCTION {function} TO {allowed}"


def entrances(roles: Roles | None) -> Iterator[str]:
    """How transactions enter a role; without `roles` they only say whose turn it is."""
    app, worker, signer = roles.entered if roles else ("", "", "")
    person = "set_config('app.user_id', person::text, true)"
    nobody = "set_config('app.user_id', '', true)"
    rotation = "set_config('app.rotation', 'on', true)"
    yield _entrance("enter_app(person bigint)", app, person)
    yield _entrance("enter_worker()", worker, nobody)
    yield _entrance("enter_signer(person bigint)", signer, person)
    yield _entrance("enter_rotation()", signer, nobody, rotation)


def _entrance(signature: str, role: str, *settings: str) -> str:
    entering = (f"set_config('role', {literal(role)}, true)",) if role else ()
    body = "; ".join(f"SELECT {setting}" for setting in (*entering, *settings))
    return (
        f"CREATE OR REPLACE FUNCTION {signature} RETURNS void LANGUAGE sql VOLATILE"
        f" AS $$ {body}; $$"
    )


def _command(privileges: str) -> str:
    return READ if privileges == READ else "ALL"
