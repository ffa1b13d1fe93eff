"""Between us and a venue: everything passes, and chosen answers come out changed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

import aiohttp
import msgspec
from aiohttp import web

from tests.support.sandbox_exchange import Json

Change = Callable[[Any], Any]
HOP: Final = frozenset({"host", "content-length", "transfer-encoding", "connection"})
AMOUNTS: Final = frozenset(
    {
        *("price", "size", "original_size", "size_matched", "matched_amount", "fee_rate_bps"),
        *("makingAmount", "takingAmount", "balance"),
    }
)
TIMES: Final = frozenset({"created_at", "expiration", "match_time", "last_update", "timestamp"})
MILLISECONDS: Final = 10**11  # a larger time counts those


@dataclass
class Mangler:
    """`changes`: by method and path, what becomes of good answers; `done` counts."""

    url: str
    venue: str
    http: aiohttp.ClientSession
    changes: dict[tuple[str, str], Change] = field(default_factory=dict)
    done: int = 0

    async def pass_on(self, request: web.Request) -> web.Response:
        """What breaks off there, breaks off here."""
        try:
            return await self._passed(request)
        except aiohttp.ClientError:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=502)

    async def _passed(self, request: web.Request) -> web.Response:
        headers = {name: v for name, v in request.headers.items() if name.lower() not in HOP}
        content, url = await request.read(), self.venue + request.raw_path
        async with self.http.request(request.method, url, data=content, headers=headers) as answer:
            body, kind = await answer.read(), answer.content_type
        change = self._change(request.method, request.path)
        if change is not None and answer.status == 200:
            self.done += 1
            body = msgspec.json.encode(change(msgspec.json.decode(body)))
        return web.Response(body=body, status=answer.status, content_type=kind)

    def _change(self, method: str, path: str) -> Change | None:
        fitting = (
            change
            for (verb, pattern), change in self.changes.items()
            if verb == method and fnmatchcase(path, pattern)
        )
        return next(fitting, None)


@asynccontextmanager
async def mangling(venue: str) -> AsyncIterator[Mangler]:
    app, http = web.Application(), aiohttp.ClientSession()
    mangler = Mangler("", venue, http)
    app.router.add_route("*", "/{path:.*}", mangler.pass_on)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        mangler.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield mangler
    finally:
        await runner.cleanup()
        await http.close()


def of_fields(names: frozenset[str], change: Change) -> Change:
    """`change` of every field of these names, however deep."""

    def everywhere(value: Any) -> Any:
        match value:
            case dict():
                return {
                    name: change(inner) if name in names else everywhere(inner)
                    for name, inner in value.items()
                }
            case list():
                return [everywhere(inner) for inner in value]
            case _:
                return value

    return everywhere


def other_type(value: Any) -> Any:
    """A number as text, and text as the number that it is."""
    if isinstance(value, str):
        return float(value) if value else value
    return str(value)


def other_unit(value: Any) -> Any:
    """Seconds as milliseconds and the reverse, in the type that it has; 0 stays."""
    if isinstance(value, str) and not value.isdigit():
        return value
    number = int(value)
    turned = number // 1000 if number >= MILLISECONDS else number * 1000
    return str(turned) if isinstance(value, str) else turned


def with_fields(**fields: Any) -> Change:
    """The answer with these instead of its own."""

    def changed(value: Json) -> Json:
        return value | fields

    return changed
