"""Where key files are looked for, and what a start does with those that are missing."""

import os
from pathlib import Path

import pytest

from infrastructure.config.settings import load_settings
from infrastructure.custody.key_place import (
    OWN_FOLDER,
    ROOTS_FOLDER,
    check_keys,
    default_folder,
    key_files,
)
from infrastructure.security.credential_keys import CredentialKeys
from infrastructure.security.errors import KeyFileRefused
from infrastructure.security.key_folder import KeyFolder
from tests.support.children import in_child
from tests.support.key_store import MemoryKeyStore
from tests.support.key_world import world_at


def test_the_folder_is_named_by_a_setting_from_the_root_on(tmp_path: Path) -> None:
    keys = key_files(load_settings(tmp_path, {"KEYS_DIR": "mine"}, {}))
    keys.create(1)
    assert isinstance(keys, KeyFolder)
    assert KeyFolder(tmp_path / "mine").versions() == (1,)


def test_without_a_setting_it_depends_on_who_runs_the_program() -> None:
    def as_nobody() -> str:
        os.setuid(65534)
        return str(default_folder())

    if os.geteuid() != 0:
        assert default_folder() == OWN_FOLDER.expanduser()
        return
    assert default_folder() == ROOTS_FOLDER
    assert in_child(as_nobody).endswith(".config/polycool/keys")


def test_credentials_of_systemd_come_first_if_there_are_any(tmp_path: Path) -> None:
    given = tmp_path / "credentials"
    given.mkdir()
    environ = {"KEYS_DIR": str(tmp_path / "keys"), "CREDENTIALS_DIRECTORY": str(given)}
    settings = load_settings(tmp_path, environ, {})
    assert isinstance(key_files(settings), KeyFolder)
    (given / "polycool-kek-1").write_bytes(os.urandom(32))
    (given / "polycool-kek-1").chmod(0o400)
    assert isinstance(key_files(settings), CredentialKeys)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


async def test_only_a_live_start_makes_the_first_key(path: Path) -> None:
    await check_keys(KeyFolder(path), MemoryKeyStore(), is_dry_run=True)
    assert not path.exists()
    await check_keys(KeyFolder(path), MemoryKeyStore(), is_dry_run=False)
    assert KeyFolder(path).versions() == (1,)


async def test_a_missing_key_stops_a_live_start_and_is_only_said_in_dry_run(
    path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = world_at(path)
    elsewhere = KeyFolder(tmp_path / "elsewhere")
    with pytest.raises(KeyFileRefused, match="holds no key file; bring back"):
        await check_keys(elsewhere, world.store, is_dry_run=False)
    await check_keys(elsewhere, world.store, is_dry_run=True)
    assert "sealed keys cannot be opened" in caplog.text
    assert not (tmp_path / "elsewhere").exists()
    caplog.clear()
    await check_keys(world.folder, world.store, is_dry_run=True)
    assert caplog.text == ""
