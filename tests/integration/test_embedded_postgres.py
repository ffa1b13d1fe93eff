"""The embedded server survives kills, and says in one line what it cannot mend."""

import asyncio
import json
import os
import pwd
import select
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from infrastructure.database.address import database_url, driver_dsn
from infrastructure.database.embedded import EmbeddedPostgres
from infrastructure.database.leftover import running
from infrastructure.errors import DatabaseUnavailable, InstanceRunning

ROOT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take on another account")
SERVER_USER = "nobody" if os.geteuid() == 0 else None  # whom subprocesses stand in for
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and PR_SET_PDEATHSIG")

CHILD = """
import asyncio, json, pathlib, sys
sys.path.insert(0, sys.argv[1])
from infrastructure.database.embedded import EmbeddedPostgres
from infrastructure.errors import CannotStart

async def main():
    try:
        folder = pathlib.Path(sys.argv[2])
        async with EmbeddedPostgres(folder, durable=False, lock_wait=0) as server:
            print(json.dumps({"pid": server.pid, "url": server.url}), flush=True)
            await asyncio.to_thread(sys.stdin.read)
    except CannotStart as error:
        print(json.dumps({"error": str(error)}), flush=True)

asyncio.run(main())
"""


@pytest.fixture
def folder(data_folders: Callable[[], Path]) -> Path:
    return data_folders()


@pytest.fixture(scope="module")
async def original(data_folders: Callable[[], Path]) -> Path:
    """A used data folder as a dead server leaves it, pid file and all; made once, then copied."""
    path = data_folders()
    async with EmbeddedPostgres(path, durable=False) as server:
        await remember_something(server.url)
        pid_file = (path / "postgres" / "postmaster.pid").read_text()
    (path / "postgres" / "postmaster.pid").write_text(pid_file)
    return path


@pytest.fixture
def used(original: Path, folder: Path) -> Path:
    """A copy of it, owners and rights included."""
    subprocess.run(["cp", "-a", "--no-target-directory", original, folder], check=True)
    return folder


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(driver_dsn(database_url(url)), timeout=5)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def remember_something(url: str) -> None:
    await ask(url, "CREATE TABLE remembered AS SELECT 42 AS answer")


async def the_remembered(url: str) -> object:
    return await ask(url, "SELECT answer FROM remembered")


async def end_of(pid: int) -> None:
    """Wait until process `pid` has ended."""
    async with asyncio.timeout(30):
        await asyncio.to_thread(_poll_end, pid)


