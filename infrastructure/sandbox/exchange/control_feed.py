"""Control of connections and of faults: what the socket and REST do wrong."""

import asyncio
from typing import Final

import msgspec
from aiohttp import web

from infrastructure.sandbox.exchange.accounts import control_orders
from infrastructure.sandbox.exchange.control_errors import CannotDo, body_of
from infrastructure.sandbox.exchange.exchange import EXCHANGE, ExchangeSandbox
from infrastructure.sandbox.exchange.feed_faults import FeedFaults, Kind, Tampering
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.gamma import reply
from infrastructure.sandbox.exchange.hub import Connection
from infrastructure.sandbox.exchange.rest_faults import RestFault

GARBAGE: Final = b'{"event_type":"price_change","market":"0x'
MEGABYTE: Final = 1024 * 1024
LARGEST: Final = 256  # megabytes
LONGEST_WAIT: Final = 60.0  # seconds


class Drop(msgspec.Struct, forbid_unknown_fields=True):
    """With a close code, or without one by breaking the connection off."""

    connections: list[int] = []
    code: int | None = None


class Freeze(msgspec.Struct, forbid_unknown_fields=True):
    """Neither tokens nor connections: everything."""

    tokens: list[str] = []
    connections: list[int] = []
    frozen: bool = True


class Switch(msgspec.Struct, forbid_unknown_fields=True):
    on: bool = True


class Squeeze(msgspec.Struct, forbid_unknown_fields=True):
    bytes: int


class Bookless(msgspec.Struct, forbid_unknown_fields=True):
    """No tokens: all of them."""

    tokens: list[str] = []
    on: bool = True


class Corrupt(msgspec.Struct, forbid_unknown_fields=True):
    """`garbage`, `giant` and `text` are sent now; the other kinds stay until `heal`."""

    kind: str
    every: int = 1
    count: int | None = None
    tokens: list[str] = []
    connections: list[int] = []
    event: str = ""
    text: str = ""
    megabytes: int = 10


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    count: int = 1
    status: int | None = None
    hang: float = 0.0
    garbage: bool = False
    retry_after: int | None = None


async def connections(request: web.Request) -> web.Response:
    hub = request.app[EXCHANGE].hub
    return reply({"connections": [_connection(each) for each in [*hub.closed, *hub.open.values()]]})


async def wait(request: web.Request) -> web.Response:
    """Answers when a token is subscribed (`subscribed=false`: no more), or `ok: false` in time."""
    exchange, query = request.app[EXCHANGE], request.query
    token, wanted = query.get("token", ""), query.get("subscribed", "true") != "false"
    try:
        seconds = min(float(query.get("timeout", "10")), LONGEST_WAIT)
    except ValueError as error:
        raise CannotDo("timeout must be a number of seconds") from error
    try:
        async with asyncio.timeout(seconds):
            await exchange.hub.until(lambda: (token in exchange.hub.subscribed()) is wanted)
    except TimeoutError:
        return reply({"ok": False})
    return reply({"ok": True})


async def drop(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Drop)
    dropped = _chosen(exchange, wish.connections)
    for connection in dropped:
        if wish.code is None:
            connection.abort()
        else:
            await exchange.sockets[connection.number].close(code=wish.code)
    return reply({"dropped": [connection.number for connection in dropped]})


async def freeze(request: web.Request) -> web.Response:
    faults, wish = request.app[EXCHANGE].hub.faults, await body_of(request, Freeze)
    if not wish.tokens and not wish.connections:
        faults.is_frozen = wish.frozen
    if wish.frozen:
        faults.frozen_tokens.update(wish.tokens)
        faults.frozen_connections.update(wish.connections)
    else:
        faults.frozen_tokens.difference_update(wish.tokens)
        faults.frozen_connections.difference_update(wish.connections)
    return reply({"frozen": wish.frozen})


async def deaf(request: web.Request) -> web.Response:
    wish = await body_of(request, Switch)
    request.app[EXCHANGE].hub.faults.is_deaf = wish.on
    return reply({"deaf": wish.on})


async def mute(request: web.Request) -> web.Response:
    wish = await body_of(request, Switch)
    request.app[EXCHANGE].hub.faults.is_mute = wish.on
    return reply({"mute": wish.on})


async def bookless(request: web.Request) -> web.Response:
    faults, wish = request.app[EXCHANGE].hub.faults, await body_of(request, Bookless)
    if not wish.tokens:
        faults.is_bookless = wish.on
    if wish.on:
        faults.bookless_tokens.update(wish.tokens)
    else:
        faults.bookless_tokens.difference_update(wish.tokens)
    return reply({"bookless": wish.on})


