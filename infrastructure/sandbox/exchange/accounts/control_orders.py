"""Control of orders, trades and the user channel; and the lists that a harness compares with."""

import asyncio
from typing import Final, Literal

import msgspec
from aiohttp import web

from infrastructure.sandbox.exchange.accounts.accounts import Posted
from infrastructure.sandbox.exchange.accounts.order_faults import FaultKind, OrderFault, When
from infrastructure.sandbox.exchange.accounts.rate_limits import TIERS
from infrastructure.sandbox.exchange.accounts.records import AccountOrder, AccountTrade, TradeStatus
from infrastructure.sandbox.exchange.accounts.trades import Settle, Settlement
from infrastructure.sandbox.exchange.accounts.user_events import Times, order_json, trade_json
from infrastructure.sandbox.exchange.accounts.user_hub import ChannelFaults
from infrastructure.sandbox.exchange.control_errors import CannotDo, body_of
from infrastructure.sandbox.exchange.decimals import text
from infrastructure.sandbox.exchange.exchange import EXCHANGE, ExchangeSandbox
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.gamma import reply

LONGEST_WAIT: Final = 60.0  # seconds


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """`lasting`: for so many seconds, however often; `seconds`: until a late acceptance."""

    kind: FaultKind
    when: When = When.BEFORE
    count: int | None = None
    seconds: float = 1.0
    path: str = "/order"
    method: str = "POST"
    lasting: float | None = None


class Trades(msgspec.Struct, forbid_unknown_fields=True):
    """With `id` and `status`: move that trade now. Otherwise: how trades settle from now on."""

    settle: Settle | None = None
    delay: float | None = None
    failing: float | None = None
    id: str = ""
    status: TradeStatus | None = None


class Channel(msgspec.Struct, forbid_unknown_fields=True):
    kind: Literal["freeze", "drop", "duplicate", "reorder", "silent", "clear"] | None = None
    count: int | None = None
    times: Times | None = None


class Limits(msgspec.Struct, forbid_unknown_fields=True):
    tier: str = "standard"
    enforced: bool = True


class Delay(msgspec.Struct, forbid_unknown_fields=True):
    market: str
    seconds: float


class LookUps(msgspec.Struct, forbid_unknown_fields=True):
    active_only: bool


class Heartbeats(msgspec.Struct, forbid_unknown_fields=True):
    limit: float


class Cancel(msgspec.Struct, forbid_unknown_fields=True):
    """As the venue itself would, in its own words."""

    id: str
    status: str = "INVALID"


async def set_fault(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Fault)
    lasting = wish.lasting
    count = wish.count if wish.count is not None else (1 if lasting is None else 1_000_000)
    now = asyncio.get_running_loop().time()
    fault = OrderFault(
        kind=wish.kind,
        when=wish.when,
        left=count,
        seconds=wish.seconds,
        path=wish.path,
        method=wish.method.upper(),
        until=None if lasting is None else now + lasting,
    )
    exchange.accounts.faults.scripted.append(fault)
    return reply({"kind": wish.kind, "when": wish.when, "count": count})


async def faults(request: web.Request) -> web.Response:
    """What is still to go wrong, and how often each kind happened."""
    known = request.app[EXCHANGE].accounts.faults
    waiting = [
        {"kind": each.kind, "when": each.when, "path": each.path, "left": each.left}
        for each in known.scripted
        if each.left > 0
    ]
    return reply({"waiting": waiting, "met": dict(known.met)})


async def set_trades(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Trades)
    desk = exchange.accounts.trades
    if wish.id or wish.status is not None:
        trade = desk.trades.get(wish.id)
        if trade is None or wish.status is None:
            raise CannotDo("name a trade by its id, and its new status")
        desk.move(trade, wish.status, exchange.now_ms())
        return reply(_trade(trade))
    old = desk.settlement
    desk.settlement = Settlement(
        settle=old.settle if wish.settle is None else wish.settle,
        delay=old.delay if wish.delay is None else wish.delay,
        failing=old.failing if wish.failing is None else wish.failing,
    )
    return reply({"settle": desk.settlement.settle, "delay": desk.settlement.delay})


