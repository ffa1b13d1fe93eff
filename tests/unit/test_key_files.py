"""Key files: made once and whole, ours alone, or refused with a sentence that says the mend."""

import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from infrastructure.security.errors import KeyFileRefused
from infrastructure.security.key_cipher import KeyId
from infrastructure.security.key_folder import KeyFolder
from tests.support.children import in_child

NOBODY = 65534
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def path() -> Iterator[Path]:
    """Not pytest's own, which other users may not enter."""
    place = Path(tempfile.mkdtemp(prefix="polycool-keys-", dir="/tmp"))
    yield place / "keys"
    shutil.rmtree(place)


@pytest.fixture
def folder(path: Path) -> KeyFolder:
    made = KeyFolder(path)
    made.create(1)
    return made


def newest(folder: KeyFolder) -> KeyId:
    with closing(folder.ring()) as ring:
        return ring.newest.id


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_made_for_its_owner_alone(path: Path, folder: KeyFolder) -> None:
    assert folder.versions() == (1,)
    assert (mode(path), mode(path / "kek-1")) == (0o700, 0o400)
    assert (path / "kek-1").stat().st_uid == os.geteuid()
    assert len((path / "kek-1").read_bytes()) == 32
    assert [entry.name for entry in path.iterdir()] == ["kek-1"]


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
def test_the_mask_of_the_process_changes_nothing(path: Path, mask: int) -> None:
    path.mkdir(0o700)
    before = os.umask(mask)
    try:
        KeyFolder(path).create(1)
    finally:
        os.umask(before)
    assert mode(path / "kek-1") == 0o400


def test_a_key_is_never_made_over_another(path: Path, folder: KeyFolder) -> None:
    first = newest(folder)
    folder.create(1)
    assert newest(KeyFolder(path)) == first
    folder.create(2)
    assert newest(folder).version == 2
    assert newest(folder).fingerprint != first.fingerprint


def test_many_who_make_the_first_key_at_once_make_one(path: Path) -> None:
    gate = threading.Barrier(8)
    seen: list[KeyId] = []

    def make() -> None:
        folder = KeyFolder(path)
        gate.wait()
        folder.create(1)
        seen.append(newest(folder))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1


def test_what_a_kill_left_half_made_is_no_key_and_is_swept_up(path: Path) -> None:
    path.mkdir(0o700)
    (path / ".unfinished-0a0b0c0d").write_bytes(b"half")
    folder = KeyFolder(path)
    assert folder.versions() == ()
    folder.create(1)
    assert [entry.name for entry in path.iterdir()] == ["kek-1"]


def test_a_folder_that_is_not_there_holds_no_key(path: Path) -> None:
    assert KeyFolder(path).versions() == ()
    with pytest.raises(KeyFileRefused, match=r"no key file; bring back kek-1"):
        KeyFolder(path).ring()


def test_other_files_are_no_keys(path: Path, folder: KeyFolder) -> None:
    for name in ("kek-0", "kek-01", "kek-2.bak", "kek-", "kek-x", "kek-1234567", "readme"):
        (path / name).write_bytes(b"x")
    assert folder.versions() == (1,)


@pytest.mark.parametrize("wide", [0o600, 0o440, 0o404, 0o500, 0o640, 0o644, 0o777, 0o4400])
def test_a_key_file_that_is_open_wider_is_refused(path: Path, folder: KeyFolder, wide: int) -> None:
    (path / "kek-1").chmod(wide)
    with pytest.raises(KeyFileRefused, match=rf"mode {wide:04o}, wider than 0400; chmod 0400 /"):
        folder.ring()


@pytest.mark.parametrize("wide", [0o750, 0o705, 0o777, 0o1700])
def test_a_folder_that_is_open_wider_is_refused(path: Path, folder: KeyFolder, wide: int) -> None:
    path.chmod(wide)
    for act in (folder.ring, folder.versions, lambda: folder.create(2)):
        with pytest.raises(KeyFileRefused, match=rf"mode {wide:04o}, wider than 0700; chmod 0700"):
            act()


def test_a_folder_below_one_that_others_may_write_is_refused(path: Path, folder: KeyFolder) -> None:
    path.parent.chmod(0o770)
    with pytest.raises(KeyFileRefused, match="above it can be written by others, who could"):
        folder.ring()
    path.parent.chmod(0o1777)
    assert folder.versions() == (1,)


