"""A new Postgres cluster, and the options that every start of the server gets."""

import asyncio
import secrets
import shutil
from pathlib import Path

from infrastructure.database.data_folder import DataFolder
from infrastructure.database.postmaster import launch_command
from infrastructure.errors import DatabaseUnavailable

UNFINISHED = "postgres.unfinished-"
OPTIONS = {
    "listen_addresses": "",  # the socket in our own folder is the only door
    "unix_socket_permissions": "0700",
    "max_connections": "40",
    "shared_buffers": "64MB",
    "random_page_cost": "1.1",  # else a flush of prices reads all positions (wrong plan)
    "jit": "off",
    "io_method": "sync",  # everything fits in memory; saves three processes
    "max_parallel_workers_per_gather": "0",
    "wal_level": "minimal",  # nobody replicates from here
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "wal_compression": "on",
    "max_wal_size": "512MB",
    "checkpoint_timeout": "15min",
    "autovacuum_naptime": "15s",
    "client_connection_check_interval": "1s",  # a dead client's query and locks end
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",  # we read stderr and keep the file small
    "log_checkpoints": "off",
    "log_parameter_max_length_on_error": "0",
}
UNSAFE_BUT_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def server_options(sockets: Path, *, durable: bool) -> list[str]:
    """Command-line options; they win over the cluster's own file, so old clusters get them too."""
    options = {"unix_socket_directories": str(sockets)} | OPTIONS
    if not durable:
        options |= UNSAFE_BUT_FAST
    return [word for name, value in options.items() for word in ("-c", f"{name}={value}")]


async def create_cluster(
    folder: DataFolder, programs: Path, superuser: str, *, durable: bool
) -> None:
    """`initdb` beside the final place, then a rename: an interrupted one leaves nothing half-done.

    Raises: DatabaseUnavailable.
    """
    for remains in folder.path.glob(f"{UNFINISHED}*"):
        await asyncio.to_thread(shutil.rmtree, remains)
    unfinished = folder.path / f"{UNFINISHED}{secrets.token_hex(4)}"
    unfinished.mkdir(mode=0o700)
    folder.give_away(unfinished)
    command = [
        *(str(programs / "initdb"), "--pgdata", str(unfinished), "--username", superuser),
        *("--auth=trust", "--encoding=UTF8", "--no-locale", "--no-instructions"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *(() if durable else ("--no-sync",)),
    ]
    account = folder.account
    words = launch_command(account.uid if account else -1, account.gid if account else -1, command)
    await _run(words, folder)
    unfinished.rename(folder.cluster)


async def _run(command: list[str], folder: DataFolder) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder.path,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    try:
        _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if "error:" in line or "FATAL" in line] or lines or [""]
        raise DatabaseUnavailable(
            f"DATA_DIR: the first start in {folder.path} failed: {errors[0].strip()}; "
            "mend it, or set DATA_DIR to another folder"
        )
