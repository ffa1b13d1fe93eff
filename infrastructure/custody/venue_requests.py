"""Requests for a wallet that is being set up: bounded in time and size, never half believed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, TypeVar

import httpx
import msgspec

from core.domain.errors import Unavailable
from core.domain.sentences import worded

DEADLINE: Final = 15.0  # seconds for one request
LONGEST: Final = 1_000_000  # bytes of an answer

Shape = TypeVar("Shape")


@dataclass(frozen=True, slots=True)
class Said:
    """What the venue has answered; perhaps credentials, so it does not show them."""

    status: int
    body: bytes = field(repr=False)


class SetUpHttp:
    """One host of the venue. What it answers is judged by whoever asks."""

    def __init__(self, client: httpx.AsyncClient, base_url: str) -> None:
        self._client = client
        self._base = base_url.rstrip("/")

    async def ask(self, method: str, path: str, headers: Mapping[str, str]) -> Said:
        """Raises: Unavailable, also for what the venue will answer differently in a while."""
        try:
            async with asyncio.timeout(DEADLINE):
                answer = await self._client.request(
                    method, self._base + path, headers=dict(headers), follow_redirects=False
                )
        except (httpx.RequestError, TimeoutError):  # its request holds the headers
            raise Unavailable("Polymarket cannot be reached right now. Try again.") from None
        passing = {HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
        if answer.status_code in passing or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(
                worded(
                    "Polymarket cannot answer right now (HTTP {status}). Try again.",
                    status=answer.status_code,
                )
            )
        if len(answer.content) > LONGEST:
            raise Unavailable("Polymarket's answer is too large.")
        return Said(answer.status_code, answer.content)


def read(said: Said, shape: type[Shape]) -> Shape:
    """Raises: Unavailable for HTML, truncated JSON or another shape; it repeats nothing of it."""
    found = decoded(said, shape)
    if found is None:
        raise Unavailable("Polymarket's answer could not be read. Try again.")
    return found


def decoded(said: Said, shape: type[Shape]) -> Shape | None:
    """None if it cannot be read: an error's traceback would keep what was half read."""
    try:
        return msgspec.json.decode(said.body, type=shape)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
