"""Derives the API credentials of a key at the venue, and keeps them sealed."""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from http import HTTPStatus
from typing import Final

import msgspec

from core.domain.custody import KeyNotUsable, LiveWallet
from core.domain.errors import Rejected, Unavailable
from core.domain.sentences import mark, worded
from infrastructure.custody.credentials import packed
from infrastructure.custody.vault import KEY_PURPOSE, Vault, usable
from infrastructure.custody.venue_requests import Said, SetUpHttp, decoded, read
from infrastructure.polymarket.signing.headers import ApiCredentials, l1_headers
from infrastructure.polymarket.signing.key import opened as signing
from infrastructure.polymarket.signing.wallet import address
from infrastructure.security.key_cipher import Purpose

CREATE: Final = "/auth/api-key"
DERIVE: Final = "/auth/derive-api-key"
LONGEST: Final = 200  # characters of the venue's own words
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{16,}={0,2}", re.ASCII)  # base64, url-safe

KEY_GONE: Final = mark(
    "The key of this wallet was deleted. Give the wallet up and set up a new one."
)


class _Answer(msgspec.Struct, frozen=True):
    key: str = msgspec.field(name="apiKey")
    secret: str
    passphrase: str

    def __repr__(self) -> str:
        return "_Answer(hidden)"


class VenueApiAccess:
    """The `ApiAccess` of the real venue. The same key always gets the same credentials."""

    def __init__(
        self, http: SetUpHttp, vault: Vault, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._http = http
        self._vault = vault
        self._clock = clock

    async def obtain(self, wallet: LiveWallet) -> None:
        """Derive what exists already, else create. Raises: KeyNotUsable, Unavailable, Rejected."""
        said = await self._http.ask("GET", DERIVE, await self._proof(wallet))
        if said.status != HTTPStatus.OK:
            said = await self._http.ask("POST", CREATE, await self._proof(wallet))
        if said.status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
            raise Rejected(_refused(said))
        got = read(said, _Answer)
        if not (got.key and got.passphrase and _SECRET.fullmatch(got.secret)):
            raise Unavailable("Polymarket's answer could not be read. Try again.")
        credentials = ApiCredentials(
            address(wallet.key_address), got.key, got.secret, got.passphrase
        )
        with closing(packed(credentials)) as secret:
            await self._vault.keep(
                wallet.user, wallet.key_address, Purpose.CLOB_CREDENTIALS, secret
            )

    async def _proof(self, wallet: LiveWallet) -> Mapping[str, str]:
        with usable():
            sealed = await self._vault.sealed(
                wallet.user, wallet.key_address, KEY_PURPOSE[wallet.tier]
            )
            if sealed is None:
                raise KeyNotUsable(KEY_GONE)
            with self._vault.opened(sealed) as secret, signing(secret) as key:
                return l1_headers(key, int(self._clock()))


class _Error(msgspec.Struct, frozen=True):
    error: str = ""


def _refused(said: Said) -> str:
    """With the venue's own sentence, if it has one that can be shown."""
    found = decoded(said, _Error)
    line = " ".join(found.error.split()) if found is not None else ""
    shown = "".join(letter for letter in line if letter.isprintable())[:LONGEST]
    if not shown:
        return worded(
            "Polymarket gives this key no API access. (HTTP {status})", status=said.status
        )
    return worded("Polymarket gives this key no API access. It says: “{words}”", words=shown)
