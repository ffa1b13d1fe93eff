"""The key file that seals backups: one of 32 random bytes, apart from what it seals."""

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from infrastructure.security.errors import KeyFileRefused
from infrastructure.security.file_rights import check_folder, check_key_file
from infrastructure.security.key_cipher import KEY_BYTES
from infrastructure.security.key_files import explained, read_key
from infrastructure.security.secret_key import SecretKey


@dataclass(frozen=True, slots=True)
class BackupKey:
    """Read anew for each backup, and forgotten after it."""

    path: Path

    def read(self) -> SecretKey:
        """Close it after use. Raises: KeyFileRefused."""
        with explained(self.path):
            check_folder(self.path.parent)
            return read_key(self.path, check_key_file)

    def refuse_beside(self, target: Path) -> None:
        """Whoever takes that folder would have both. Raises: KeyFileRefused."""
        if self.path.absolute().parent.resolve() == target.absolute().parent.resolve():
            raise KeyFileRefused(
                f"the key {self.path} lies with the backup {target}; keep them in two folders"
            )

    def make(self) -> None:
        """From random bytes: whole or not at all, never over another one. Raises: KeyFileRefused.

        The folder is made as well.
        """
        with explained(self.path):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            check_folder(self.path.parent)
            unfinished = self.path.with_name(f".unfinished-{self.path.name}")
            unfinished.unlink(missing_ok=True)
            try:
                _write(unfinished)
                os.link(unfinished, self.path)  # unlike a rename, it refuses to overwrite
            except FileExistsError:
                raise KeyFileRefused(
                    f"{self.path} exists, and backups may need it; name another file"
                ) from None
            finally:
                unfinished.unlink(missing_ok=True)
            _sync(self.path.parent)


def _write(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123 - a descriptor
        os.fchmod(descriptor, 0o400)
        with closing(SecretKey.random(KEY_BYTES)) as key, key.opened() as material:
            file.write(material)
        os.fsync(descriptor)


def _sync(folder: Path) -> None:
    """Make a name in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
