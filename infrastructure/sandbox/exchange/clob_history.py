"""The CLOB's `prices-history`."""

from aiohttp import web

from infrastructure.sandbox.exchange.exchange import EXCHANGE, ExchangeSandbox
from infrastructure.sandbox.exchange.gamma import reply
from infrastructure.sandbox.exchange.history import FINEST, INTERVALS, mirrored, sampled
from infrastructure.sandbox.exchange.refused import Refused


async def prices_history(request: web.Request) -> web.Response:
    exchange, query = request.app[EXCHANGE], request.query
    token = query.get("market", "")
    if not token:
        raise Refused(400, "invalid filters: the 'market' (asset id) is mandatory")
    fidelity = _whole(query.get("fidelity", "1"), "fidelity")
    window = _window(exchange, request, fidelity)
    found = exchange.find(token)
    if found is None:
        return reply({"history": []})
    state, outcome = found
    series = sampled(exchange.histories.series(state), window, fidelity * 60)
    if outcome:
        series = mirrored(series)
    return reply({"history": [{"t": at, "p": paid} for at, paid in series]})


def _window(exchange: ExchangeSandbox, request: web.Request, fidelity: int) -> tuple[int, int]:
    """First and last second of a history. Raises: Refused with the venue's sentences."""
    query, now = request.query, int(exchange.clock())
    if "startTs" in query or "endTs" in query:
        end = _whole(query.get("endTs", str(now)), "endTs")
        return _whole(query.get("startTs", "0"), "startTs") or end - INTERVALS["max"], end
    interval = query.get("interval", "1d")
    if interval not in INTERVALS:
        known = ", ".join(f"'{each}'" for each in ("1m", "1w", "1d", "6h", "1h"))
        message = f"invalid filters: the 'interval' value is unknown. Known values: {known}"
        raise Refused(400, message)
    finest = FINEST.get(interval, 1)
    if fidelity < finest:
        message = f"invalid filters: minimum 'fidelity' for '{interval}' range is {finest}"
        raise Refused(400, message)
    return now - INTERVALS[interval], now


def _whole(value: str, name: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise Refused(400, f"invalid filters: '{name}' must be a whole number")
    return int(value)
