"""Whatever line the program dies at, a key file is whole or not there, and never lost."""

import itertools
from functools import partial
from pathlib import Path

import pytest

from infrastructure.security import key_folder
from infrastructure.security.key_folder import KeyFolder
from tests.support.children import run_until_line


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def test_killed_at_any_line_a_key_is_whole_or_not_there(path: Path) -> None:
    path.mkdir(0o700)
    folder = KeyFolder(path)
    lines = 0
    for version in itertools.count(1):
        lines += 1
        is_done = run_until_line(partial(folder.create, version), lines, key_folder)
        assert all(len(file.read_bytes()) == 32 for file in path.glob("kek-*"))
        folder.create(version)
        assert folder.versions() == tuple(range(1, version + 1))
        folder.ring().close()
        assert not list(path.glob(".unfinished-*"))
        if is_done:
            break
    assert lines > 20


def test_killed_at_any_line_of_a_retirement_the_key_is_never_lost(path: Path) -> None:
    folder = KeyFolder(path)
    folder.create(1)
    lines = 0
    for version in itertools.count(1):
        lines += 1
        folder.create(version + 1)
        content = (path / f"kek-{version}").read_bytes()
        is_done = run_until_line(partial(folder.retire, version), lines, key_folder)
        left = [path / name for name in (f"kek-{version}", f"retired-kek-{version}")]
        assert content in {file.read_bytes() for file in left if file.exists()}
        folder.retire(version)
        assert left[1].read_bytes() == content
        assert folder.versions() == (version + 1,)
        if is_done:
            break
    assert lines > 15