async def set_channel(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Channel)
    hub = exchange.accounts.hub
    dropped = 0
    match wish.kind:
        case "freeze":
            hub.faults = ChannelFaults(is_frozen=True)
        case "silent":
            hub.faults = ChannelFaults(is_silent=True)
        case "duplicate":
            hub.faults = ChannelFaults(duplicates=True, left=wish.count)
        case "reorder":
            hub.faults = ChannelFaults(reorders=True, left=wish.count)
        case "clear":
            hub.faults = ChannelFaults()
        case "drop":
            dropped = hub.drop_all()
        case None:
            pass
    hub.times = wish.times or hub.times
    return reply({"listeners": len(hub.listeners), "dropped": dropped})


async def channel(request: web.Request) -> web.Response:
    """Who listens; with `?listeners=n` as soon as so many do."""
    hub = request.app[EXCHANGE].accounts.hub
    wanted = int(request.query.get("listeners", "0"))
    try:
        async with asyncio.timeout(LONGEST_WAIT):
            await hub.until(lambda: len(hub.listeners) >= wanted)
    except TimeoutError as error:
        raise CannotDo("nobody came") from error
    listeners = [
        {"api_key": each.key.id, "markets": sorted(each.markets)} for each in hub.listeners
    ]
    return reply({"listeners": listeners, "refused": hub.refused, "told": list(hub.told)})


async def set_limits(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Limits)
    if wish.tier not in TIERS:
        raise CannotDo(f"a tier is one of {', '.join(TIERS)}")
    exchange.accounts.limits.choose(wish.tier, enforced=wish.enforced)
    return reply({"tier": wish.tier, "enforced": wish.enforced})


async def set_delay(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Delay)
    found = [
        state
        for state in exchange.states.values()
        if wish.market in {state.listed.id, state.listed.condition_id, *state.listed.tokens}
    ]
    if not found or wish.seconds < 0:
        raise CannotDo("no such market, or a negative delay")
    found[0].taker_delay = wish.seconds
    return reply({"market": found[0].listed.id, "seconds": wish.seconds})


async def set_look_ups(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, LookUps)
    exchange.accounts.only_active_lookups = wish.active_only
    return reply({"active_only": wish.active_only})


async def set_heartbeats(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Heartbeats)
    exchange.accounts.heartbeats.limit = wish.limit
    return reply({"limit": wish.limit, "armed": len(exchange.accounts.heartbeats.armed)})


async def cancel(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Cancel)
    order = exchange.accounts.orders.orders.get(wish.id)
    problem = (
        "no such order" if order is None else exchange.accounts.orders.cancel(order, wish.status)
    )
    if problem:
        raise CannotDo(problem)
    return reply({"id": wish.id, "status": wish.status})


async def orders(request: web.Request) -> web.Response:
    """Every order that was accepted, and every hash that arrived, with how often it did.

    With `?wallet=address` only the orders that this wallet pays for, and each `hash=` besides.
    """
    exchange = request.app[EXCHANGE]
    known, posted = exchange.accounts.orders.orders, exchange.accounts.posted
    payer = request.query.get("wallet", "").lower()
    hashes = dict.fromkeys([*known, *posted])
    if payer:
        named = request.query.getall("hash", [])
        paid = [one for one, each in known.items() if each.wallet.address == payer]
        hashes = dict.fromkeys([*paid, *named])
    return reply({each: _order(known.get(each), posted.get(each)) for each in hashes})


async def trades(request: web.Request) -> web.Response:
    """With `?wallet=address` only the trades that moved its money."""
    found = request.app[EXCHANGE].accounts.trades.trades.values()
    payer = request.query.get("wallet", "").lower()
    chosen = [each for each in found if not payer or payer in {one.address for one in each.wallets}]
    return reply([_trade(each) for each in chosen])


def heal(exchange: ExchangeSandbox) -> None:
    """Ends the faults of accounts; what was ordered to settle in some way goes on to."""
    accounts = exchange.accounts
    accounts.faults.scripted.clear()
    accounts.hub.faults = ChannelFaults()
    accounts.only_active_lookups = False
    accounts.region.is_blocked = False


def _order(order: AccountOrder | None, posted: Posted | None) -> Json:
    seen: Json = {
        "posted": posted.times if posted else 0,
        "bodies": len(posted.bodies) if posted else 0,
        "accepted": order is not None,
    }
    if order is None:
        return seen
    money = {"value": text(order.value), "wallet": order.wallet.address}
    return seen | money | order_json(order)


def _trade(trade: AccountTrade) -> Json:
    return trade_json(trade, trade.owner, seconds=False) | {"fee": text(trade.fee)}