def _poll_end(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    with os.fdopen(descriptor):
        select.select([descriptor], [], [], 30)


def interpreter_for_everybody() -> str:
    """A Python of our version that other accounts may run; ours may lie in root's home."""
    try:
        subprocess.run([sys.executable, "-c", ""], user="nobody", check=True)
    except PermissionError:
        name = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
        if not Path(name).exists():
            pytest.skip(f"nobody may not run {sys.executable}, and there is no {name}")
        return name
    return sys.executable


def start_child(folder: Path, user: str | None = None) -> "subprocess.Popen[str]":
    python = interpreter_for_everybody() if user else sys.executable
    return subprocess.Popen(
        [python, "-c", CHILD, str(ROOT), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd="/",
        env={"PYTHONPATH": sysconfig.get_path("purelib"), "PYTHONDONTWRITEBYTECODE": "1"},
    )


async def said_by(child: "subprocess.Popen[str]") -> dict[str, str | int]:
    assert child.stdout is not None
    async with asyncio.timeout(30):
        line = await asyncio.to_thread(child.stdout.readline)
    said: dict[str, str | int] = json.loads(line)
    return said


def end_child(child: "subprocess.Popen[str]") -> None:
    child.kill()
    child.wait(10)
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()


async def test_data_is_there_again_at_the_next_start(folder: Path) -> None:
    async with EmbeddedPostgres(folder) as server:
        await remember_something(server.url)
        first = server.pid
    async with EmbeddedPostgres(folder) as server:
        assert await the_remembered(server.url) == 42
        assert server.pid != first


async def test_the_server_listens_on_no_network_address(used: Path) -> None:
    async with EmbeddedPostgres(used, durable=False) as server:
        assert await ask(server.admin_url, "SHOW listen_addresses") == ""
        assert await ask(server.admin_url, "SHOW random_page_cost") == "1.1"
        assert await ask(server.admin_url, "SHOW server_encoding") == "UTF8"
        assert await ask(server.admin_url, "SHOW data_checksums") == "on"


async def test_the_application_is_no_superuser_but_may_create_databases(used: Path) -> None:
    async with EmbeddedPostgres(used, durable=False) as server:
        rights = "SELECT rolsuper || ',' || rolcreatedb FROM pg_roles WHERE rolname = current_user"
        assert await ask(server.url, rights) == "false,true"


async def test_leaving_the_block_ends_the_server_quickly(used: Path) -> None:
    async with EmbeddedPostgres(used, durable=False) as server:
        pid = server.pid
        client = await asyncpg.connect(driver_dsn(database_url(server.url)))
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 3
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    client.terminate()


async def test_a_killed_postmaster_comes_back_with_everything_committed(used: Path) -> None:
    async with EmbeddedPostgres(used) as server, asyncio.TaskGroup() as tasks:
        await ask(server.url, "UPDATE remembered SET answer = 43")
        watch = tasks.create_task(server.run())
        killed = server.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        async with asyncio.timeout(20):
            await server.restarted.wait()
        assert await the_remembered(server.url) == 43
        assert server.pid != killed
        watch.cancel()


@on_linux
async def test_the_server_ends_with_us_after_kill_9_and_the_next_start_has_the_data(
    used: Path,
) -> None:
    child = start_child(used)
    said = await said_by(child)
    await ask(str(said["url"]), "UPDATE remembered SET answer = 43")
    end_child(child)
    await end_of(int(said["pid"]))
    async with EmbeddedPostgres(used, durable=False, lock_wait=0) as server:
        assert await the_remembered(server.url) == 43


@on_linux
async def test_a_start_right_after_kill_9_does_not_trip_over_the_dying_server(used: Path) -> None:
    child = start_child(used)
    said = await said_by(child)
    await ask(str(said["url"]), "UPDATE remembered SET answer = 43")
    end_child(child)
    async with EmbeddedPostgres(used, durable=False, lock_wait=0) as server:
        assert await the_remembered(server.url) == 43
        assert server.pid != said["pid"]


async def start_over(used: Path, pid: int) -> None:
    """Start on a pid file that names `pid`, which is not our server."""
    pid_file = used / "postgres" / "postmaster.pid"
    _, _, rest = pid_file.read_text().partition("\n")
    pid_file.write_text(f"{pid}\n{rest}")
    async with asyncio.timeout(30), EmbeddedPostgres(used, durable=False) as server:
        assert await the_remembered(server.url) == 42
        assert server.pid != pid


async def test_a_pid_file_whose_pid_is_now_a_stranger_does_not_stop_the_start(used: Path) -> None:
    await start_over(used, os.getpid())


async def test_a_reused_pid_of_the_servers_own_account_does_not_stop_the_start(used: Path) -> None:
    """Postgres by itself refuses here: the pid lives, and belongs to its own user."""
    with subprocess.Popen(["sleep", "60"], user=SERVER_USER) as stranger:
        try:
            await start_over(used, stranger.pid)
            assert stranger.poll() is None
        finally:
            stranger.kill()


@on_linux
async def test_a_zombie_postmaster_does_not_stop_the_start(used: Path) -> None:
    with subprocess.Popen(["true"], user=SERVER_USER) as zombie:
        await asyncio.to_thread(os.waitid, os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        await start_over(used, zombie.pid)


@pytest.mark.parametrize("content", ["", "12\n", "garbage\n"])
async def test_a_damaged_pid_file_does_not_stop_the_start(used: Path, content: str) -> None:
    (used / "postgres" / "postmaster.pid").write_text(content)
    async with asyncio.timeout(30), EmbeddedPostgres(used, durable=False) as server:
        assert await the_remembered(server.url) == 42


async def test_a_leftover_socket_and_its_lock_do_not_stop_the_start(used: Path) -> None:
    (used / "run" / ".s.PGSQL.5432").touch()
    (used / "run" / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    async with asyncio.timeout(30), EmbeddedPostgres(used, durable=False) as server:
        assert await the_remembered(server.url) == 42


async def test_a_half_finished_first_start_is_begun_again(used: Path) -> None:
    (used / "postgres" / "PG_VERSION").unlink()
    (used / "postgres").rename(used / "postgres.unfinished-1234")
    async with EmbeddedPostgres(used, durable=False) as server:
        assert await ask(server.url, "SELECT 1") == 1
    assert not list(used.glob("postgres.unfinished-*"))


async def test_a_data_folder_with_a_long_path_gets_a_short_socket_folder(folder: Path) -> None:
    deep = folder / ("x" * 100)
    folder.chmod(0o755)
    async with EmbeddedPostgres(deep, durable=False) as server:
        assert await ask(server.url, "SELECT 1") == 1
        found = running(deep / "postgres")
        assert found is not None
        assert found.sockets is not None
        sockets = found.sockets
        assert not sockets.is_relative_to(folder)
        assert sockets.stat().st_mode & 0o777 == 0o700
    assert not sockets.exists()


async def test_a_second_instance_is_told_who_holds_the_folder(used: Path) -> None:
    async with EmbeddedPostgres(used, durable=False):
        with pytest.raises(InstanceRunning) as refusal:
            await EmbeddedPostgres(used, lock_wait=0).__aenter__()
    assert refusal.value.pid == os.getpid()
    assert os.uname().nodename in str(refusal.value)


async def test_a_second_instance_takes_over_when_the_first_ends_in_time(used: Path) -> None:
    first = EmbeddedPostgres(used, durable=False)
    async with first:
        second = asyncio.create_task(EmbeddedPostgres(used, durable=False).__aenter__())
        await asyncio.sleep(0)
    server = await second
    assert await ask(server.url, "SELECT 1") == 1
    await server.__aexit__(None, None, None)


@as_root
async def test_as_root_the_server_and_its_files_belong_to_nobody(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    async with EmbeddedPostgres(folder, durable=False) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == nobody
        status = Path(f"/proc/{server.pid}/status").read_text().splitlines()
        assert next(line for line in status if line.startswith("Groups:")).split() == ["Groups:"]
        owners = {path.stat().st_uid for path in (folder / "postgres").rglob("*")}
        assert owners == {nobody}
        assert folder.stat().st_uid == nobody
        program = Path(f"/proc/{server.pid}/exe").readlink()
        assert program.is_relative_to(folder / "binaries")


@as_root
async def test_as_root_a_folder_that_nobody_may_not_enter_is_refused_in_one_line(
    folder: Path,
) -> None:
    (folder / "closed").mkdir(mode=0o700)
    folder.chmod(0o755)
    with pytest.raises(DatabaseUnavailable, match=r"^DATA_DIR: .*nobody may not enter .*closed"):
        await EmbeddedPostgres(folder / "closed" / "data").__aenter__()
    assert (folder / "closed").stat().st_mode & 0o777 == 0o700


@as_root
async def test_as_root_a_folder_with_somebodys_files_is_refused(folder: Path) -> None:
    (folder / "letter.txt").write_text("mine")
    with pytest.raises(DatabaseUnavailable, match=r"^DATA_DIR: .*in use"):
        await EmbeddedPostgres(folder).__aenter__()
    assert folder.stat().st_uid == 0


@as_root
async def test_an_ordinary_user_runs_the_server_as_itself(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    child = start_child(folder / "data", user="nobody")
    try:
        said = await said_by(child)
        assert "error" not in said
        assert await ask(str(said["url"]), "SELECT 1") == 1
        assert not (folder / "data" / "binaries").exists()
    finally:
        end_child(child)
        await end_of(int(said.get("pid", 0)))


@as_root
async def test_an_ordinary_user_is_told_that_the_folder_is_not_writable(folder: Path) -> None:
    folder.chmod(0o755)
    child = start_child(folder, user="nobody")
    said = await said_by(child)
    end_child(child)
    assert str(said["error"]).startswith(f"DATA_DIR: {folder}: belongs to user 0")


@as_root
@on_linux
async def test_a_full_disk_is_said_in_one_line(folder: Path) -> None:
    """A small file system of its own, so that only the child sees it."""
    mount = f"mount -t tmpfs -o size=30m,mode=755 none {folder} && exec {sys.executable} -c "
    command = ["unshare", "--mount", "sh", "-c", f'{mount} "$0" "$@"', CHILD, str(ROOT)]
    child = subprocess.Popen(
        [*command, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    said = await said_by(child)
    end_child(child)
    assert str(said["error"]).startswith(f"DATA_DIR: {folder}: less than")
