"""Scripted faults of REST and of the socket's handshake."""

import asyncio
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

LONGEST_HANG: Final = 120.0  # seconds
HANG_BEAT: Final = 0.05  # seconds between looks at whether it still matters
GARBAGE: Final = b'<html><body><h1>502 Bad Gateway</h1></body>{"bids": ['


@dataclass(slots=True)
class RestFault:
    """Happens to the next `left` requests whose path matches the pattern (`*` is anything)."""

    path: str
    left: int
    status: int | None = None
    hang: float = 0.0  # seconds before anything happens
    garbage: bool = False
    retry_after: int | None = None

    def response(self) -> web.Response | None:
        """None lets the request through, which then was only late."""
        if self.garbage:
            return web.Response(body=GARBAGE, content_type="application/json")
        if self.status is None:
            return None
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return web.json_response(
            {"error": "Something went wrong"}, status=self.status, headers=headers
        )


@dataclass(slots=True)
class RestFaults:
    """Faults in the order in which they were scripted."""

    scripted: list[RestFault] = field(default_factory=list)

    def due(self, path: str) -> RestFault | None:
        """The first that matches, used up by one."""
        for fault in self.scripted:
            if fault.left > 0 and fnmatchcase(path, fault.path):
                fault.left -= 1
                return fault
        return None

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/control/"):
            return await handler(request)
        fault = self.due(request.path)
        if fault is None:
            return await handler(request)
        await self._hang(request, fault)
        return fault.response() or await handler(request)

    async def _hang(self, request: web.Request, fault: RestFault) -> None:
        """Until its time is over, the client has gone, or everything was healed."""
        clock = asyncio.get_running_loop().time
        end = clock() + min(fault.hang, LONGEST_HANG)

        def still_matters() -> bool:
            return clock() < end and request.transport is not None and fault in self.scripted

        while still_matters():  # noqa: ASYNC110 - nobody tells a handler that its client left
            await asyncio.sleep(HANG_BEAT)
