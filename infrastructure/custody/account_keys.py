"""Proofs for the venue, made with sealed keys that are open for the length of one call."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeVar
from weakref import WeakValueDictionary

from core.domain.custody import KeyNotUsable, LiveWallet, Tier, WalletState
from core.domain.sentences import mark
from core.domain.units import UserId
from core.services.custody.accounts import NO_WALLET, why_not
from core.storage import custody
from core.storage.models import Sessions
from core.storage.sealed import StoredSecret
from core.storage.tenancy import as_user
from infrastructure.custody.credentials import Given, nobody, unpacked
from infrastructure.custody.vault import KEY_PURPOSE, Sealed, Vault, usable
from infrastructure.custody.withdrawal_check import check_withdrawal
from infrastructure.polymarket.signing.headers import ApiCredentials, l1_headers, l2_headers
from infrastructure.polymarket.signing.key import SigningKey
from infrastructure.polymarket.signing.key import opened as signing
from infrastructure.polymarket.signing.order import OrderIntent, UnsignedOrder
from infrastructure.polymarket.signing.signer import SignedOrder, sign_order
from infrastructure.polymarket.signing.wallet import Address, SignatureType, Wallet, address
from infrastructure.polymarket.wallets.batch import Batch
from infrastructure.polymarket.wallets.deeds import Deed, Withdraw
from infrastructure.polymarket.wallets.signer import refuse_incapable, sign_batch
from infrastructure.security.errors import KeyUnknown
from infrastructure.security.key_cipher import Purpose

REMEMBERED: Final = 5.0  # seconds: by then a key that another process gave up is given up here too
NO_ADDRESS: Final = mark(
    "CLOB_API_ADDRESS is not set: the venue asks whose API key this is. Whoever runs this Polycool "
    "can set it."
)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Known:
    """Sealed records and a wallet row, nothing else: no secret outlives its call."""

    wallet: LiveWallet
    key: Sealed
    credentials: Sealed
    read_at: float  # of the monotonic clock


@dataclass(frozen=True, slots=True)
class _ApiKey:
    """The id of an API key, which stands in every order, and the record that it was read from."""

    stored: StoredSecret
    id: str = field(repr=False)


class SealedAccountKeys:
    """The `AccountKeys` of live trading. `clock` gives Unix seconds at the venue.

    A session key that has run out signs nothing; reading, listening and cancelling go on with its
    API credentials for as long as the venue takes them. Whom `given` knows may do that without any
    key, and cannot sign.
    """

    def __init__(
        self,
        sessions: Sessions,
        vault: Vault,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        given: Given = nobody,
    ) -> None:
        self._sessions = sessions
        self._vault = vault
        self._clock = clock
        self._monotonic = monotonic
        self._given = given
        self._remembered: dict[UserId, _Known] = {}
        self._forgotten = 0  # how often: what was read across one of them is not remembered
        self._api_keys: dict[UserId, _ApiKey] = {}
        self._reading: WeakValueDictionary[UserId, asyncio.Lock] = WeakValueDictionary()

    def forget(self, user: UserId) -> None:
        """The user's wallet is no longer what it was: read everything anew at the next call."""
        self._forgotten += 1
        self._remembered.pop(user, None)

    async def wallet(self, user: UserId) -> Wallet:
        return _signing_wallet((await self._known(user)).wallet)

    async def api_key(self, user: UserId) -> str:
        """No secret, so it is read out of each sealed record once."""
        try:
            stored = (await self._known(user)).credentials.secret
        except KeyNotUsable:
            return (await self._credentials(user)).key
        kept = self._api_keys.get(user)
        if kept is None or kept.stored != stored:
            kept = _ApiKey(stored, (await self._credentials(user)).key)
            self._api_keys[user] = kept
        return kept.id

    async def sign_order(
        self, user: UserId, intent: OrderIntent, order: UnsignedOrder
    ) -> SignedOrder:
        """Raises: SigningRefused if `order` is not what `intent` says, KeyNotUsable."""
        return await self._with_key(user, lambda key: sign_order(intent, order, key))

    async def sign_batch(self, user: UserId, deed: Deed, batch: Batch) -> str:
        """Raises: SigningRefused if `batch` is not exactly `deed`, if a withdrawal is not the one
        that is stored, or if this tier may not do it; KeyNotUsable.
        """
        wallet = await self.wallet(user)
        refuse_incapable(wallet)
        if isinstance(deed, Withdraw):
            async with as_user(self._sessions, user) as session:
                now = datetime.fromtimestamp(self._clock(), UTC)
                await check_withdrawal(session, user, deed, now)
        return await self._with_key(
            user, lambda key: sign_batch(deed, batch, wallet, key, self._clock())
        )

    async def l1_headers(self, user: UserId, nonce: int = 0) -> Mapping[str, str]:
        now = int(self._clock())
        return await self._with_key(user, lambda key: l1_headers(key, now, nonce))

    async def l2_headers(
        self, user: UserId, method: str, path: str, body: bytes = b""
    ) -> Mapping[str, str]:
        credentials = await self._credentials(user)
        if not credentials.address:
            raise KeyNotUsable(NO_ADDRESS)
        return l2_headers(credentials, int(self._clock()), method, path, body)

    async def user_channel_auth(self, user: UserId) -> bytes:
        credentials = await self._credentials(user)
        proof = {
            "apiKey": credentials.key,
            "secret": credentials.secret,
            "passphrase": credentials.passphrase,
        }
        return json.dumps({"auth": proof, "type": "user"}, separators=(",", ":")).encode()

    async def _with_key(self, user: UserId, act: Callable[[SigningKey], Result]) -> Result:
        def signed(known: _Known) -> Result:
            _refuse(known.wallet, datetime.fromtimestamp(self._clock(), UTC))
            with self._vault.opened(known.key) as secret, signing(secret) as key:
                return act(key)

        return await self._using(user, signed)

    async def _credentials(self, user: UserId) -> ApiCredentials:
        def read(known: _Known) -> ApiCredentials:
            with self._vault.opened(known.credentials) as secret:
                return unpacked(secret, address(known.wallet.key_address))

        try:
            return await self._using(user, read)
        except KeyNotUsable:
            given = await self._given(user)
            if given is None:
                raise
            return given

    async def _using(self, user: UserId, act: Callable[[_Known], Result]) -> Result:
        """A rotation may have come between reading the records and the keys: then both anew."""
        known = await self._known(user)
        with usable():
            try:
                return act(known)
            except KeyUnknown:
                self.forget(user)
        known = await self._known(user)
        with usable():
            return act(known)

    async def _known(self, user: UserId) -> _Known:
        """Raises: KeyNotUsable if the user has no wallet that is ready."""
        lock = self._reading.setdefault(user, asyncio.Lock())
        async with lock:  # whoever signs while this is read for him waits for it
            known = self._remembered.get(user)
            if known is None or self._monotonic() - known.read_at > REMEMBERED:
                self._remembered.pop(user, None)
                began = self._forgotten
                known = await self._read(user)
                if began == self._forgotten:
                    self._remembered[user] = known
        return known

    async def _read(self, user: UserId) -> _Known:
        read_at = self._monotonic()
        async with as_user(self._sessions, user) as session:
            wallet = await custody.wallet(session, user, WalletState.READY)
        if wallet is None:
            raise KeyNotUsable(NO_WALLET)
        purpose = KEY_PURPOSE[wallet.tier]
        with usable():
            found = await self._vault.all_sealed(
                user, wallet.key_address, {purpose, Purpose.CLOB_CREDENTIALS}
            )
        key, access = found.get(purpose), found.get(Purpose.CLOB_CREDENTIALS)
        if key is None or access is None:
            raise KeyNotUsable("The key of this wallet was deleted. Set up a new one under Wallet.")
        return _Known(wallet, key, access, read_at)


def _refuse(wallet: LiveWallet, now: datetime) -> None:
    hindrance = why_not(wallet, now)
    if hindrance:
        raise KeyNotUsable(hindrance)


def _signing_wallet(wallet: LiveWallet) -> Wallet:
    return Wallet(
        signature_type=SignatureType(wallet.signature_type),
        funder=Address(wallet.funder),
        key=Address(wallet.key_address),
        is_session=wallet.tier is Tier.SESSION,
    )
