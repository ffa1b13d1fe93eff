"""A venue over HTTP whose answers the test writes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from infrastructure.polymarket.http import VenueHttp, open_client

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class VenueRest:
    """`answers` by path; each request is remembered as method, path with query, and body."""

    answers: dict[str, Answer | object] = field(default_factory=dict)
    seen: list[tuple[str, str, bytes]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.path_qs, await request.read()))
        answer = self.answers.get(request.path)
        if answer is None:
            return web.json_response({"error": "not found"}, status=404)
        if callable(answer):
            response = await answer(request)
            assert isinstance(response, web.StreamResponse)
            return response
        return web.Response(body=msgspec.json.encode(answer), content_type="application/json")


@asynccontextmanager
async def serving(venue: VenueRest) -> AsyncIterator[str]:
    """Its base URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", venue.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def asking(base_url: str, **options: Any) -> AsyncIterator[VenueHttp]:  # what VenueHttp takes
    """Our side of the wire, without pauses between attempts."""

    async def no_pause(_seconds: float) -> None:
        return

    async with open_client(timeout=2.0, connect_timeout=1.0) as client:
        yield VenueHttp(client, base_url, **({"sleep": no_pause} | options))


def status(code: int, headers: Mapping[str, str] | None = None, text: str = "") -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, headers=headers, text=text)

    return answer


def text(body: str | bytes, content_type: str = "application/json") -> Answer:
    """An answer of these very bytes."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        raw = body.encode() if isinstance(body, str) else body
        return web.Response(body=raw, content_type=content_type)

    return answer
