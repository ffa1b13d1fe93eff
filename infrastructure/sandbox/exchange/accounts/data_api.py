"""The Data API, version 2: positions, trades, activity, value and approvals of any address."""

import base64
import binascii
from collections.abc import Sequence
from typing import Final

import msgspec
from aiohttp import web

from infrastructure.sandbox.exchange.accounts.data_rows import (
    allowance_rows,
    operator_rows,
    position_row,
    price_of,
    redemption_row,
    trade_row,
)
from infrastructure.sandbox.exchange.accounts.holdings import deals_of, holdings_of
from infrastructure.sandbox.exchange.accounts.money import value
from infrastructure.sandbox.exchange.accounts.signatures import DEPOSIT_WALLET
from infrastructure.sandbox.exchange.accounts.typed_data import ADDRESS, CHAIN
from infrastructure.sandbox.exchange.decimals import number
from infrastructure.sandbox.exchange.exchange import EXCHANGE
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.gamma import reply
from infrastructure.sandbox.exchange.refused import Refused
from infrastructure.sandbox.exchange.relayer.api import RELAYER
from infrastructure.sandbox.exchange.relayer.rows import withdrawal_rows

USUAL_LIMIT: Final = 100
MOST_ROWS: Final = 1000


async def positions(request: web.Request) -> web.Response:
    exchange, user = request.app[EXCHANGE], _user(request)
    wallet = exchange.accounts.wallets.at(user)
    held = holdings_of(exchange.accounts, wallet) if wallet else []
    wanted = {each for each in request.query.get("status", "").upper().split(",") if each}
    rows = [position_row(exchange, user, each, held) for each in held]
    chosen = [
        row
        for row, each in zip(rows, held, strict=True)
        if (row["status"] in wanted if wanted else each.size > 0) and _of_condition(request, row)
    ]
    return _page(request, chosen)


async def trades(request: web.Request) -> web.Response:
    exchange, user = request.app[EXCHANGE], _user(request)
    wallet = exchange.accounts.wallets.at(user)
    found = deals_of(exchange.accounts, wallet) if wallet else []
    only_taken = request.query.get("taker_only", "true") == "true"
    rows = [trade_row(exchange, user, each) for each in found if each.is_taker or not only_taken]
    return _feed(request, rows)


async def activity(request: web.Request) -> web.Response:
    exchange, user = request.app[EXCHANGE], _user(request)
    wallet = exchange.accounts.wallets.at(user)
    rows = []
    for each in deals_of(exchange.accounts, wallet) if wallet else []:
        money = number(value(each.price, each.size))
        rows.append(trade_row(exchange, user, each) | {"type": "TRADE", "usdc_size": money})
    rows += [
        redemption_row(exchange, user, each)
        for each in exchange.accounts.redeemed
        if each.wallet is wallet
    ]
    if wallet:
        rows += withdrawal_rows(request.app[RELAYER].chain, wallet, user)
    kinds = {each for each in request.query.get("type", "").upper().split(",") if each}
    return _feed(request, [row for row in rows if not kinds or row["type"] in kinds])


async def worth(request: web.Request) -> web.Response:
    exchange, user = request.app[EXCHANGE], _user(request)
    wallet = exchange.accounts.wallets.at(user)
    held = holdings_of(exchange.accounts, wallet) if wallet else []
    total = sum(value(price_of(each.state, each.outcome), max(each.size, 0)) for each in held)
    return reply({"data": {"proxy_wallet": user, "value": number(total)}})


async def approvals(request: web.Request) -> web.Response:
    exchange, user = request.app[EXCHANGE], _user(request)
    wallet = exchange.accounts.wallets.at(user)
    contracts = [*allowance_rows(wallet), *operator_rows(wallet)]
    answer = {
        "address": user,
        "chain_id": CHAIN,
        "checked_at": exchange.now_ms() // 1000,
        "contracts": [{"id": str(index), **row} for index, row in enumerate(contracts)],
    }
    return reply({"data": answer})


async def geoblock(request: web.Request) -> web.Response:
    region = request.app[EXCHANGE].accounts.region
    return reply(
        {
            "blocked": region.is_blocked,
            "ip": request.remote or "127.0.0.1",
            "country": region.country,
            "region": region.region,
        }
    )


async def deployed(request: web.Request) -> web.Response:
    """Whether a deposit wallet stands at this address, as the relayer tells it."""
    wallet = request.app[EXCHANGE].accounts.wallets.at(request.query.get("address", ""))
    is_open = request.app[EXCHANGE].options.open_accounts
    is_there = wallet is not None and wallet.signature_type == DEPOSIT_WALLET
    return reply({"deployed": is_there or is_open})


def _user(request: web.Request) -> str:
    user = request.query.get("user", "")
    if not user:
        raise Refused(400, "required query param 'user' or 'condition' not provided")
    if not ADDRESS.fullmatch(user):
        raise Refused(400, "invalid query param 'user'")
    return user.lower()


def _of_condition(request: web.Request, row: Json) -> bool:
    names = ("condition", "condition_id", "conditionId")
    wanted = {each for name in names for each in request.query.getall(name, [])}
    flat = {part for each in wanted for part in each.split(",")}
    return not flat or row["condition_id"] in flat


def _feed(request: web.Request, rows: list[Json]) -> web.Response:
    """Newest first, between `start` and `end` in seconds."""
    start = int(request.query.get("start", "0") or 0)
    end = int(request.query.get("end", "0") or 0) or 2**62
    side = request.query.get("side", "").upper()
    chosen = [
        row
        for row in rows
        if start <= msgspec.convert(row["timestamp"], int) <= end
        and side in {"", row["side"]}
        and _of_condition(request, row)
    ]
    chosen.sort(key=lambda row: msgspec.convert(row["timestamp"], int), reverse=True)
    return _page(request, chosen)


def _page(request: web.Request, rows: Sequence[Json]) -> web.Response:
    """The first page says how many rows there are on each; later ones only bring its cursor."""
    offset, limit = _place(request)
    end = offset + limit
    cursor = base64.urlsafe_b64encode(msgspec.json.encode([end, limit])).decode()
    has_more = end < len(rows)
    pagination = {
        "limit": limit,
        "offset": offset,
        "has_more": has_more,
        "next_cursor": cursor if has_more else None,
    }
    return reply({"data": list(rows[offset:end]), "pagination": pagination})


def _place(request: web.Request) -> tuple[int, int]:
    """Offset and limit. Raises: Refused."""
    try:
        if "cursor" in request.query:
            raw = base64.urlsafe_b64decode(request.query["cursor"])
            return msgspec.json.decode(raw, type=tuple[int, int])
        limit = int(request.query.get("limit", str(USUAL_LIMIT)))
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise Refused(400, "invalid cursor") from error
    return 0, min(max(limit, 1), MOST_ROWS)
