"""The venue and the database at one moment, read for the audit."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tests.crash.stage import Stage

ORDERS: Final = """
SELECT id, key, origin, status, kind, order_hash, filled_size, failed_size, matched_size,
       cancel_requested_at, created_at,
       (SELECT signed_at FROM signed_orders WHERE order_id = orders.id) AS signed_at
FROM orders WHERE account = 'live' ORDER BY id
"""
FILLS: Final = """
SELECT order_id, trade_id, token_id, side, size, settlement, event_key FROM fills
WHERE account = 'live'
"""
POSITIONS: Final = """
SELECT token_id, sum(amount) FROM positions WHERE account = 'live' AND amount <> 0
GROUP BY token_id
"""
RESERVED: Final = "SELECT order_id, is_open, cost, shares FROM reservations WHERE account = 'live'"
HELD: Final = "SELECT open_orders, reserved FROM risk_accounts WHERE account = 'live'"
STOPPED: Final = "SELECT stop, stopped_at FROM risk_accounts WHERE account = 'live'"
WITHDRAWALS: Final = "SELECT id, lower(address) AS address, amount, state FROM withdrawals"
ACTIONS: Final = "SELECT id, kind, state FROM wallet_actions ORDER BY id"
TOLD: Final = "SELECT key, kind, payload FROM notices WHERE sent_at IS NOT NULL"
USABLE: Final = "SELECT count(*) FROM live_wallets WHERE state = 'ready'"
WAITING: Final = """
SELECT 'update ' || update_id || ' waits' FROM updates WHERE handled_at IS NULL
UNION ALL SELECT 'notice ' || key || ' waits' FROM notices
    WHERE sent_at IS NULL AND dropped_at IS NULL
UNION ALL SELECT 'notice ' || key || ' was given up' FROM notices WHERE dropped_at IS NOT NULL
UNION ALL SELECT 'drift: ' || kind || ' ' || ours || ' here, ' || theirs || ' there'
    FROM drifts WHERE closed_at IS NULL
UNION ALL SELECT 'not compared: ' || fault FROM account_checks WHERE fault <> ''
"""
Row = Any  # of asyncpg
Json = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """Both sides at one moment, without what belongs to other trials."""

    orders: list[Row]
    fills: list[Row]
    positions: dict[str, Decimal]
    cash: Decimal
    reserved: list[Row]
    held: Row | None
    waiting: list[str]
    told: list[Row]  # notices that are marked as sent
    withdrawals: list[Row]
    actions: list[Row]  # of the wallet, through the relayer
    stopped: Row | None
    compared_at: datetime | None
    posted: dict[str, Json]  # the venue's orders, by hash
    trades: dict[str, Json]
    wallet: Json
    withdrawn: list[Json]  # what has left the wallet at the venue
    usable: int = 1  # keys that are in use here

    @property
    def own(self) -> list[Row]:
        return [order for order in self.orders if order["origin"] == "person"]

    @property
    def accepted(self) -> list[Row]:
        """Those of our orders that the venue took."""
        known = {one for one, order in self.posted.items() if order["accepted"]}
        return [order for order in self.own if order["order_hash"] in known]


async def look(stage: Stage) -> Seen:
    """The venue before and the database after it: what is still on its way shows as a complaint."""
    venue = stage.lane.venue
    wallet = await venue.ask("wallet", address=stage.wallet)
    mine = {"wallet": wallet["address"]}
    signed = await stage.database.fetch("SELECT order_hash FROM signed_orders")
    posted = await venue.ask("orders", **mine, hash=[row[0] for row in signed])
    trades = await venue.ask("trades", **mine)
    relayed = await venue.ask("relayer")
    async with (
        stage.database.acquire() as database,
        database.transaction(isolation="repeatable_read", readonly=True),
    ):
        orders = await database.fetch(ORDERS)
        cash = await database.fetchval("SELECT cash FROM wallets WHERE account = 'live'")
        return Seen(
            orders=orders,
            fills=await database.fetch(FILLS),
            positions={row[0]: row[1] for row in await database.fetch(POSITIONS)},
            cash=cash if cash is not None else Decimal("NaN"),
            reserved=await database.fetch(RESERVED),
            held=await database.fetchrow(HELD),
            compared_at=await database.fetchval("SELECT checked_at FROM account_checks"),
            waiting=[row[0] for row in await database.fetch(WAITING)],
            told=await database.fetch(TOLD),
            withdrawals=await database.fetch(WITHDRAWALS),
            actions=await database.fetch(ACTIONS),
            stopped=await database.fetchrow(STOPPED),
            posted=posted,
            trades={trade["id"]: trade for trade in trades},
            wallet=wallet,
            usable=await database.fetchval(USABLE),
            withdrawn=[each for each in relayed["withdrawn"] if each["from"] == stage.wallet],
        )
