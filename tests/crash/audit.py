"""The venue, the ledger and everything derived from it, compared; what differs is a complaint."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tests.crash.seen import Json, Row, Seen

DONE: Final = frozenset({"filled", "cancelled", "rejected", "expired"})
ASKED: Final = frozenset({"new", "signed", "unknown", "delayed", "matched"})  # nobody knows yet
SETTLED: Final = {"CONFIRMED": "confirmed", "FAILED": "failed"}
IMPLIED: Final = ":implied"  # ends the key of a fill that an answer told of, before its trade
LEAVING: Final = frozenset({"waiting", "sending", "unknown"})
UNDER_WAY: Final = frozenset({"committed", "accepted", "unclear"})
IN_TIME: Final = timedelta(seconds=7)
"""After signing; the same bytes may leave for ten, and the venue has to be asked before that."""


def doubled(seen: Seen, confirmed: int, elsewhere: int = 0) -> list[str]:
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
    external = sum(order["origin"] != "person" for order in seen.orders)
    if external > elsewhere:
        found.append(f"{elsewhere} orders were made elsewhere, and {external} count as such")
    asked = Counter((row["address"], row["amount"]) for row in seen.withdrawals)
    left = _left(seen)
    if left - asked:
        found.append(f"withdrawals {dict(asked)} here, and {dict(left)} left")
    return found


def unsent(seen: Seen, looked_at: datetime) -> list[str]:
    """Orders that never arrived, though the last run, which looked for them then, could send them.

    However well the chat explains it: the bytes were stored to be sent.
    """
    return [
        f"order {order['id']} was signed, found in time, and never sent"
        for order in seen.own
        if order["signed_at"] is not None
        and looked_at - order["signed_at"] < IN_TIME
        and not seen.posted.get(order["order_hash"], {}).get("posted")
    ]


def complaints(seen: Seen) -> list[str]:
    """Empty as soon as everything has come to rest, and agrees."""
    return [
        *seen.waiting,
        *_of_orders(seen),
        *_of_fills(seen),
        *_of_holdings(seen),
        *_of_reservations(seen),
        *_of_wallet(seen),
        *_of_stop(seen),
        *_of_keys(seen),
    ]


def counting(fills: Sequence[Row]) -> list[Row]:
    """Without the implied ones that their trades' own fills have replaced."""
    told = {
        (fill["order_id"], fill["trade_id"])
        for fill in fills
        if not fill["event_key"].endswith(IMPLIED)
    }
    return [
        fill
        for fill in fills
        if fill["settlement"] != "failed"
        or not fill["event_key"].endswith(IMPLIED)
        or (fill["order_id"], fill["trade_id"]) not in told
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
    if order["status"] == "rejected" and not _is_killed(there):
        yield f"order {order['id']} is rejected here and was accepted there"
    told = order["filled_size"] + order["failed_size"]
    if told != Decimal(there["size_matched"]):
        yield f"order {order['id']}: {told} filled here, {there['size_matched']} there"


def _is_killed(there: Json) -> bool:
    """Taken and ended in the same moment: the answer may have called that a refusal."""
    is_over: bool = there["status"].startswith("CANCELED")
    return is_over and not Decimal(there["size_matched"])


def _of_fills(seen: Seen) -> Iterator[str]:
    fills = [fill for fill in counting(seen.fills) if fill["trade_id"] is not None]
    hashes = {order["id"]: order["order_hash"] for order in seen.orders}
    booked = Counter((hashes.get(fill["order_id"]), fill["trade_id"]) for fill in fills)
    yield from (
        f"trade {key[1]} is booked {times} times" for key, times in booked.items() if times > 1
    )
    for one, order in seen.posted.items():
        for trade in order.get("associate_trades", ()):
            if not booked.pop((one, trade), 0):
                yield f"trade {trade} is at the venue and not here"
    yield from (f"trade {key[1]} is here and not at the venue" for key in booked)
    for fill in fills:
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


def _of_wallet(seen: Seen) -> Iterator[str]:
    """Withdrawals, and what the relayer was asked for."""
    left = _left(seen)
    for row in seen.withdrawals:
        has_left = left[row["address"], row["amount"]] > 0
        if row["state"] in LEAVING:
            yield f"withdrawal {row['id']} is {row['state']}"
        elif row["state"] == "sent" and not has_left:
            yield f"withdrawal {row['id']} is sent here, and did not leave there"
        elif row["state"] != "sent" and has_left:
            yield f"withdrawal {row['id']} is {row['state']} here, and left there"
    for row in seen.actions:
        if row["state"] in UNDER_WAY:
            yield f"{row['kind']} {row['id']} is {row['state']}"


def _of_keys(seen: Seen) -> Iterator[str]:
    if seen.usable != 1:
        yield f"{seen.usable} keys are in use"


def _left(seen: Seen) -> Counter[tuple[str, Decimal]]:
    return Counter((each["to"].lower(), Decimal(each["amount"])) for each in seen.withdrawn)


def _of_stop(seen: Seen) -> Iterator[str]:
    if seen.stopped is None or seen.stopped["stop"] == "nothing":
        return
    for order in seen.own:
        if order["created_at"] > seen.stopped["stopped_at"]:
            yield f"order {order['id']} was made after trading was stopped"
        is_working = order["status"] not in DONE and order["kind"] in {"GTC", "GTD"}
        if is_working and seen.stopped["stop"] == "everything":
            yield f"order {order['id']} works on after everything was stopped"
