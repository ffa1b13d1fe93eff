"""Who asks, and the pages and limits that all answers of accounts share."""

import base64
import binascii
from collections.abc import Sequence
from typing import Final, TypeVar

from aiohttp import web

from infrastructure.sandbox.exchange.accounts.keys import ApiKey
from infrastructure.sandbox.exchange.exchange import EXCHANGE
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.refused import Refused

LAST: Final = "LTE="  # base64 of -1
Row = TypeVar("Row")


async def asking(request: web.Request) -> ApiKey:
    """The proven owner of the request's API key. Raises: Refused."""
    path = request.rel_url.raw_path.removeprefix("/clob")
    body = await request.read()
    keys = request.app[EXCHANGE].accounts.keys
    return keys.asking(request.headers, request.method, path, body)


def admitted(request: web.Request, key: ApiKey, kind: str, cost: int) -> dict[str, str]:
    """Headers of the limit. Raises: Refused if it is used up."""
    may_pass, headers = request.app[EXCHANGE].accounts.limits.admit(key.address, kind, cost)
    if not may_pass:
        raise Refused(429, "Too Many Requests", headers)
    return headers


def with_headers(response: web.Response, headers: dict[str, str]) -> web.Response:
    response.headers.update(headers)
    return response


def page(rows: Sequence[Json], cursor: str, limit: int) -> Json:
    """One page of a CLOB list: `MA==` is the first, `LTE=` says that there is no other."""
    start = _offset(cursor)
    shown = rows[start : start + limit]
    end = start + limit
    following = base64.b64encode(str(end).encode()).decode() if end < len(rows) else LAST
    return {"limit": limit, "count": len(shown), "next_cursor": following, "data": list(shown)}


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        offset = int(base64.b64decode(cursor, validate=True))
    except (binascii.Error, ValueError) as error:
        raise Refused(400, "invalid next_cursor") from error
    if offset < 0:
        raise Refused(400, "invalid next_cursor")
    return offset
