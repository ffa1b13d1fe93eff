"""What runs here is told from a few files, also where there is no git and no clone."""

from pathlib import Path

import pytest

from infrastructure.config.release import release

COMMIT = "0123456789abcdef" * 2 + "01234567"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    (tmp_path / ".git").mkdir()
    return tmp_path


def test_a_branch_a_packed_branch_and_a_detached_head_name_the_commit(root: Path) -> None:
    git = root / ".git"
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "packed-refs").write_text(f"# packed\n{COMMIT} refs/heads/main\n")
    assert release(root).commit == COMMIT[:10]
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "refs" / "heads" / "main").write_text("f" * 40 + "\n")
    assert release(root).commit == "f" * 10
    (git / "HEAD").write_text(COMMIT + "\n")
    assert release(root).commit == COMMIT[:10]
    assert release(root).version == "1.2.3"


def test_what_cannot_be_read_is_said_to_be_unknown(root: Path, tmp_path: Path) -> None:
    (root / ".git" / "HEAD").write_text("ref: refs/heads/none\n")
    assert release(root).commit is None
    (root / ".git" / "HEAD").write_text("<b>nonsense</b>")
    assert release(root).commit is None
    assert release(tmp_path / "nowhere").commit is None
    assert release(tmp_path / "nowhere").version == "unknown"