async def squeeze(request: web.Request) -> web.Response:
    """Who reads too slowly for so short a queue is hung up on."""
    exchange, wish = request.app[EXCHANGE], await body_of(request, Squeeze)
    if wish.bytes < 1:
        raise CannotDo("bytes must be at least 1")
    exchange.hub.squeeze(wish.bytes)
    return reply({"bytes": wish.bytes})


async def corrupt(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Corrupt)
    match wish.kind:
        case "garbage":
            _send_now(exchange, wish, wish.text.encode() or GARBAGE)
        case "giant":
            _send_now(exchange, wish, _giant(wish.megabytes))
        case "text":
            _send_now(exchange, wish, wish.text.encode())
        case _:
            exchange.hub.faults.tamperings.append(_tampering(wish))
    return reply({"corrupt": wish.kind})


async def heal(request: web.Request) -> web.Response:
    """Everything works again, REST too."""
    exchange = request.app[EXCHANGE]
    exchange.hub.faults = FeedFaults()
    exchange.hub.squeeze(exchange.options.queue_limit)
    exchange.rest_faults.scripted.clear()
    exchange.shift = 0.0
    exchange.weather.faults.clear()
    control_orders.heal(exchange)
    return reply({"healthy": True})


async def faults(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Fault)
    if wish.status is None and not wish.hang and not wish.garbage:
        raise CannotDo("say what is wrong: status, hang or garbage")
    exchange.rest_faults.scripted.append(
        RestFault(wish.path, wish.count, wish.status, wish.hang, wish.garbage, wish.retry_after)
    )
    return reply({"path": wish.path, "count": wish.count})


async def scripted(request: web.Request) -> web.Response:
    """What is still to go wrong with REST, oldest first."""
    faults = request.app[EXCHANGE].rest_faults.scripted
    return reply({"faults": [{"path": each.path, "left": each.left} for each in faults]})


async def replay(request: web.Request) -> web.Response:
    """With `wait=SECONDS`: answers when the last frame was played, at the latest after that."""
    exchange = request.app[EXCHANGE]
    if exchange.replay is None:
        raise CannotDo("nothing is replayed")
    playing = exchange.replay
    try:
        async with asyncio.timeout(min(float(request.query.get("wait", "0")), LONGEST_WAIT)):
            await exchange.hub.until(lambda: playing.is_finished)
    except TimeoutError:
        pass  # the answer says how far it is
    return reply(
        {
            "phase": playing.phase,
            "position": playing.position,
            "frames": len(playing.recording.frames),
            "speed": playing.speed,
            "finished": playing.is_finished,
        }
    )


async def start_replay(request: web.Request) -> web.Response:
    exchange = request.app[EXCHANGE]
    if exchange.replay is None:
        raise CannotDo("nothing is replayed")
    exchange.replay.begin(exchange.hub)
    return reply({"started": True})


def _connection(connection: Connection) -> Json:
    return {
        "id": connection.number,
        "opened_at": connection.opened_at,
        "closed_at": connection.closed_at,
        "was_slow": connection.was_slow,
        "tokens": list(connection.tokens),
        "custom_features": connection.is_curious,
        "sent": connection.outbox.sent,
        "queued_bytes": connection.outbox.queued,
        "received": [{"at": each.at, "text": each.text} for each in connection.received],
    }


def _chosen(exchange: ExchangeSandbox, numbers: list[int]) -> list[Connection]:
    """The open ones of these, or all."""
    return [
        connection
        for number, connection in list(exchange.hub.open.items())
        if not numbers or number in numbers
    ]


def _send_now(exchange: ExchangeSandbox, wish: Corrupt, data: bytes) -> None:
    for connection in _chosen(exchange, wish.connections):
        connection.put(data)


def _giant(megabytes: int) -> bytes:
    """A valid message of that size, of no known type."""
    if not 0 < megabytes <= LARGEST:
        raise CannotDo(f"megabytes must be between 1 and {LARGEST}")
    return b'{"event_type":"giant","filling":"' + b"x" * (megabytes * MEGABYTE) + b'"}'


def _tampering(wish: Corrupt) -> Tampering:
    if wish.kind not in set(Kind):
        raise CannotDo(f"{wish.kind} is no kind of corruption")
    if wish.every < 1:
        raise CannotDo("every must be at least 1")
    return Tampering(
        Kind(wish.kind),
        wish.every,
        wish.count,
        frozenset(wish.tokens),
        frozenset(wish.connections),
        wish.event,
    )
