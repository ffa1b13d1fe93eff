"""Data keys in memory, with transactions that a kill can come before or after."""

from collections.abc import Callable, Mapping, Sequence

from core.domain.units import UserId
from infrastructure.security.envelope import DataKey
from infrastructure.security.key_folder import KeyFolder
from infrastructure.security.key_ring import KeyRing
from infrastructure.security.rotation import DataKeyId


class Killed(BaseException):
    """The process ends here. Nothing of ours may catch it."""


class Countdown:
    """Kills at step number `at`; 0 never does."""

    def __init__(self, at: int = 0) -> None:
        self._at = at
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self._at:
            raise Killed


class MemoryKeyStore:
    """A `DataKeyStore` that survives its killed users; `countdown` decides when they are killed."""

    def __init__(self) -> None:
        self._rows: dict[DataKeyId, bytes] = {}
        self.countdown = Countdown()
        self.before_replace: Callable[[DataKey], None] | None = None

    def insert(self, data_key: DataKey) -> None:
        self._rows[data_key.user, data_key.version] = data_key.wrapped

    def row(self, user: UserId, version: int = 1) -> DataKey:
        return DataKey(user, version, self._rows[user, version])

    def rows(self) -> list[DataKey]:
        return [DataKey(*number, wrapped) for number, wrapped in sorted(self._rows.items())]

    async def not_under(self, kek: int, after: DataKeyId | None, limit: int) -> Sequence[DataKey]:
        self.countdown.step()
        wanted = (row for row in self.rows() if row.wrapped_by.version != kek)
        return [row for row in wanted if after is None or (row.user, row.version) > after][:limit]

    async def replace(self, old: DataKey, new: DataKey) -> bool:
        if self.before_replace is not None:
            self.before_replace(old)
        self.countdown.step()
        is_there = self._rows.get((old.user, old.version)) == old.wrapped
        if is_there:
            self._rows[new.user, new.version] = new.wrapped
        self.countdown.step()
        return is_there

    async def in_use(self) -> Mapping[int, int]:
        self.countdown.step()
        versions = [row.wrapped_by.version for row in self.rows()]
        return {version: versions.count(version) for version in versions}


class KillableFolder:
    """A real folder of key files whose user can be killed between any two of its doings."""

    def __init__(self, folder: KeyFolder, countdown: Countdown) -> None:
        self._folder = folder
        self._countdown = countdown

    def versions(self) -> tuple[int, ...]:
        self._countdown.step()
        return self._folder.versions()

    def ring(self) -> KeyRing:
        self._countdown.step()
        return self._folder.ring()

    def create(self, version: int) -> None:
        self._countdown.step()
        self._folder.create(version)
        self._countdown.step()

    def retire(self, version: int) -> None:
        self._countdown.step()
        self._folder.retire(version)
        self._countdown.step()
