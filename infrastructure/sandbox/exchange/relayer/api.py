"""The relayer's own paths, and the levers of its mood."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web

from infrastructure.sandbox.exchange.accounts.typed_data import ADDRESS
from infrastructure.sandbox.exchange.control_errors import CannotDo, body_of
from infrastructure.sandbox.exchange.decimals import micros, text
from infrastructure.sandbox.exchange.exchange import EXCHANGE
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.gamma import reply
from infrastructure.sandbox.exchange.refused import Refused
from infrastructure.sandbox.exchange.relayer.desk import Envelope, RelayerDesk, Submission

PREFIX: Final = "/relayer"
RELAYER: Final = web.AppKey("relayer", RelayerDesk)
BUILDER_KEY: Final = "sandbox-builder"
BUILDER_SECRET: Final = base64.urlsafe_b64encode(b"the builder of the sandbox").decode()
BUILDER_PASSPHRASE: Final = "sandbox"  # noqa: S105 - everybody may know it
TOLERANCE: Final = 60  # seconds that a builder's clock may differ


class SetMood(msgspec.Struct, forbid_unknown_fields=True):
    """What is named is set. `bridged`: USDC.e by address; `skip`: a wallet that acts elsewhere."""

    delay: float | None = None
    hold: bool | None = None
    failing: int | None = None
    busy: int | None = None
    bridged: dict[str, str] = {}
    skip: str = ""


async def submit(request: web.Request) -> web.Response:
    body = await request.read()
    _admit(request, body)
    try:
        envelope = msgspec.json.decode(body, type=Envelope)
    except msgspec.DecodeError as error:
        raise Refused(400, "invalid transaction request") from error
    taken = request.app[RELAYER].submit(envelope)
    return reply({"transactionID": taken.id, "state": taken.state})


async def params(request: web.Request) -> web.Response:
    _admit(request, b"")
    owner = request.query.get("address", "")
    if not ADDRESS.fullmatch(owner) or request.query.get("type") != "WALLET":
        raise Refused(400, "invalid address or type")
    return reply({"address": owner, "nonce": str(request.app[RELAYER].turn(owner))})


async def transaction(request: web.Request) -> web.Response:
    _admit(request, b"")
    found = request.app[RELAYER].submissions.get(request.match_info["id"])
    if found is None:
        raise Refused(404, "transaction not found")
    return reply(_told(found))


async def set_mood(request: web.Request) -> web.Response:
    desk, wish = request.app[RELAYER], await body_of(request, SetMood)
    mood = desk.mood
    mood.delay = mood.delay if wish.delay is None else wish.delay
    mood.failing = mood.failing if wish.failing is None else wish.failing
    mood.busy = mood.busy if wish.busy is None else wish.busy
    for address, amount in wish.bridged.items():
        desk.chain.bridged[address.lower()] = micros(amount)
    if wish.skip:
        _skip(request, wish.skip)
    if wish.hold is not None:
        mood.is_holding = wish.hold
        if not wish.hold:
            desk.release()
    return reply({"holding": mood.is_holding})


async def submissions(request: web.Request) -> web.Response:
    desk = request.app[RELAYER]
    return reply(
        {
            "submissions": [_listed(each) for each in desk.submissions.values()],
            "bridged": {address: text(held) for address, held in desk.chain.bridged.items()},
            "withdrawn": [
                {"from": each.wallet.address, "to": each.to, "amount": text(each.amount)}
                for each in desk.chain.withdrawn
            ],
        }
    )


def relayer_routes() -> list[web.RouteDef]:
    transactions = f"{PREFIX}/v1/account/transactions"
    return [
        web.post(f"{PREFIX}/submit", submit),
        web.get(f"{transactions}/params", params),
        web.get(f"{transactions}/{{id}}", transaction),
        web.post("/control/relayer", set_mood),
        web.get("/control/relayer", submissions),
    ]


def open_relayer(app: web.Application) -> None:
    app[RELAYER] = RelayerDesk(app[EXCHANGE])
    app.add_routes(relayer_routes())


def _skip(request: web.Request, address: str) -> None:
    """The wallet has had a turn that nobody here knows of."""
    wallet = request.app[EXCHANGE].accounts.wallets.at(address)
    if wallet is None:
        raise CannotDo("no such wallet")
    turns, own = request.app[RELAYER].chain.turns, wallet.address.lower()
    turns[own] = turns.get(own, 0) + 1


def _admit(request: web.Request, body: bytes) -> None:
    """Any relayer key will do; a builder's proof is checked. Raises: Refused."""
    headers = request.headers
    has_key = headers.get("RELAYER_API_KEY") and ADDRESS.fullmatch(
        headers.get("RELAYER_API_KEY_ADDRESS", "")
    )
    path = request.path.removeprefix(PREFIX)
    now = request.app[EXCHANGE].now_ms() // 1000
    if not has_key and not _is_builder(headers, f"{request.method}{path}".encode() + body, now):
        raise Refused(401, "invalid authorization")


def _is_builder(headers: Mapping[str, str], asked: bytes, now: int) -> bool:
    stamp = headers.get("POLY_BUILDER_TIMESTAMP", "")
    if not stamp.isdigit() or abs(int(stamp) - now) > TOLERANCE:
        return False
    secret = base64.urlsafe_b64decode(BUILDER_SECRET)
    mac = hmac.new(secret, stamp.encode() + asked, hashlib.sha256).digest()
    expected = (BUILDER_KEY, BUILDER_PASSPHRASE, base64.urlsafe_b64encode(mac).decode())
    names = ("API_KEY", "PASSPHRASE", "SIGNATURE")
    given = tuple(headers.get(f"POLY_BUILDER_{name}", "") for name in names)
    return given == expected


def _told(each: Submission) -> Json:
    return {
        "transaction_id": each.id,
        "transaction_hash": each.transaction if each.state != "STATE_NEW" else "",
        "state": each.state,
        "error_msg": each.error,
    }


def _listed(each: Submission) -> Json:
    known = {"kind": each.kind, "owner": each.owner, "wallet": each.address, "nonce": each.nonce}
    calls = [{"target": step.target, "data": "0x" + step.data.hex()} for step in each.steps]
    return _told(each) | known | {"calls": calls}
