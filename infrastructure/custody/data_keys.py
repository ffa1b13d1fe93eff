"""Data keys in Postgres, for their rotation: every method is one transaction of its own."""

from collections.abc import Mapping, Sequence

from core.storage import sealed
from core.storage.models import Sessions
from core.storage.sealed import StoredDataKey
from core.storage.tenancy import as_rotation
from infrastructure.security.envelope import DataKey
from infrastructure.security.rotation import DataKeyId


class StoredDataKeys:
    """A `DataKeyStore` over everybody's rows."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def not_under(self, kek: int, after: DataKeyId | None, limit: int) -> Sequence[DataKey]:
        async with as_rotation(self._sessions) as session:
            rows = await sealed.data_keys_not_under(session, kek, after, limit)
        return [as_data_key(row) for row in rows]

    async def replace(self, old: DataKey, new: DataKey) -> bool:
        """Raises: RecordUnreadable."""
        async with as_rotation(self._sessions) as session:
            return await sealed.replace_data_key(session, _stored(old), as_stored(new))

    async def in_use(self) -> Mapping[int, int]:
        async with as_rotation(self._sessions) as session:
            return await sealed.data_keys_in_use(session)


def as_data_key(row: StoredDataKey) -> DataKey:
    return DataKey(row.user, row.version, row.wrapped)


def as_stored(data_key: DataKey) -> StoredDataKey:
    """Raises: RecordUnreadable."""
    kek = data_key.wrapped_by.version
    return StoredDataKey(data_key.user, data_key.version, kek, data_key.wrapped)


def _stored(old: DataKey) -> StoredDataKey:
    """To compare with: its bytes may be none of ours, and its number is not looked at."""
    return StoredDataKey(old.user, old.version, 0, old.wrapped)
