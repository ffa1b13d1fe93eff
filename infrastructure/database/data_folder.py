"""DATA_DIR: made on first use, owned by whom Postgres runs as, checked at each start."""

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from infrastructure.errors import DatabaseUnavailable

UNPRIVILEGED = "nobody"  # exists everywhere; Postgres refuses to run as root
FIRST_START_BYTES = 150_000_000  # a new cluster, its first log segments and a copy of the programs
CLUSTER = "postgres"
BACKUPS = "backups"
HARMLESS = frozenset({"lost+found", BACKUPS})  # of a new volume, of earlier use with DATABASE_URL


@dataclass(frozen=True, slots=True)
class Account:
    """Who Postgres runs as when we are root."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where everything of the embedded server lies; `account` is None unless we are root."""

    path: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        return self.path / CLUSTER

    @property
    def programs(self) -> Path:
        return self.path / "binaries"

    @property
    def sockets(self) -> Path:
        return self.path / "run"

    @property
    def log(self) -> Path:
        return self.path / "postgres.log"

    @property
    def lock(self) -> Path:
        return self.path / "instance.lock"

    @property
    def backups(self) -> Path:
        return self.path / BACKUPS

    def give_away(self, path: Path) -> None:
        """Make `path` and all below it the property of the account."""
        if self.account is None:
            return
        for folder, _, files in os.walk(path):
            for name in (folder, *(os.path.join(folder, file) for file in files)):  # noqa: PTH118 - os.walk speaks in strings
                os.chown(name, self.account.uid, self.account.gid, follow_symlinks=False)


def prepare(path: Path) -> DataFolder:
    """The folder, ready for use. Rights of its parents are looked at, never changed.

    Raises: DatabaseUnavailable, naming DATA_DIR.
    """
    folder = DataFolder(path, _account() if os.geteuid() == 0 else None)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _claim(folder)
        if not folder.cluster.exists() and shutil.disk_usage(path).free < FIRST_START_BYTES:
            raise _refused(path, "less than 150 MB are free there", "free some space")
        for inside in (folder.sockets, folder.backups):
            inside.mkdir(mode=0o700, exist_ok=True)
            folder.give_away(inside)
    except OSError as error:
        raise _refused(path, f"cannot be used, {error.strerror}", "make it writable") from error
    return folder


def examine(path: Path) -> DataFolder:
    """The folder as `prepare` would find it; nothing is made or changed.

    Raises: DatabaseUnavailable, naming DATA_DIR.
    """
    folder = DataFolder(path, _account() if os.geteuid() == 0 else None)
    try:
        if path.exists():
            _check(folder)
        elif not os.access(_nearest(path), os.W_OK | os.X_OK):
            raise _refused(path, f"cannot be made in {_nearest(path)}", "make that writable")
        elif folder.account is not None:
            _check_way(path, folder.account)
    except OSError as error:
        raise _refused(path, f"cannot be used, {error.strerror}", "make it writable") from error
    return folder


def free_space(path: Path) -> tuple[int, int]:
    """Bytes that are free for us, and all bytes, where `path` is or would be made."""
    usage = shutil.disk_usage(_nearest(path))
    return usage.free, usage.total


def _nearest(path: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.exists())


def _account() -> Account:
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError as error:
        raise DatabaseUnavailable(
            f"started as root, the embedded Postgres needs an account {UNPRIVILEGED}, which is "
            "missing; start as another user, or set DATABASE_URL to a server"
        ) from error
    return Account(entry.pw_uid, entry.pw_gid)


def _claim(folder: DataFolder) -> None:
    """Check that the folder is ours alone; one that root has just made becomes the account's."""
    _check(folder)
    path, account = folder.path, folder.account
    if account is not None:
        if path.stat().st_uid != account.uid:
            os.chown(path, account.uid, account.gid)
        path.chmod(0o700)


def _check(folder: DataFolder) -> None:
    path, account = folder.path, folder.account
    owner = path.stat().st_uid
    if account is None:
        if owner != os.geteuid():
            raise _refused(path, f"belongs to user {owner}", "start as that user")
        if not os.access(path, os.W_OK | os.X_OK):
            raise _refused(path, "is not writable", "make it writable")
        return
    _check_way(path, account)
    is_used = {entry.name for entry in path.iterdir()} - HARMLESS
    if owner != account.uid and (owner != 0 or is_used):
        raise _refused(path, f"belongs to user {owner} and is in use", "start as that user")


def _check_way(path: Path, account: Account) -> None:
    """Folders above that do not exist yet will be made so that they can be entered."""
    for parent in path.resolve().parents:
        if parent.exists() and not _may_enter(parent, account):
            raise _refused(path, f"{UNPRIVILEGED} may not enter {parent}", "open that folder")


def _may_enter(folder: Path, account: Account) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & 0o100)
    return bool(status.st_mode & (0o010 if status.st_gid == account.gid else 0o001))


def _refused(path: Path, reason: str, mend: str) -> DatabaseUnavailable:
    return DatabaseUnavailable(
        f"DATA_DIR: {path}: {reason}; {mend}, or set DATA_DIR to another folder"
    )