@AS_ROOT
def test_files_and_folders_of_somebody_else_are_refused(path: Path, folder: KeyFolder) -> None:
    os.chown(path / "kek-1", NOBODY, -1)
    with pytest.raises(KeyFileRefused, match=r"kek-1 belongs to user 65534; start as that user"):
        folder.ring()
    os.chown(path, NOBODY, -1)
    with pytest.raises(KeyFileRefused, match=r"keys belongs to user 65534, we are 0"):
        folder.ring()
    os.chown(path, 0, -1)
    os.chown(path.parent, NOBODY, -1)
    with pytest.raises(KeyFileRefused, match=r"above it belongs to user 65534, who could replace"):
        folder.ring()


@AS_ROOT
def test_it_works_the_same_without_being_root(path: Path) -> None:
    os.chown(path.parent, NOBODY, -1)

    def act() -> str:
        os.setuid(NOBODY)
        folder = KeyFolder(path)
        folder.create(1)
        assert folder.ring().versions == (1,)
        (path / "kek-1").chmod(0)
        return refusal(folder)

    assert in_child(act) == (
        f"{path}/kek-1 cannot be used (Permission denied); mend that, or name another folder for "
        "the keys"
    )
    assert (path / "kek-1").stat().st_uid == NOBODY


@AS_ROOT
def test_a_key_of_root_is_no_use_to_others(path: Path, folder: KeyFolder) -> None:
    path.parent.chmod(0o755)

    def act() -> str:
        os.setuid(NOBODY)
        return refusal(folder)

    assert "keys belongs to user 0, we are 65534; start as its owner" in in_child(act)


def refusal(folder: KeyFolder) -> str:
    try:
        folder.ring()
    except KeyFileRefused as refused:
        return str(refused)
    return "read"


def test_a_file_that_we_may_not_read_is_explained(path: Path, folder: KeyFolder) -> None:
    """Nothing is closed to root, who becomes somebody else for it."""
    (path / "kek-1").chmod(0)
    if is_root := os.geteuid() == 0:
        for place in (path.parent, path, path / "kek-1"):
            os.chown(place, NOBODY, -1)

    def act() -> str:
        if is_root:
            os.setuid(NOBODY)
        return refusal(folder)

    assert f"{path}/kek-1 cannot be used (Permission denied)" in in_child(act)


@pytest.mark.parametrize("content", [b"", b"k" * 31, b"k" * 33, b"k" * 64, bytes(32)])
def test_a_damaged_key_file_is_refused(path: Path, folder: KeyFolder, content: bytes) -> None:
    (path / "kek-1").chmod(0o600)
    (path / "kek-1").write_bytes(content)
    (path / "kek-1").chmod(0o400)
    with pytest.raises(KeyFileRefused, match=r"kek-1 is damaged.*32 random bytes.*its copy"):
        folder.ring()


def test_a_link_or_a_pipe_in_place_of_a_key_is_refused(path: Path, folder: KeyFolder) -> None:
    (path / "kek-2").symlink_to(path / "kek-1")
    with pytest.raises(KeyFileRefused, match="kek-2 cannot be used"):
        folder.ring()
    (path / "kek-2").unlink()
    os.mkfifo(path / "kek-2", 0o400)
    with pytest.raises(KeyFileRefused, match="kek-2 is no plain file"):
        folder.ring()


def test_a_file_in_place_of_the_folder_is_refused(path: Path) -> None:
    path.write_text("x")
    with pytest.raises(KeyFileRefused, match="is no folder"):
        KeyFolder(path).versions()
    with pytest.raises(KeyFileRefused, match="cannot be used"):
        KeyFolder(path).create(1)


def test_a_retired_key_is_set_aside_and_kept(path: Path, folder: KeyFolder) -> None:
    content = (path / "kek-1").read_bytes()
    folder.create(2)
    for _ in range(2):
        folder.retire(1)
        assert folder.versions() == (2,)
        assert (path / "retired-kek-1").read_bytes() == content
        assert mode(path / "retired-kek-1") == 0o400


def test_a_retirement_that_was_killed_half_way_is_finished(path: Path, folder: KeyFolder) -> None:
    folder.create(2)
    os.link(path / "kek-1", path / "retired-kek-1")
    folder.retire(1)
    assert folder.versions() == (2,)


def test_a_retired_key_is_never_lost_under_another_of_its_name(
    path: Path, folder: KeyFolder
) -> None:
    folder.create(2)
    (path / "retired-kek-1").write_bytes(b"another key, of thirty-two bytes")
    (path / "retired-kek-1").chmod(0o400)
    with pytest.raises(KeyFileRefused, match="retired-kek-1 is another key than"):
        folder.retire(1)
    assert folder.versions() == (1, 2)


def test_the_number_of_a_retired_key_is_not_given_again(path: Path, folder: KeyFolder) -> None:
    (path / "kek-1").rename(path / "retired-kek-1")
    with pytest.raises(KeyFileRefused, match="take a higher number"):
        folder.create(1)
