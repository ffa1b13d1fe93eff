"""Control of wallets: money, shares, allowances, session keys, standing, redemption."""

from typing import Final

import msgspec
from aiohttp import web

from infrastructure.sandbox.exchange.accounts.accounts import Accounts
from infrastructure.sandbox.exchange.accounts.money import FAR_FUTURE, UNLIMITED, Wallet
from infrastructure.sandbox.exchange.accounts.typed_data import ADDRESS
from infrastructure.sandbox.exchange.control_errors import CannotDo, body_of
from infrastructure.sandbox.exchange.decimals import micros, text
from infrastructure.sandbox.exchange.exchange import EXCHANGE
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.gamma import reply

KINDS: Final = range(4)  # of signatures


class SetWallet(msgspec.Struct, forbid_unknown_fields=True):
    """What is named is set, everything else stays. `address` is the owner's key."""

    address: str
    signature_type: int = 0
    funder: str | None = None
    cash: str | None = None
    allowance: str | None = None  # "max", or USDC
    shares: dict[str, str] = {}
    session_keys: dict[str, int | None] = {}  # by key: its end in Unix seconds; 0 revokes
    closed_only: bool | None = None
    banned: bool | None = None


class Redeem(msgspec.Struct, forbid_unknown_fields=True):
    """Without a market: everything that has ended."""

    address: str
    market: str = ""


class SetRegion(msgspec.Struct, forbid_unknown_fields=True):
    blocked: bool
    country: str = "IE"
    region: str = "L"


async def set_wallet(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, SetWallet)
    accounts = exchange.accounts
    funder = wish.funder or wish.address
    if wish.signature_type not in KINDS or not _are_addresses(wish.address, funder):
        raise CannotDo("an address is 0x and 40 digits, a signature type 0 to 3")
    wallet = accounts.wallets.at(funder)
    if wallet is None or wallet.is_open_to_all:
        opened = Wallet(funder, wish.address.lower(), wish.signature_type)
        opened.allow(UNLIMITED)
        wallet = accounts.wallets.add(opened)
    _fund(accounts, wallet, wish)
    _authorise(wallet, wish)
    accounts.orders.drop_uncovered({wallet})
    return reply(_told(accounts, wallet))


async def wallet(request: web.Request) -> web.Response:
    """By the address that holds the money, or the key that owns it."""
    accounts = request.app[EXCHANGE].accounts
    return reply(_told(accounts, _wallet(accounts, request.query.get("address", ""))))


async def wallets(request: web.Request) -> web.Response:
    accounts = request.app[EXCHANGE].accounts
    return reply([_told(accounts, each) for each in accounts.wallets])


async def redeem(request: web.Request) -> web.Response:
    exchange, wish = request.app[EXCHANGE], await body_of(request, Redeem)
    found = _wallet(exchange.accounts, wish.address)
    paid = sum(
        exchange.accounts.redeem(found, state)
        for state in list(exchange.states.values())
        if wish.market in {"", state.listed.id, state.listed.condition_id, state.listed.slug}
    )
    return reply({"paid": text(paid)} | _told(exchange.accounts, found))


async def set_region(request: web.Request) -> web.Response:
    region, wish = request.app[EXCHANGE].accounts.region, await body_of(request, SetRegion)
    region.is_blocked, region.country, region.region = wish.blocked, wish.country, wish.region
    return reply({"blocked": region.is_blocked})


def _fund(accounts: Accounts, wallet: Wallet, wish: SetWallet) -> None:
    if wish.cash is not None:
        wallet.cash = micros(wish.cash)
    if wish.allowance is not None:
        wallet.allow(UNLIMITED if wish.allowance == "max" else micros(wish.allowance))
    for token, shares in wish.shares.items():
        accounts.grant(wallet, token, micros(shares))


def _authorise(wallet: Wallet, wish: SetWallet) -> None:
    if not _are_addresses(*wish.session_keys):
        raise CannotDo("a session key is an address")
    for key, end in wish.session_keys.items():
        wallet.sessions[key.lower()] = FAR_FUTURE if end is None else end
    if wish.closed_only is not None:
        wallet.is_closed_only = wish.closed_only
    if wish.banned is not None:
        wallet.is_banned = wish.banned


def _are_addresses(*addresses: str) -> bool:
    return all(ADDRESS.fullmatch(each) for each in addresses)


def _wallet(accounts: Accounts, address: str) -> Wallet:
    found = accounts.wallets.at(address) or accounts.wallets.of_key(address, 0)
    owned = [each for each in accounts.wallets if each.owner == address.lower()]
    found = found or next(iter(owned), None)
    if found is None:
        raise CannotDo("no such wallet")
    return found


def _told(accounts: Accounts, wallet: Wallet) -> Json:
    mine = [each for each in accounts.orders.orders.values() if each.wallet is wallet]
    reserved = sum(each.held for each in mine if each.terms.side == "BUY")
    allowed = {spender: _amount(amount) for spender, amount in wallet.allowances.items()}
    return {
        "address": wallet.address,
        "owner": wallet.owner,
        "signature_type": wallet.signature_type,
        "cash": _signed(wallet.cash),
        "reserved": text(reserved),
        "shares": {token: _signed(held) for token, held in wallet.shares.items() if held},
        "allowances": allowed,
        "session_keys": wallet.sessions,
        "api_keys": accounts.keys.ids_of(wallet.owner),
        "open_orders": sum(each.is_open for each in mine),
    }


def _amount(allowance: int) -> str:
    return "max" if allowance >= UNLIMITED else text(allowance)


def _signed(amount: int) -> str:
    return text(amount) if amount >= 0 else f"-{text(-amount)}"
