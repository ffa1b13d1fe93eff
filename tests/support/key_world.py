"""Users with sealed secrets: real key files, data keys in memory."""

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from core.domain.units import UserId
from infrastructure.security.envelope import new_data_key, seal_secret, unlocked
from infrastructure.security.key_cipher import Place, Purpose
from infrastructure.security.key_folder import KeyFolder
from infrastructure.security.secret_key import SecretKey
from tests.support.key_store import MemoryKeyStore

USERS = [UserId(number) for number in (1, 2, 3)]


def place(user: UserId) -> Place:
    return Place(user, f"wallet_secrets:{user}", Purpose.SESSION_KEY)


def secret(user: UserId) -> bytes:
    return f"canary of user {user}".encode()


@dataclass
class World:
    """What outlives a kill: key files, data keys, sealed secrets."""

    folder: KeyFolder
    store: MemoryKeyStore = field(default_factory=MemoryKeyStore)
    records: dict[UserId, bytes] = field(default_factory=dict)

    def add(self, user: UserId) -> None:
        with closing(self.folder.ring()) as ring:
            data_key = new_data_key(ring, user)
            self.records[user] = seal_secret(ring, data_key, SecretKey(secret(user)), place(user))
        self.store.insert(data_key)

    def check(self) -> None:
        """Every secret opens with the keys that are here."""
        with closing(self.folder.ring()) as ring:
            for user, record in self.records.items():
                with (
                    unlocked(ring, self.store.row(user), record, place(user)) as key,
                    key.opened() as material,
                ):
                    assert material == secret(user)

    def versions(self) -> list[int]:
        return [row.wrapped_by.version for row in self.store.rows()]


def world_at(path: Path) -> World:
    world = World(KeyFolder(path))
    world.folder.create(1)
    for user in USERS:
        world.add(user)
    return world
