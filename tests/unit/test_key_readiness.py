"""The start: every key that the database needs is here, or the start is refused."""

from pathlib import Path

import pytest

from core.domain.units import UserId
from infrastructure.security.envelope import DataKey
from infrastructure.security.errors import KeyFileRefused
from infrastructure.security.key_folder import KeyFolder
from infrastructure.security.rotation import ready
from tests.support.key_store import MemoryKeyStore
from tests.support.key_world import world_at


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


async def test_the_very_first_start_makes_the_first_key(path: Path) -> None:
    for _ in range(2):
        await ready(KeyFolder(path), MemoryKeyStore())
        assert KeyFolder(path).versions() == (1,)


async def test_no_key_is_made_where_data_keys_need_another(path: Path, tmp_path: Path) -> None:
    world = world_at(path)
    with pytest.raises(KeyFileRefused, match="holds no key file; bring back"):
        await ready(KeyFolder(tmp_path / "empty"), world.store)
    assert not (tmp_path / "empty").exists()
    stranger = KeyFolder(tmp_path / "stranger")
    stranger.create(1)
    with pytest.raises(KeyFileRefused, match="kek-1 is another one"):
        await ready(stranger, world.store)
    (path / "kek-1").rename(path / "kek-2")
    with pytest.raises(KeyFileRefused, match=r"needed and not here \(here: 2\)"):
        await ready(world.folder, world.store)


async def test_one_unreadable_row_keeps_nobody_else_from_starting(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = world_at(path)
    broken = UnreadableRows(world.store)
    await ready(world.folder, broken)
    assert "data key of user 9 cannot be read" in caplog.text


class UnreadableRows(MemoryKeyStore):
    """A store in which one row is junk, whatever its column of versions says."""

    def __init__(self, whole: MemoryKeyStore) -> None:
        super().__init__()
        self._whole = whole

    async def not_under(
        self, kek: int, after: tuple[UserId, int] | None, limit: int
    ) -> list[DataKey]:
        found = list(await self._whole.not_under(kek, after, limit))
        junk = DataKey(UserId(9), 1, b"junk")
        return [*found, junk] if after is None else found
