"""Keys rotate: killed anywhere and run again, the end is the same; everything opens meanwhile."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.units import UserId
from infrastructure.security.credential_keys import CredentialKeys
from infrastructure.security.envelope import DataKey, new_data_key, seal_secret, unlocked
from infrastructure.security.errors import KeyFileRefused, KeyUnknown, RotationRefused
from infrastructure.security.key_folder import KeyFolder
from infrastructure.security.rotation import BATCH, retire, rotate
from infrastructure.security.secret_key import SecretKey
from tests.support.key_store import Countdown, KillableFolder, Killed, MemoryKeyStore
from tests.support.key_world import USERS, World, place, world_at


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


async def changeover(world: World, countdown: Countdown) -> None:
    """The whole procedure, as an operator runs it."""
    world.store.countdown = countdown
    folder = KillableFolder(world.folder, countdown)
    await rotate(folder, world.store, to=2)
    await retire(folder, world.store, 1)


async def survive(world: World, at: int) -> bool:
    """Whether the procedure ran to its end with a kill at step `at`."""
    try:
        await changeover(world, Countdown(at))
    except Killed:
        return False
    return True


async def steps(path: Path) -> int:
    countdown = Countdown()
    await changeover(world_at(path), countdown)
    return countdown.steps


async def test_all_data_keys_move_and_nothing_else_changes(path: Path) -> None:
    world = world_at(path)
    before = dict(world.records)
    done = await rotate(world.folder, world.store, to=2)
    assert (done.to, done.moved, done.left, done.unreadable) == (2, 3, 0, ())
    assert done.is_complete
    assert (world.versions(), world.records) == ([2, 2, 2], before)
    assert world.folder.versions() == (1, 2)
    world.check()


async def test_killed_at_any_step_and_run_again_the_end_is_the_same(tmp_path: Path) -> None:
    total = await steps(tmp_path / "count")
    assert total > 5 * len(USERS)
    for at in range(1, total + 1):
        world = world_at(tmp_path / f"keys-{at}")
        assert not await survive(world, at)
        world.check()
        await changeover(world, Countdown())
        world.check()
        assert (world.versions(), world.folder.versions()) == ([2, 2, 2], (2,))


async def test_killed_twice_anywhere_the_end_is_the_same(tmp_path: Path) -> None:
    total = await steps(tmp_path / "count")
    for first in range(1, total + 1):
        second = 1
        while True:
            world = world_at(tmp_path / f"keys-{first}-{second}")
            await survive(world, first)
            ended = await survive(world, second)
            world.check()
            await changeover(world, Countdown())
            world.check()
            assert (world.versions(), world.folder.versions()) == ([2, 2, 2], (2,))
            if ended:
                break
            second += 1


async def test_running_it_again_changes_nothing(path: Path) -> None:
    world = world_at(path)
    await changeover(world, Countdown())
    rows, files = world.store.rows(), sorted(path.iterdir())
    await changeover(world, Countdown())
    assert (world.store.rows(), sorted(path.iterdir())) == (rows, files)


async def test_more_rows_than_a_batch_all_move(path: Path) -> None:
    world = World(KeyFolder(path))
    world.folder.create(1)
    for number in range(2 * BATCH + 1):
        world.add(UserId(number))
    assert (await rotate(world.folder, world.store, to=2)).moved == 2 * BATCH + 1
    world.check()


async def test_a_data_key_made_under_the_old_key_meanwhile_moves_too(path: Path) -> None:
    world = world_at(path)
    with closing(world.folder.ring()) as old_ring:
        late = new_data_key(old_ring, UserId(0))  # sorts before the ones that were swept
        world.store.before_replace = only_once(lambda: world.store.insert(late))
        done = await rotate(world.folder, world.store, to=2)
    assert (done.moved, done.is_complete) == (4, True)


async def test_a_row_that_somebody_else_changed_is_left_to_them(path: Path) -> None:
    world = world_at(path)
    world.folder.create(2)
    with closing(world.folder.ring()) as ring:
        newer = new_data_key(ring, USERS[0])
    world.store.before_replace = only_once(lambda: world.store.insert(newer))
    done = await rotate(world.folder, world.store, to=2)
    assert (done.moved, done.is_complete) == (2, True)
    assert world.store.row(USERS[0]) == newer


async def test_two_rotations_at_once_end_like_one(path: Path) -> None:
    world = world_at(path)
    world.folder.create(2)
    first = await rotate(world.folder, world.store, to=2)
    second = await rotate(world.folder, world.store, to=2)
    assert (first.moved, second.moved) == (3, 0)
    world.check()


async def test_a_row_that_cannot_be_read_is_named_and_stops_nobody_else(path: Path) -> None:
    world = world_at(path)
    whole = world.store.row(USERS[1])
    broken = replace(whole, wrapped=whole.wrapped[:-1] + bytes([whole.wrapped[-1] ^ 1]))
    world.store.insert(broken)
    done = await rotate(world.folder, world.store, to=2)
    assert (done.moved, done.left, done.unreadable) == (2, 1, ((USERS[1], 1),))
    assert not done.is_complete
    with pytest.raises(RotationRefused, match="1 data keys still need kek-1; rotate first"):
        await retire(world.folder, world.store, 1)
    world.store.insert(whole)
    assert (await rotate(world.folder, world.store, to=2)).is_complete


async def test_a_later_rotation_takes_over_one_that_was_not_finished(path: Path) -> None:
    world = world_at(path)
    assert not await survive(world, 8)
    assert sorted(set(world.versions())) == [1, 2]
    world.store.countdown = Countdown()
    assert (await rotate(world.folder, world.store, to=3)).is_complete
    for old in (1, 2):
        await retire(world.folder, world.store, old)
    assert world.folder.versions() == (3,)
    world.check()


@pytest.mark.parametrize("to", [-1, 0, 3, 7])
async def test_a_number_that_is_not_next_is_refused_and_nothing_is_made(
    path: Path, to: int
) -> None:
    world = world_at(path)
    with pytest.raises(RotationRefused, match="newest key is kek-1; rotate to 2, or to 1"):
        await rotate(world.folder, world.store, to=to)
    assert world.folder.versions() == (1,)


async def test_without_keys_nothing_is_rotated(path: Path) -> None:
    for to in (0, 1):
        with pytest.raises(RotationRefused):
            await rotate(KeyFolder(path), MemoryKeyStore(), to=to)
    assert not path.exists()


async def test_the_newest_key_is_not_retired(path: Path) -> None:
    world = World(KeyFolder(path))
    world.folder.create(1)
    for version in (1, 2):
        with pytest.raises(RotationRefused, match="is the newest key"):
            await retire(world.folder, world.store, version)
    assert world.folder.versions() == (1,)


async def test_a_reader_between_rotation_and_retirement_needs_no_new_rows(path: Path) -> None:
    world = world_at(path)
    stale = {user: world.store.row(user) for user in USERS}
    await rotate(world.folder, world.store, to=2)
    with closing(world.folder.ring()) as ring:
        for user, data_key in stale.items():
            with unlocked(ring, data_key, world.records[user], place(user)):
                pass


async def test_after_a_retirement_old_rows_ask_for_the_old_key(path: Path) -> None:
    world = world_at(path)
    from_backup = world.store.row(USERS[0])
    await changeover(world, Countdown())
    with closing(world.folder.ring()) as ring, pytest.raises(KeyUnknown, match="file kek-1"):
        seal_secret(ring, from_backup, SecretKey(b"x"), place(USERS[0]))
    (path / "retired-kek-1").rename(path / "kek-1")
    world.store.insert(from_backup)
    world.check()


async def test_systemd_must_have_given_the_new_key_first(path: Path) -> None:
    path.mkdir(0o700)
    credentials, store = CredentialKeys(path), MemoryKeyStore()
    for version in (1, 2):
        (path / f"polycool-kek-{version}").write_bytes(bytes([version]) * 32)
        (path / f"polycool-kek-{version}").chmod(0o400)
        with closing(credentials.ring()) as ring:
            store.insert(new_data_key(ring, UserId(version)))
    assert (await rotate(credentials, store, to=2)).moved == 1
    with pytest.raises(KeyFileRefused, match="LoadCredentialEncrypted=polycool-kek-3"):
        await rotate(credentials, store, to=3)


def only_once(act: Callable[[], None]) -> Callable[[DataKey], None]:
    waiting = [act]
    return lambda _: waiting.pop()() if waiting else None
