"""API credentials: as they are sealed, and those that a setting gives for the owner's account."""

from collections.abc import Awaitable, Callable

import msgspec

from core.domain.units import UserId
from core.storage import custody
from core.storage.models import Sessions
from core.storage.tenancy import as_user
from infrastructure.polymarket.signing.headers import ApiCredentials
from infrastructure.polymarket.signing.wallet import Address
from infrastructure.security.errors import RecordUnreadable
from infrastructure.security.secret_key import SecretKey

Given = Callable[[UserId], Awaitable[ApiCredentials | None]]
"""Credentials that a user has without a key of their own; None: none."""


class _Stored(msgspec.Struct, frozen=True):
    key: str
    secret: str
    passphrase: str

    def __repr__(self) -> str:
        return "_Stored(hidden)"


def packed(credentials: ApiCredentials) -> SecretKey:
    """Ready to be sealed; the address is where it is sealed for."""
    stored = _Stored(credentials.key, credentials.secret, credentials.passphrase)
    return SecretKey(msgspec.json.encode(stored))


def unpacked(secret: SecretKey, address: Address) -> ApiCredentials:
    """Raises: RecordUnreadable."""
    with secret.opened() as material:
        try:
            stored = msgspec.json.decode(material, type=_Stored)
        except msgspec.MsgspecError:  # its text may hold what could not be read
            raise RecordUnreadable("the stored API credentials cannot be read") from None
    return ApiCredentials(address, stored.key, stored.secret, stored.passphrase)


class OwnersCredentials:
    """CLOB_API_KEY, CLOB_API_SECRET and CLOB_API_PASSPHRASE belong to the owner of this bot."""

    def __init__(self, sessions: Sessions, credentials: ApiCredentials) -> None:
        self._sessions = sessions
        self._credentials = credentials

    async def __call__(self, user: UserId) -> ApiCredentials | None:
        async with as_user(self._sessions, user) as session:
            is_owner = await custody.is_owner(session, user)
        return self._credentials if is_owner else None


async def nobody(_user: UserId) -> None:
    """No credentials were given by a setting."""
