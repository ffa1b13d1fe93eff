"""Keys that systemd hands over."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from infrastructure.security.credential_keys import CredentialKeys
from infrastructure.security.errors import KeyFileRefused

NOBODY = 65534
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "credentials"


@pytest.fixture
def credentials(path: Path) -> CredentialKeys:
    path.mkdir(0o700)
    for version in (1, 2):
        credential = path / f"polycool-kek-{version}"
        credential.write_bytes(bytes([version]) * 32)
        credential.chmod(0o400)
    return CredentialKeys(path)


@pytest.mark.parametrize("allowed", [0o400, 0o440])
def test_credentials_of_systemd_are_read(
    path: Path, credentials: CredentialKeys, allowed: int
) -> None:
    (path / "polycool-kek-2").chmod(allowed)
    (path / "kek-3").write_bytes(b"not ours")
    assert credentials.versions() == (1, 2)
    with closing(credentials.ring()) as ring:
        assert ring.newest.id.version == 2


@pytest.mark.parametrize("wide", [0o600, 0o444, 0o404, 0o460])
def test_a_credential_that_is_open_wider_is_refused(
    path: Path, credentials: CredentialKeys, wide: int
) -> None:
    (path / "polycool-kek-1").chmod(wide)
    with pytest.raises(KeyFileRefused, match=rf"mode {wide:04o}; a credential of systemd"):
        credentials.ring()


@AS_ROOT
def test_a_credential_of_another_user_is_refused(path: Path, credentials: CredentialKeys) -> None:
    os.chown(path / "polycool-kek-1", NOBODY, -1)
    with pytest.raises(KeyFileRefused, match="belongs to user 65534"):
        credentials.ring()


def test_credentials_are_made_and_dropped_in_the_unit_file(
    path: Path, credentials: CredentialKeys
) -> None:
    with pytest.raises(KeyFileRefused, match="LoadCredentialEncrypted=polycool-kek-3:"):
        credentials.create(3)
    with pytest.raises(KeyFileRefused, match="take polycool-kek-1 out of"):
        credentials.retire(1)
    (path / "polycool-kek-1").unlink()
    credentials.retire(1)
    (path / "polycool-kek-2").unlink()
    with pytest.raises(KeyFileRefused, match="LoadCredentialEncrypted=polycool-kek-1:"):
        credentials.ring()


def test_a_missing_credentials_folder_is_explained(path: Path) -> None:
    with pytest.raises(KeyFileRefused, match="No such file"):
        CredentialKeys(path / "gone").versions()
