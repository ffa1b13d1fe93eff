"""Where the key-encryption keys lie, and whether they fit the database at the start."""

import logging
import os
from pathlib import Path
from typing import Final

from infrastructure.config.settings import Settings
from infrastructure.security.backup_key import BackupKey
from infrastructure.security.credential_keys import CredentialKeys
from infrastructure.security.errors import KeyFileRefused
from infrastructure.security.key_folder import KeyFolder
from infrastructure.security.rotation import DataKeyStore, KeyFiles, ready

logger = logging.getLogger(__name__)

ROOTS_FOLDER: Final = Path("/etc/polycool/keys")
OWN_FOLDER: Final = Path("~/.config/polycool/keys")


def key_files(settings: Settings) -> KeyFiles:
    """What systemd has given this service, else the folder KEYS_DIR.

    Raises: KeyFileRefused.
    """
    if settings.credentials_directory is not None:
        given = CredentialKeys(settings.credentials_directory)
        if given.versions():
            return given
    return KeyFolder(settings.keys_dir or default_folder())


def default_folder() -> Path:
    return ROOTS_FOLDER if os.geteuid() == 0 else OWN_FOLDER.expanduser()


def backup_key(settings: Settings) -> BackupKey | None:
    """What seals backups; None: they stay plain.

    Raises: KeyFileRefused where it lies among the data that is backed up.
    """
    path = settings.backup_key_file
    if path is None:
        return None
    if path.resolve().is_relative_to(settings.data_dir.resolve()):
        raise KeyFileRefused(
            f"BACKUP_KEY_FILE: {path} lies in DATA_DIR, so that a thief of one has both; "
            "keep it elsewhere"
        )
    return BackupKey(path)


async def check_keys(keys: KeyFiles, store: DataKeyStore, *, is_dry_run: bool) -> None:
    """At the start: every key that the database needs is here.

    The first one is made in live mode alone. In dry run nothing is opened, so what is missing, as
    after a restore without the key folder, is said in the log and the start goes on.
    Raises: KeyFileRefused in live mode.
    """
    if not is_dry_run:
        await ready(keys, store)
        return
    if not await store.in_use():
        return
    try:
        await ready(keys, store)
    except KeyFileRefused as problem:
        logger.warning("sealed keys cannot be opened: %s", problem)
