"""`make run` on a machine that lacks something, and what Ctrl-C does to it."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("sh", "dirname", "cmp", "cp", "rm", "mkdir")
GOOD_PYTHON = '#!/bin/sh\necho "$@" >> "$CALLS"\n'
NO_VENV = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *print*) echo 3.11;; esac\n'
OLD_PYTHON = "#!/bin/sh\nexit 1\n"
# Stands for the program: says that it runs, and ends well on Ctrl-C.
PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
print("running", sys.argv[1:], flush=True)
signal.pause()
"""


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A clone on a machine that has a shell's tools and no Python."""
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / tool).symlink_to(found)
    clone = tmp_path / "clone"
    (clone / "scripts").mkdir(parents=True)
    for name in ("scripts/bootstrap", "Makefile", "requirements.lock"):
        shutil.copy(ROOT / name, clone / name)
    return tmp_path


def bootstrap(machine: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [machine / "clone" / "scripts" / "bootstrap"],
        env={"PATH": str(machine / "bin"), "CALLS": str(machine / "calls")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("python", [None, OLD_PYTHON])
def test_without_python_one_line_says_what_to_install(machine: Path, python: str | None) -> None:
    if python is not None:
        script(machine / "bin" / "python3", python)
    ran = bootstrap(machine)
    assert ran.returncode == 2
    assert ran.stderr == (
        "Python 3.11 or newer is missing: sudo apt install python3 python3-venv\n"
    )


def test_without_venv_one_line_says_what_to_install(machine: Path) -> None:
    script(machine / "bin" / "python3", NO_VENV)
    ran = bootstrap(machine)
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    assert "sudo apt install python3-venv" in ran.stderr


def test_a_newer_python_beside_an_old_one_is_found(machine: Path) -> None:
    script(machine / "bin" / "python3", OLD_PYTHON)
    script(machine / "bin" / "python3.12", GOOD_PYTHON)
    script(machine / "clone" / ".venv" / "bin" / "python", GOOD_PYTHON)
    assert bootstrap(machine).returncode == 0


def test_the_environment_is_installed_by_hash_and_only_when_the_lock_changed(machine: Path) -> None:
    script(machine / "bin" / "python3", GOOD_PYTHON)
    script(machine / "clone" / ".venv" / "bin" / "python", GOOD_PYTHON)
    assert bootstrap(machine).returncode == 0
    installs = [line for line in (machine / "calls").read_text().splitlines() if "install" in line]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]
    (machine / "calls").unlink()
    assert bootstrap(machine).stderr == ""
    assert "install" not in (machine / "calls").read_text()
    (machine / "clone" / "requirements.lock").write_text("changed")
    bootstrap(machine)
    assert "install" in (machine / "calls").read_text()


def test_an_installation_that_failed_is_tried_again(machine: Path) -> None:
    script(machine / "bin" / "python3", GOOD_PYTHON)
    failing = '#!/bin/sh\ncase "$*" in *install*) exit 1;; esac\n'
    script(machine / "clone" / ".venv" / "bin" / "python", failing)
    assert bootstrap(machine).returncode != 0
    assert not (machine / "clone" / ".venv" / "installed.lock").exists()


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_ctrl_c_ends_make_run_without_a_complaint(machine: Path) -> None:
    clone = machine / "clone"
    script(clone / "telegram_bot" / "main.py", PROGRAM)
    script(clone / ".venv" / "bin" / "python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    shutil.copy(clone / "requirements.lock", clone / ".venv" / "installed.lock")
    with subprocess.Popen(
        ["make", "--no-print-directory", "-C", clone, "run", "ARGS=--duration 60"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={key: value for key, value in os.environ.items() if not key.startswith("MAKE")},
    ) as make:
        assert make.stdout is not None
        assert make.stderr is not None
        assert make.stdout.readline() == "running ['--duration', '60']\n"
        os.killpg(make.pid, signal.SIGINT)
        said = make.stderr.read()
        make.wait(10)
    assert said == ""


def test_every_promised_target_exists() -> None:
    text = (ROOT / "Makefile").read_text()
    for target in (
        "run",
        "test",
        "lint",
        "bench",
        "crash",
        "proof",
        "format",
        "doctor",
        "psql",
        "backup",
    ):
        assert f"\n{target}:" in text
    for target in ("restore", "keys", "words"):
        assert f"\n{target}:" in text


def test_the_lock_holds_hashes_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    pinned = [line for line in text.splitlines() if "==" in line and not line.startswith(" ")]
    assert pinned
    assert all(line.endswith("\\") for line in pinned)
