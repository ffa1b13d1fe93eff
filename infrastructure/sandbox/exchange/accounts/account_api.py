"""What an account reads of itself on the CLOB: keys, orders, trades, money, its standing."""

from typing import Final

import msgspec
from aiohttp import web

from infrastructure.sandbox.exchange.accounts.asking import asking, page
from infrastructure.sandbox.exchange.accounts.contracts import TRADING
from infrastructure.sandbox.exchange.accounts.keys import ApiKey
from infrastructure.sandbox.exchange.accounts.money import Wallet
from infrastructure.sandbox.exchange.accounts.records import AccountOrder, AccountTrade
from infrastructure.sandbox.exchange.accounts.user_events import order_json, trade_json
from infrastructure.sandbox.exchange.exchange import EXCHANGE
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.gamma import reply
from infrastructure.sandbox.exchange.refused import Refused

VERSION: Final = 2
ASSETS: Final = frozenset({"COLLATERAL", "CONDITIONAL", "CONDITIONAL-V2"})
UNLIMITED_SHARES: Final = 2**256 - 1


class Beat(msgspec.Struct, frozen=True):
    heartbeat_id: str | None = ""


async def version(_: web.Request) -> web.Response:
    return reply({"version": VERSION})


async def create_key(request: web.Request) -> web.Response:
    accounts = request.app[EXCHANGE].accounts
    key = accounts.keys.create(request.headers)
    accounts.wallets.welcome(key.address)
    return reply(_credentials(key))


async def derive_key(request: web.Request) -> web.Response:
    return reply(_credentials(request.app[EXCHANGE].accounts.keys.derive(request.headers)))


async def list_keys(request: web.Request) -> web.Response:
    key = await asking(request)
    return reply({"apiKeys": request.app[EXCHANGE].accounts.keys.ids_of(key.address)})


async def delete_key(request: web.Request) -> web.Response:
    key = await asking(request)
    request.app[EXCHANGE].accounts.keys.delete(key)
    return reply("OK")


async def closed_only(request: web.Request) -> web.Response:
    key = await asking(request)
    wallets = request.app[EXCHANGE].accounts.wallets
    mine = [each for each in wallets if key.address in {each.owner, *each.sessions}]
    return reply({"closed_only": any(each.is_closed_only for each in mine)})


async def session_signers(request: web.Request) -> web.Response:
    """Session keys of the deposit wallet that the asking key owns, or is one of."""
    key = await asking(request)
    wallets = request.app[EXCHANGE].accounts.wallets
    wallet = wallets.with_sessions(key.address)
    if wallet is None:
        raise Refused(404, "wallet not found")
    signers = [
        {"address": session, "scopes": ["CLOB"], "valid_until": end}
        for session, end in wallet.sessions.items()
    ]
    return reply({"wallet": wallet.address, "signers": signers})


async def open_orders(request: web.Request) -> web.Response:
    """Live ones; asked for by `id`, one of any status."""
    key, query = await asking(request), request.query
    accounts = request.app[EXCHANGE].accounts
    named = accounts.orders.orders.get(query.get("id", ""))
    if "id" in query:
        found = [named] if named is not None and named.key.id == key.id else []
    else:
        found = [each for each in accounts.orders.open_orders(key.id) if each.status == "LIVE"]
    rows = [order_json(each) for each in found if _is_wanted(request, each)]
    return reply(page(rows, query.get("next_cursor", ""), accounts.page_size))


async def one_order(request: web.Request) -> web.Response:
    key = await asking(request)
    accounts = request.app[EXCHANGE].accounts
    order = accounts.orders.orders.get(request.match_info["id"])
    if order is None or order.key.id != key.id:
        raise Refused(404, "order not found")
    if accounts.only_active_lookups and not order.is_open:
        raise Refused(404, "order not found")
    return reply(order_json(order))


async def trades(request: web.Request) -> web.Response:
    """Newest first."""
    key, query = await asking(request), request.query
    accounts = request.app[EXCHANGE].accounts
    found = [
        trade
        for trade in reversed(accounts.trades.trades.values())
        if trade.concerns(key.id) and _is_wanted(request, trade) and _is_between(request, trade)
    ]
    if "id" in query:
        found = [trade for trade in found if trade.id == query["id"]]
    rows = [trade_json(trade, key.id) for trade in found]
    return reply(page(rows, query.get("next_cursor", ""), accounts.page_size))


async def balance(request: web.Request) -> web.Response:
    key, query = await asking(request), request.query
    asset = query.get("asset_type", "")
    if asset not in ASSETS or not query.get("signature_type", "0").isdigit():
        raise Refused(400, "Invalid asset type")
    accounts = request.app[EXCHANGE].accounts
    wallet = accounts.wallet_of(key, int(query.get("signature_type", "0")))
    token = "" if asset == "COLLATERAL" else query.get("token_id", "")
    return reply(_balance(wallet, token))


async def update_balance(request: web.Request) -> web.Response:
    """The exchange reads its own books: there is no cache to refresh."""
    await balance(request)
    return reply("")


async def heartbeat(request: web.Request) -> web.Response:
    key = await asking(request)
    try:
        beat = msgspec.json.decode(await request.read() or b"{}", type=Beat)
    except msgspec.DecodeError as error:
        raise Refused(400, "Invalid payload") from error
    heartbeats = request.app[EXCHANGE].accounts.heartbeats
    is_right, expected = heartbeats.beat(key.id, beat.heartbeat_id or "")
    if is_right:
        return reply({"heartbeat_id": expected})
    return reply({"error_msg": "Invalid Heartbeat ID", "heartbeat_id": expected}, 400)


async def rate_limit_tier(request: web.Request) -> web.Response:
    await asking(request)
    return reply({"tier": request.app[EXCHANGE].accounts.limits.tier})


def _credentials(key: ApiKey) -> Json:
    return {"apiKey": key.id, "secret": key.secret, "passphrase": key.passphrase}


def _balance(wallet: Wallet | None, token: str) -> Json:
    """Millionths as text; a stranger has nothing and allows nothing."""
    if wallet is None:
        return {"balance": "0", "allowances": dict.fromkeys(TRADING, "0")}
    if not token:
        allowed = {contract: str(wallet.allowances[contract]) for contract in TRADING}
        return {"balance": str(max(wallet.cash, 0)), "allowances": allowed}
    allowed = {
        contract: str(UNLIMITED_SHARES if wallet.may_move_shares(contract) else 0)
        for contract in TRADING
    }
    return {"balance": str(max(wallet.shares.get(token, 0), 0)), "allowances": allowed}


def _is_wanted(request: web.Request, row: AccountOrder | AccountTrade) -> bool:
    query = request.query
    makers = {row.maker} if isinstance(row, AccountOrder) else _addresses(row)
    return (
        query.get("market", "") in {"", row.state.listed.condition_id}
        and query.get("asset_id", "") in {"", row.token}
        and query.get("maker_address", "").lower() in {"", *(each.lower() for each in makers)}
    )


def _addresses(trade: AccountTrade) -> set[str]:
    return {trade.address, *(part.address for part in trade.makers)}


def _is_between(request: web.Request, trade: AccountTrade) -> bool:
    """`after` and `before` are seconds."""
    after, before = (request.query.get(name, "") for name in ("after", "before"))
    at = trade.matched_at / 1000
    if not all(not each or each.isdigit() for each in (after, before)):
        raise Refused(400, "invalid time")
    return (not after or at > int(after)) and (not before or at < int(before))
