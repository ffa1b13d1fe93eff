"""A folder of key files that we make ourselves, readable by their owner alone."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from infrastructure.security.errors import KeyFileRefused
from infrastructure.security.file_rights import check_folder, check_key_file
from infrastructure.security.key_cipher import KEY_BYTES, numbered
from infrastructure.security.key_files import explained, key_name, key_versions, read_key
from infrastructure.security.key_ring import KeyRing
from infrastructure.security.secret_key import SecretKey

RETIRED: Final = "retired-"
UNFINISHED: Final = ".unfinished-"


class KeyFolder:
    """Nothing is read or made before a method is called; no key is kept between two calls."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def versions(self) -> tuple[int, ...]:
        """Which keys are here; none if the folder does not exist. Raises: KeyFileRefused."""
        with explained(self._path):
            if not self._path.exists():
                return ()
            check_folder(self._path)
            return key_versions(self._path)

    def ring(self) -> KeyRing:
        """Every key that is here. Raises: KeyFileRefused, also if there is none."""
        found = self.versions()
        if not found:
            raise KeyFileRefused(
                f"{self._path} holds no key file; bring back kek-1 and later ones from where you "
                "keep a copy"
            )
        with explained(self._path):
            return KeyRing(numbered(version, self._key(version)) for version in found)

    def create(self, version: int) -> None:
        """Make `kek-<version>` from random bytes: whole or not at all, never over another one.

        Raises: KeyFileRefused.
        """
        with explained(self._path):
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            check_folder(self._path)
            with self._locked():
                self._sweep()
                if self._retired(version).exists():
                    raise KeyFileRefused(f"{self._retired(version)} exists: take a higher number")
                if not self._file(version).exists():
                    self._write(version)

    def retire(self, version: int) -> None:
        """Set `kek-<version>` aside as `retired-kek-<version>`; if that is done, do nothing.

        Raises: KeyFileRefused if another key of that name was set aside before.
        """
        file, aside = self._file(version), self._retired(version)
        with explained(self._path), self._locked():
            if not file.exists():
                return
            if not aside.exists():
                os.link(file, aside, follow_symlinks=False)
                self._sync()
            with closing(self._key(version)) as key, closing(_read(aside)) as other:
                if key != other:
                    raise KeyFileRefused(f"{aside} is another key than {file}; move it elsewhere")
            file.unlink()
            self._sync()

    def _file(self, version: int) -> Path:
        return self._path / key_name(version)

    def _retired(self, version: int) -> Path:
        return self._path / f"{RETIRED}{key_name(version)}"

    def _key(self, version: int) -> SecretKey:
        return _read(self._file(version))

    def _write(self, version: int) -> None:
        unfinished = self._path / f"{UNFINISHED}{secrets.token_hex(4)}"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        try:
            with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123 - a descriptor
                os.fchmod(descriptor, 0o400)
                with closing(SecretKey.random(KEY_BYTES)) as key, key.opened() as material:
                    file.write(material)
                os.fsync(descriptor)
            os.link(unfinished, self._file(version))  # unlike a rename, it refuses to overwrite
        finally:
            unfinished.unlink()
        self._sync()

    def _sweep(self) -> None:
        """Remove what a kill has left half-made."""
        for leftover in self._path.glob(f"{UNFINISHED}*"):
            leftover.unlink()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _sync(self) -> None:
        """Make names in the folder survive a power cut."""
        descriptor = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _read(path: Path) -> SecretKey:
    return read_key(path, check_key_file)
