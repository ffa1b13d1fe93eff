"""The key-encryption keys that are here, several versions side by side."""

from collections.abc import Iterable

from infrastructure.security.errors import KeyUnknown
from infrastructure.security.key_cipher import KeyId, NumberedKey


class KeyRing:
    """The newest seals; every one of them opens. Close it after use.

    Raises: ValueError for no key, or two of one version.
    """

    def __init__(self, keys: Iterable[NumberedKey]) -> None:
        found = tuple(keys)
        self._keys = {key.id.version: key for key in found}
        if not found or len(self._keys) != len(found):
            raise ValueError("a key ring needs keys, each of its own version")

    @property
    def newest(self) -> NumberedKey:
        return self._keys[max(self._keys)]

    @property
    def versions(self) -> tuple[int, ...]:
        return tuple(sorted(self._keys))

    def key(self, wanted: KeyId) -> NumberedKey:
        """Raises: KeyUnknown, saying which key file to bring back."""
        found = self._keys.get(wanted.version)
        if found is None:
            here = ", ".join(map(str, self.versions))
            raise KeyUnknown(
                f"key version {wanted} is needed and not here (here: {here}); "
                f"bring back the key file kek-{wanted.version}"
            )
        if found.id != wanted:
            raise KeyUnknown(
                f"key version {wanted} is needed, but the key file kek-{wanted.version} is another "
                f"one, {found.id}; bring back the one that belongs to this database"
            )
        return found

    def close(self) -> None:
        for key in self._keys.values():
            key.key.close()
