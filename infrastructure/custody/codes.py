"""Authenticator secrets: made for a terminal, sealed, opened for one comparison."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Final

from core.domain.one_time_code import SECRET_BYTES, enrolment_link, matching_step
from core.domain.units import UserId
from infrastructure.custody.vault import Vault, usable
from infrastructure.security.key_cipher import Purpose
from infrastructure.security.secret_key import SecretKey

SUBJECT: Final = "authenticator"


class SealedCodes:
    """The `CodeBook` of the vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def matching_step(self, user: UserId, code: str, now: datetime) -> int | None:
        """None also without an authenticator. Raises: KeyNotUsable."""
        with usable():
            sealed = await self._vault.sealed(user, SUBJECT, Purpose.ONE_TIME_CODES)
            if sealed is None:
                return None
            with self._vault.opened(sealed) as secret, secret.opened() as material:
                return matching_step(material, code, now)

    async def keep(self, user: UserId, enrolment: "Enrolment") -> None:
        """From now on codes of this secret count, and those of an older one do not."""
        await self._vault.keep(user, SUBJECT, Purpose.ONE_TIME_CODES, enrolment.secret)


class Enrolment:
    """A secret that a terminal shows once, and that is kept when its first code was right."""

    def __init__(self, secret: SecretKey) -> None:
        self.secret = secret

    def link(self, account: str) -> str:
        """It holds the secret: for a terminal alone."""
        with self.secret.opened() as material:
            return enrolment_link(material, account)

    def matching_step(self, code: str, now: datetime) -> int | None:
        with self.secret.opened() as material:
            return matching_step(material, code, now)


@contextmanager
def new_enrolment() -> Iterator[Enrolment]:
    with closing(SecretKey.random(SECRET_BYTES)) as secret:
        yield Enrolment(secret)
