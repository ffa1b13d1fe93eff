"""The key file of backups: made once, closed to others, and never with the backups."""

from contextlib import closing
from pathlib import Path

import pytest

from infrastructure.config.settings import Settings
from infrastructure.custody.key_place import backup_key
from infrastructure.security.backup_key import BackupKey
from infrastructure.security.errors import KeyFileRefused


@pytest.fixture
def key(tmp_path: Path) -> BackupKey:
    made = BackupKey(tmp_path / "keys" / "backup-key")
    made.make()
    return made


def test_it_is_made_closed_to_others_and_never_over_another(key: BackupKey) -> None:
    content = key.path.read_bytes()
    with pytest.raises(KeyFileRefused, match="exists"):
        key.make()
    assert key.path.read_bytes() == content
    assert len(content) == 32
    modes = (key.path.stat().st_mode & 0o777, key.path.parent.stat().st_mode & 0o777)
    assert modes == (0o400, 0o700)
    assert [file.name for file in key.path.parent.iterdir()] == ["backup-key"]


def test_two_keys_differ(key: BackupKey) -> None:
    other = BackupKey(key.path.with_name("another"))
    other.make()
    with closing(key.read()) as one, closing(other.read()) as two:
        assert one != two


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o600])
def test_a_file_that_others_could_read_or_anybody_write_is_refused(
    key: BackupKey, mode: int
) -> None:
    key.path.chmod(mode)
    with pytest.raises(KeyFileRefused, match="wider than 0400"):
        key.read()


def test_a_folder_that_others_may_enter_is_refused(key: BackupKey) -> None:
    key.path.parent.chmod(0o755)
    with pytest.raises(KeyFileRefused, match="wider than 0700"):
        key.read()


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33, bytes(32)])
def test_a_damaged_file_is_refused(key: BackupKey, content: bytes) -> None:
    key.path.chmod(0o600)
    key.path.write_bytes(content)
    key.path.chmod(0o400)
    with pytest.raises(KeyFileRefused, match="is damaged"):
        key.read()


def test_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileRefused, match="backup-key"):
        BackupKey(tmp_path / "backup-key").read()


def test_it_may_not_lie_with_the_backup_or_among_the_data(key: BackupKey, tmp_path: Path) -> None:
    with pytest.raises(KeyFileRefused, match="two folders"):
        key.refuse_beside(key.path.parent / "a.dump.sealed")
    key.refuse_beside(tmp_path / "a.dump.sealed")
    among = Settings(data_dir=tmp_path, backup_key_file=key.path)
    with pytest.raises(KeyFileRefused, match="DATA_DIR"):
        backup_key(among)
    assert backup_key(Settings(data_dir=tmp_path / "data", backup_key_file=key.path)) == key
    assert backup_key(Settings(data_dir=tmp_path)) is None
