"""Key files that systemd lays out for this service alone."""

from pathlib import Path
from typing import Final

from infrastructure.security.errors import KeyFileRefused
from infrastructure.security.file_rights import check_credential
from infrastructure.security.key_cipher import numbered
from infrastructure.security.key_files import explained, key_name, key_versions, read_key
from infrastructure.security.key_ring import KeyRing
from infrastructure.security.secret_key import SecretKey

PREFIX: Final = "polycool-"


class CredentialKeys:
    """The credentials `polycool-kek-1`, … in `path`, which is `$CREDENTIALS_DIRECTORY`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def versions(self) -> tuple[int, ...]:
        """Raises: KeyFileRefused."""
        with explained(self._path):
            return key_versions(self._path, PREFIX)

    def ring(self) -> KeyRing:
        """Every key that systemd has given. Raises: KeyFileRefused, also if there is none."""
        found = self.versions()
        if not found:
            raise _lacking(1)
        with explained(self._path):
            return KeyRing(numbered(version, self._key(version)) for version in found)

    def create(self, version: int) -> None:
        """Raises: KeyFileRefused: only systemd makes credentials."""
        raise _lacking(version)

    def retire(self, version: int) -> None:
        """Raises: KeyFileRefused while the credential is there: only the unit file can drop it."""
        if version in self.versions():
            raise KeyFileRefused(
                f"take {PREFIX}{key_name(version)} out of the service's unit file, then restart it"
            )

    def _key(self, version: int) -> SecretKey:
        return read_key(self._path / f"{PREFIX}{key_name(version)}", check_credential)


def _lacking(version: int) -> KeyFileRefused:
    name = f"{PREFIX}{key_name(version)}"
    return KeyFileRefused(
        f"there is no credential {name}; add LoadCredentialEncrypted={name}:/path to the service's "
        "unit file, then restart it"
    )
