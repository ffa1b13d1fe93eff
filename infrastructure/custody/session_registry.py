"""The venue's list of session keys: which may trade for which wallet, how far, and until when."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import msgspec

from core.domain.custody import KeyNotUsable, LiveWallet, SessionGrant
from core.domain.errors import Rejected, Unavailable
from core.domain.sentences import mark, worded
from infrastructure.custody.credentials import Given, nobody, unpacked
from infrastructure.custody.vault import Vault, usable
from infrastructure.custody.venue_requests import Said, SetUpHttp, read
from infrastructure.polymarket.signing.errors import SigningRefused
from infrastructure.polymarket.signing.headers import ApiCredentials, l2_headers
from infrastructure.polymarket.signing.wallet import address
from infrastructure.security.key_cipher import Purpose

PATH: Final = "/v1/user/session-signers"
LATEST: Final = 253_402_300_799  # Unix seconds of the last moment that a datetime can tell
CLOSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
CANNOT_LIST: Final = mark(
    "Polymarket does not let this key see the list of session keys, so its scope cannot be "
    "checked, and unchecked it is not used. Whoever runs this Polycool can set CLOB_API_KEY, "
    "CLOB_API_SECRET, CLOB_API_PASSPHRASE and CLOB_API_ADDRESS of the wallet's owner."
)


class _Signer(msgspec.Struct, frozen=True):
    address: str
    scopes: list[str]
    valid_until: int  # Unix seconds


class _List(msgspec.Struct, frozen=True):
    wallet: str
    signers: list[_Signer]


class VenueSessionRegistry:
    """The `SessionRegistry` of the real venue.

    The list is asked for with the session key's own credentials, and if it is not theirs to see,
    with those that `given` knows of the user.
    Source: what the official client asks, `fetch_session_keys` of 0.14.0.
    """

    def __init__(
        self,
        http: SetUpHttp,
        vault: Vault,
        *,
        clock: Callable[[], float] = time.time,
        given: Given = nobody,
    ) -> None:
        self._http = http
        self._vault = vault
        self._clock = clock
        self._given = given

    async def find(self, wallet: LiveWallet) -> SessionGrant | None:
        """Raises: KeyNotUsable, Unavailable, Rejected if nobody here may see the list."""
        said = await self._ask(await self._own(wallet))
        if said.status in CLOSED:
            owner = await self._given(wallet.user)
            if owner is None or not owner.address:
                raise Rejected(CANNOT_LIST)
            said = await self._ask(owner)
        if said.status == HTTPStatus.NOT_FOUND:
            return None
        if said.status in CLOSED:
            raise Rejected(CANNOT_LIST)
        if said.status != HTTPStatus.OK:
            raise Unavailable(
                worded("Polymarket does not list session keys (HTTP {status}).", status=said.status)
            )
        return _grant(read(said, _List), wallet.key_address)

    async def _ask(self, credentials: ApiCredentials) -> Said:
        headers = l2_headers(credentials, int(self._clock()), "GET", PATH)
        return await self._http.ask("GET", PATH, headers)

    async def _own(self, wallet: LiveWallet) -> ApiCredentials:
        with usable():
            sealed = await self._vault.sealed(
                wallet.user, wallet.key_address, Purpose.CLOB_CREDENTIALS
            )
            if sealed is None:
                raise KeyNotUsable("This key has no API access yet. Check again.")
            with self._vault.opened(sealed) as secret:
                return unpacked(secret, address(wallet.key_address))


def _grant(listed: _List, key_address: str) -> SessionGrant | None:
    """Raises: Unavailable for addresses and times that are none."""
    try:
        found = [one for one in listed.signers if address(one.address) == key_address]
        wallet = address(listed.wallet)
    except SigningRefused:
        raise Unavailable("Polymarket's list of session keys could not be read.") from None
    if not found:
        return None
    until = min(one.valid_until for one in found)
    if not 0 <= until <= LATEST:
        raise Unavailable("Polymarket's list of session keys could not be read.")
    scopes = frozenset(scope.upper() for one in found for scope in one.scopes)
    return SessionGrant(key_address, wallet, scopes, datetime.fromtimestamp(until, UTC))
