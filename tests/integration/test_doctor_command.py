"""`make doctor` as an operator runs it: a process, its lines, its exit code."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOKEN = "123456:a-token-that-must-not-be-seen-anywhere"
NOWHERE = "http://127.0.0.1:1"


async def doctor(variables: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "telegram_bot.doctor", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"} | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_a_sandbox_that_could_start_ends_with_0(
    data_folders: Callable[[], Path], database: str
) -> None:
    ran = await doctor(
        {
            "VENUE": "sandbox",
            "DATABASE_URL": database,
            "DATA_DIR": str(data_folders()),
            "OPS_PORT": "0",
            "SANDBOX_PORT": "0",
            "SANDBOX_EXCHANGE_PORT": "0",
        }
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("ok    settings               ")
    assert all(line.startswith(("ok ", "warn ", " ")) for line in ran.stdout.splitlines())


async def test_failures_end_with_1_and_no_secret_is_seen(data_folders: Callable[[], Path]) -> None:
    ran = await doctor(
        {
            "DATABASE_URL": "postgresql://me:hunter2hunter2@127.0.0.1:1/polycool",
            "DATA_DIR": str(data_folders()),
            "CLOB_API_URL": NOWHERE,
            "GAMMA_API_URL": NOWHERE,
            "CLOB_WSS_URL": "ws://127.0.0.1:1",
            "TELEGRAM_API_BASE_URL": NOWHERE,
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "OPS_PORT": "0",
        }
    )
    assert ran.returncode == 1
    failed = [line.split()[1] for line in ran.stdout.splitlines() if line.startswith("fail")]
    assert failed == ["database", "clob", "gamma", "socket", "telegram"]
    for secret in ("hunter2", TOKEN.partition(":")[2]):
        assert secret not in ran.stdout + ran.stderr


async def test_settings_that_cannot_be_read_are_one_failure() -> None:
    ran = await doctor({"PRICE_DEBOUNCE_SECONDS": "soon"})
    assert (ran.returncode, ran.stderr) == (1, "")
    first, second = ran.stdout.splitlines()
    assert first.startswith("fail  settings               PRICE_DEBOUNCE_SECONDS: 'soon'")
    assert second.strip() == "do: write for example PRICE_DEBOUNCE_SECONDS=1.0"


async def test_a_length_that_is_none_is_refused() -> None:
    ran = await doctor({}, "--stream", "-1")
    assert (ran.returncode, "above 0" in ran.stderr) == (2, True)
