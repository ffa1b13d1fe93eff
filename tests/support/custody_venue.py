"""A venue that hands out API credentials and lists session keys, and checks every proof."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from eth_account import Account
from eth_account.messages import encode_typed_data

from infrastructure.polymarket.signing.headers import AUTH_MESSAGE

SECRET: Final = base64.urlsafe_b64encode(b"canary-of-an-api-secret-00000001").decode()
PASSPHRASE: Final = "canary-of-a-passphrase"
Answer = Callable[[], web.Response]

TYPES: Final = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
    ],
    "ClobAuth": [
        {"name": "address", "type": "address"},
        {"name": "timestamp", "type": "string"},
        {"name": "nonce", "type": "uint256"},
        {"name": "message", "type": "string"},
    ],
}


@dataclass
class CustodyVenue:
    """`listed` is what the session list shows; `instead` answers a path otherwise."""

    wallet: str = "0x" + "22" * 20
    listed: dict[str, tuple[list[str], int]] = field(default_factory=dict)
    may_list: set[str] | None = None  # addresses; None: whoever proves an API key
    instead: dict[str, Answer] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)  # address to API key
    asked: list[str] = field(default_factory=list)

    async def create(self, request: web.Request) -> web.Response:
        address = _l1_signer(request)
        if address in self.keys:
            return web.json_response({"error": "Could not create api key"}, status=400)
        self.keys[address] = f"canary-key-{len(self.keys) + 1}"
        return self._credentials(address)

    async def derive(self, request: web.Request) -> web.Response:
        address = _l1_signer(request)
        if address not in self.keys:
            return web.json_response({"error": "Could not derive api key!"}, status=400)
        return self._credentials(address)

    async def sessions(self, request: web.Request) -> web.Response:
        address = self._l2_signer(request)
        if self.may_list is not None and address not in self.may_list:
            return web.json_response({"error": "forbidden"}, status=403)
        signers = [
            {"address": key, "scopes": scopes, "valid_until": until, "label": "new field"}
            for key, (scopes, until) in self.listed.items()
        ]
        return web.json_response({"wallet": self.wallet, "signers": signers})

    def _credentials(self, address: str) -> web.Response:
        return web.json_response(
            {"apiKey": self.keys[address], "secret": SECRET, "passphrase": PASSPHRASE}
        )

    def _l2_signer(self, request: web.Request) -> str:
        address = request.headers["POLY_ADDRESS"]
        text = f"{request.headers['POLY_TIMESTAMP']}{request.method}{request.path}"
        key = base64.urlsafe_b64decode(SECRET)
        mac = hmac.new(key, text.encode(), hashlib.sha256).digest()
        assert request.headers["POLY_SIGNATURE"] == base64.urlsafe_b64encode(mac).decode()
        assert request.headers["POLY_API_KEY"] == self.keys[address]
        assert request.headers["POLY_PASSPHRASE"] == PASSPHRASE
        return address

    @web.middleware
    async def answer(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path}")
        if request.path in self.instead:
            return self.instead[request.path]()
        return await handler(request)


def _l1_signer(request: web.Request) -> str:
    """Who has signed, by an implementation that is not ours."""
    headers = request.headers
    typed = {
        "types": TYPES,
        "primaryType": "ClobAuth",
        "domain": {"name": "ClobAuthDomain", "version": "1", "chainId": 137},
        "message": {
            "address": headers["POLY_ADDRESS"],
            "timestamp": headers["POLY_TIMESTAMP"],
            "nonce": int(headers["POLY_NONCE"]),
            "message": AUTH_MESSAGE,
        },
    }
    signer = Account.recover_message(
        encode_typed_data(full_message=typed), signature=headers["POLY_SIGNATURE"]
    )
    assert signer == headers["POLY_ADDRESS"]
    return str(signer)


@asynccontextmanager
async def custody_venue() -> AsyncIterator[tuple[CustodyVenue, str]]:
    """The venue and its address, for the length of the block."""
    venue = CustodyVenue()
    app = web.Application(middlewares=[venue.answer])
    app.router.add_post("/auth/api-key", venue.create)
    app.router.add_get("/auth/derive-api-key", venue.derive)
    app.router.add_get("/v1/user/session-signers", venue.sessions)
    runner = web.AppRunner(app, handle_signals=False, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield venue, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
