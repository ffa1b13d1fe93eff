"""What an earlier server left in its cluster: a live orphan is stopped, a dead one's marks removed.

Only for the holder of the folder lock: then no postmaster found here can be anybody's but ours.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

NO_SUCH_PID = 2**30  # above every system's largest
STOP_STEPS = ((signal.SIGINT, 5.0), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 2.0))  # seconds each
PACE = 0.02  # seconds; a process that is not our child gives no portable event when it ends
SOCKETS_PREFIX = "polycool-"  # of socket folders outside the data folder


@dataclass(frozen=True, slots=True)
class PidFile:
    """What `postmaster.pid` says about the server that wrote it."""

    pid: int
    sockets: Path | None


def read_pid_file(cluster: Path) -> PidFile | None:
    """None where there is no file."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    if not lines or not lines[0].strip().isdecimal():
        return PidFile(NO_SUCH_PID, None)  # cut short by a full disk
    sockets = lines[4].strip() if len(lines) > 4 else ""  # noqa: PLR2004 - the file's fifth line
    return PidFile(int(lines[0]), Path(sockets) if sockets else None)


def running(cluster: Path) -> PidFile | None:
    """The server that serves this cluster now; None for a file left by a dead one."""
    found = read_pid_file(cluster)
    return found if found is not None and _is_postmaster(found.pid, cluster) else None


async def clear(cluster: Path, sockets: Path) -> None:
    """Make `cluster` startable. What still runs there is stopped, politely first."""
    found = read_pid_file(cluster)
    if found is not None:
        for number, patience in STOP_STEPS:
            if await _ended(found.pid, cluster, number, patience):
                break
        _disarm(cluster / "postmaster.pid")
    _remove_sockets(sockets, found.sockets if found else None)


def _remove_sockets(ours: Path, theirs: Path | None) -> None:
    for file in ours.glob(".s.PGSQL.*"):
        file.unlink()
    if theirs is not None and theirs != ours and theirs.name.startswith(SOCKETS_PREFIX):
        shutil.rmtree(theirs, ignore_errors=True)  # one that was made with mkdtemp


async def _ended(pid: int, cluster: Path, number: signal.Signals, patience: float) -> bool:
    try:
        if _is_postmaster(pid, cluster):
            os.kill(pid, number)
        async with asyncio.timeout(patience):
            while _is_postmaster(pid, cluster):  # noqa: ASYNC110 - see PACE
                await asyncio.sleep(PACE)
    except ProcessLookupError:
        return True
    except TimeoutError:
        return False
    return True


def _disarm(pid_file: Path) -> None:
    """Point a stale `postmaster.pid` at nobody.

    Postgres refuses to start while the pid in it belongs to any living process of its user, a
    zombie or a stranger after a restart of the machine. The rest of the file stays: by the memory
    segment it names, Postgres itself sees whether a killed server's children still write.
    """
    if pid_file.exists():
        _, _, rest = pid_file.read_text(encoding="utf-8").partition("\n")
        pid_file.write_text(f"{NO_SUCH_PID}\n{rest}", encoding="utf-8")


def _is_postmaster(pid: int, cluster: Path) -> bool:
    """Whether `pid` is a living Postgres in `cluster`: zombies and namesakes are not."""
    if sys.platform != "linux":
        return _is_postmaster_by_ps(pid, cluster)
    process = Path("/proc", str(pid))
    try:
        command = (process / "comm").read_text(encoding="utf-8").strip()
        return command == "postgres" and (process / "cwd").readlink() == cluster.resolve()
    except OSError:
        return False


def _is_postmaster_by_ps(pid: int, cluster: Path) -> bool:
    listed = subprocess.run(  # noqa: S603 - fixed program, a number
        ["/bin/ps", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        timeout=5,
    )
    return "postgres" in listed.stdout and str(cluster) in listed.stdout
