"""The venue, the ledger and everything derived from it, compared; what differs is a complaint."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tests.crash.stage import Stage

ORDERS: Final = """
SELECT id, key, origin, status, kind, order_hash, filled_size, failed_size, matched_size,
       cancel_requested_at FROM orders WHERE account = 'live' ORDER BY id
"""
FILLS: Final = "SELECT order_id, trade_id, token_id, side, size, settlement FROM fills"
POSITIONS: Final = """
SELECT token_id, sum(amount) FROM positions WHERE account = 'live' AND amount <> 0
GROUP BY token_id
"""
RESERVED: Final = "SELECT order_id, is_open, cost, shares FROM reservations WHERE account = 'live'"
HELD: Final = "SELECT open_orders, reserved FROM risk_accounts WHERE account = 'live'"
WAITING: Final = """
SELECT 'update ' || update_id || ' waits' FROM updates WHERE handled_at IS NULL
UNION ALL SELECT 'notice ' || key || ' waits' FROM notices
    WHERE sent_at IS NULL AND dropped_at IS NULL
UNION ALL SELECT 'notice ' || key || ' was given up' FROM notices WHERE dropped_at IS NOT NULL
UNION ALL SELECT 'drift: ' || kind || ' ' || ours || ' here, ' || theirs || ' there'
    FROM drifts WHERE closed_at IS NULL
UNION ALL SELECT 'not compared: ' || fault FROM account_checks WHERE fault <> ''
"""
DONE: Final = frozenset({"filled", "cancelled", "rejected", "expired"})
ASKED: Final = frozenset({"new", "signed", "unknown", "delayed", "matched"})  # nobody knows yet
SETTLED: Final = {"CONFIRMED": "confirmed", "FAILED": "failed"}

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
    compared_at: datetime | None
    posted: dict[str, Json]  # the venue's orders, by hash
    trades: dict[str, Json]
    wallet: Json

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
            posted=posted,
            trades={trade["id"]: trade for trade in trades},
            wallet=wallet,
        )


def doubled(seen: Seen, confirmed: int) -> list[str]:
    """More than was tapped for; no waiting heals that."""
    found = [
        f"order {one} was sent as {order['bodies']} different bodies"
        for one, order in seen.posted.items()
        if order["posted"] and order["bodies"] != 1
    ]
    if len(seen.own) > confirmed:
        found.append(f"{confirmed} taps became {len(seen.own)} orders")
    if len(seen.accepted) > confirmed:
        found.append(f"{confirmed} taps became {len(seen.accepted)} orders at the venue")
    return found


def complaints(seen: Seen) -> list[str]:
    """Empty as soon as everything has come to rest, and agrees."""
    return [
        *seen.waiting,
        *_of_orders(seen),
        *_of_fills(seen),
        *_of_holdings(seen),
        *_of_reservations(seen),
    ]


def _of_orders(seen: Seen) -> Iterator[str]:
    known = {order["order_hash"] for order in seen.orders}
    for one, order in seen.posted.items():
        if order["accepted"] and one not in known:
            yield f"order {one} is at the venue and not here: lost"
    for order in seen.orders:
        there = seen.posted.get(order["order_hash"], {})
        if order["status"] in ASKED:
            yield f"order {order['id']} is {order['status']}"
        elif there.get("accepted"):
            yield from _of_accepted(order, there)
        elif order["filled_size"] or order["status"] not in DONE:
            yield f"order {order['id']} is {order['status']}, and the venue does not know it"


def _of_accepted(order: Row, there: Json) -> Iterator[str]:
    is_open = order["status"] == "live" or (
        order["status"] == "partial" and order["kind"] in {"GTC", "GTD"}
    )
    if is_open is not (there["status"] in {"LIVE", "DELAYED"}):
        yield f"order {order['id']} is {order['status']} here and {there['status']} there"
    if is_open and order["cancel_requested_at"] is not None:
        yield f"order {order['id']} is still to be cancelled"
    if order["status"] == "rejected":
        yield f"order {order['id']} is rejected here and was accepted there"
    told = order["filled_size"] + order["failed_size"]
    if told != Decimal(there["size_matched"]):
        yield f"order {order['id']}: {told} filled here, {there['size_matched']} there"


def _of_fills(seen: Seen) -> Iterator[str]:
    hashes = {order["id"]: order["order_hash"] for order in seen.orders}
    booked = Counter((hashes.get(fill["order_id"]), fill["trade_id"]) for fill in seen.fills)
    yield from (
        f"trade {key[1]} is booked {times} times" for key, times in booked.items() if times > 1
    )
    for one, order in seen.posted.items():
        for trade in order.get("associate_trades", ()):
            if not booked.pop((one, trade), 0):
                yield f"trade {trade} is at the venue and not here"
    yield from (f"trade {key[1]} is here and not at the venue" for key in booked)
    for fill in seen.fills:
        status = seen.trades.get(fill["trade_id"], {}).get("status", "nowhere")
        if SETTLED.get(status) != fill["settlement"]:
            yield f"trade {fill['trade_id']} is {fill['settlement']} here and {status} there"


def _of_holdings(seen: Seen) -> Iterator[str]:
    if seen.cash != Decimal(seen.wallet["cash"]):
        yield f"{seen.cash} USDC here and {seen.wallet['cash']} there"
    shares = {token: Decimal(held) for token, held in seen.wallet["shares"].items()}
    if seen.positions != shares:
        yield f"positions {seen.positions} here and {shares} there"
    folded: dict[str, Decimal] = defaultdict(Decimal)
    for fill in seen.fills:
        if fill["settlement"] != "failed":
            folded[fill["token_id"]] += fill["size"] * (1 if fill["side"] == "BUY" else -1)
    if seen.positions != {token: size for token, size in folded.items() if size}:
        yield f"positions {seen.positions}, but their fills add up to {dict(folded)}"


def _of_reservations(seen: Seen) -> Iterator[str]:
    working = {order["id"] for order in seen.own if order["status"] not in DONE}
    working -= {order["id"] for order in seen.own if order["kind"] in {"FAK", "FOK"}}
    held = {row["order_id"] for row in seen.reserved if row["is_open"]}
    if held != working:
        yield f"reserved for orders {sorted(held)}, working are {sorted(working)}"
    left = [
        row["order_id"]
        for row in seen.reserved
        if not row["is_open"] and (row["cost"] or row["shares"])
    ]
    if left:
        yield f"ended orders {left} still hold something"
    total = sum((row["cost"] for row in seen.reserved), Decimal(0))
    if seen.held is not None and (seen.held["open_orders"], seen.held["reserved"]) != (
        len(held),
        total,
    ):
        yield f"the account's sums are {tuple(seen.held)}, its orders' {(len(held), total)}"
