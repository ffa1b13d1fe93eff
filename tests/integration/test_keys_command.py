"""The console of custody as its operator runs it, and real rotations that are killed."""

import asyncio
import base64
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from core.domain.custody import Tier, WalletState
from core.domain.one_time_code import STEP, one_time_code
from core.domain.units import UserId
from core.services.milestones import Milestone
from core.storage.models import Sessions
from infrastructure.custody.vault import KEY_PURPOSE
from infrastructure.database.backup import backup, restore
from infrastructure.security.errors import KeyFileRefused
from infrastructure.security.key_cipher import Purpose
from infrastructure.security.key_folder import KeyFolder
from infrastructure.security.rotation import ready
from tests.support.custody import House, house
from tests.support.signing import KNOWN_SECRET

ROOT = Path(__file__).parents[2]
FUNDER = "0x2222222222222222222222222222222222222222"
KNOWN = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
TELEGRAM = 4242
CANARY = "canary-of-an-api-secret-in-the-environment"


class Console:
    """`python -m scripts.keys` on a database with users whose keys are sealed."""

    def __init__(self, home: House, database: str, folder: Path) -> None:
        self.home = home
        self.database = database
        self.folder = folder

    async def __call__(
        self, *arguments: str, typed: str = "", dry: bool = False
    ) -> tuple[int, str]:
        """Its exit code and all it has written."""
        process = await self.start(*arguments, dry=dry)
        async with asyncio.timeout(60):
            written, _ = await process.communicate(typed.encode())
        return process.returncode or 0, written.decode()

    async def start(
        self, *arguments: str, dry: bool = False, secret: str = ""
    ) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "scripts.keys",
            *arguments,
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONDONTWRITEBYTECODE": "1",
                "DATABASE_URL": self.database,
                "KEYS_DIR": str(self.folder),
                "DRY_RUN_MODE": str(dry).lower(),
                "CLOB_API_URL": "http://127.0.0.1:1",
                "CLOB_API_SECRET": secret,
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # no terminal: nothing can be typed unseen
        )


@pytest.fixture
async def console(sessions: Sessions, database: str, tmp_path: Path) -> AsyncIterator[Console]:
    async with house(sessions, tmp_path / "keys") as home:
        yield Console(home, database, tmp_path / "keys")


async def people(home: House, count: int = 3) -> list[UserId]:
    """Users with a session key each."""
    users = [await home.person(TELEGRAM + number) for number in range(count)]
    for user in users:
        await home.ready(user)
    return users


async def opens(home: House, users: list[UserId]) -> None:
    """Every secret of theirs opens, from the database and the key files alone."""
    for user in users:
        wallet = await home.wallets.ready(user)
        assert wallet is not None
        for purpose in (KEY_PURPOSE[wallet.tier], Purpose.CLOB_CREDENTIALS):
            sealed = await home.vault.sealed(user, wallet.key_address, purpose)
            assert sealed is not None
            with home.vault.opened(sealed) as secret, secret.opened() as material:
                assert len(material) >= 32


async def test_status_tells_which_key_files_are_needed_and_which_are_missing(
    console: Console, tmp_path: Path
) -> None:
    await people(console.home)
    assert await console("status") == (0, "kek-1: here, 3 data keys need it\n")
    (tmp_path / "keys" / "kek-1").rename(tmp_path / "kek-1")
    code, written = await console("status")
    assert (code, written) == (1, "kek-1: MISSING: bring it back, 3 data keys need it\n")


async def test_rotating_and_retiring_by_the_console(console: Console) -> None:
    users = await people(console.home)
    code, written = await console("rotate")
    assert (code, written.splitlines()[0]) == (
        0,
        "3 data keys moved to kek-2, 0 left under others",
    )
    await opens(console.home, users)
    code, written = await console("retire", "2")
    assert code == 2
    assert "3 data keys still need kek-2" in written
    assert (await console("retire", "1"))[0] == 0
    assert console.home.folder.versions() == (2,)
    await opens(console.home, users)
    assert await console("status") == (0, "kek-2: here, 3 data keys need it\n")


async def test_a_rotation_to_a_number_out_of_turn_is_refused(console: Console) -> None:
    await people(console.home, 1)
    code, written = await console("rotate", "--to", "5")
    assert (code, written) == (2, "the newest key is kek-1; rotate to 2, or to 1 to finish\n")


async def rotation(console: Console, at: int) -> tuple[int, list[str]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.rotation_child",
        console.database,
        str(console.folder),
        str(at),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        written, _ = await process.communicate()
    return process.returncode or 0, written.decode().split()


async def test_a_process_killed_at_every_row_loses_nothing_and_the_next_one_finishes(
    console: Console,
) -> None:
    users = await people(console.home)
    for moved in range(4):  # one is killed when the key is made, one more after each row
        code, _ = await rotation(console, 1)
        assert code == -signal.SIGKILL
        under = await console.home.store.in_use()
        assert (under.get(1, 0), under.get(2, 0)) == (3 - moved, moved)
        assert console.home.folder.versions() == (1, 2)
        await opens(console.home, users)
    code, passed = await rotation(console, 0)
    assert (code, await console.home.store.in_use()) == (0, {2: 3})
    assert passed == []  # nothing was left to do but to retire the old key
    assert console.home.folder.versions() == (2,)
    await opens(console.home, users)


async def test_the_milestones_of_a_rotation_are_its_key_and_each_row(console: Console) -> None:
    await people(console.home)
    _, passed = await rotation(console, 0)
    assert passed == [Milestone.ROTATION_KEY_MADE, *[Milestone.ROTATION_ROW_MOVED] * 3]


def key_file(folder: Path, text: str) -> Path:
    path = folder / "brought"
    path.write_text(text)
    path.chmod(0o400)
    return path


async def test_an_owner_key_is_brought_in_a_file_and_never_written_anywhere(
    console: Console, tmp_path: Path
) -> None:
    user = await console.home.person(TELEGRAM)
    file = key_file(tmp_path, f"0x{KNOWN_SECRET.hex()}\n")
    code, written = await console(
        *("import", "--user", str(TELEGRAM), "--tier", "deposit"),
        *("--funder", FUNDER, "--file", str(file)),
    )
    assert (code, KNOWN_SECRET.hex() in written) == (0, False)
    waiting = await console.home.wallets.waiting(user)
    assert waiting is not None
    assert (waiting.tier, waiting.key_address, waiting.funder) == (Tier.DEPOSIT, KNOWN, FUNDER)
    assert (await console.home.wallets.verify(user)).state is WalletState.READY


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--tier", "eoa"], "A session key cannot"),
        (["--tier", "deposit"], "--funder: write the address"),
        (["--tier", "deposit", "--funder", "0x12"], "not an address"),
    ],
)
async def test_a_key_that_is_brought_without_thought_is_refused(
    console: Console, tmp_path: Path, arguments: list[str], told: str
) -> None:
    user = await console.home.person(TELEGRAM)
    file = key_file(tmp_path, KNOWN_SECRET.hex())
    code, written = await console(
        "import", "--user", str(TELEGRAM), *arguments, "--file", str(file)
    )
    assert code != 0
    assert told in written
    assert await console.home.wallets.waiting(user) is None
    assert await console.home.vault.sealed(user, KNOWN, Purpose.OWNER_KEY) is None


async def test_a_seed_phrase_and_a_stranger_are_refused(console: Console, tmp_path: Path) -> None:
    await console.home.person(TELEGRAM)
    phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    file = str(key_file(tmp_path, phrase))
    bring = ("import", "--tier", "eoa", "--accept-risk", "--file", file)
    code, written = await console(*bring, "--user", str(TELEGRAM))
    assert (code, "sausage" in written) == (2, False)
    assert "seed phrases are never taken" in written
    code, written = await console(*bring, "--user", "1")
    assert (code, written) == (2, "--user: nobody with Telegram id 1 has used this bot\n")


async def test_under_dry_run_no_key_is_taken(console: Console, tmp_path: Path) -> None:
    await console.home.person(TELEGRAM)
    file = str(key_file(tmp_path, KNOWN_SECRET.hex()))
    code, written = await console(
        *("import", "--user", str(TELEGRAM), "--tier", "eoa", "--accept-risk", "--file", file),
        dry=True,
    )
    assert code == 1
    assert "DRY_RUN_MODE is on" in written


async def test_an_authenticator_is_set_up_with_a_first_code_and_no_secret_is_in_proc(
    console: Console,
) -> None:
    user = await console.home.person(TELEGRAM)
    process = await console.start("totp", "--user", str(TELEGRAM), secret=CANARY)
    assert process.stdin is not None
    assert process.stdout is not None
    async with asyncio.timeout(60):
        link = (await process.stdout.readline()).decode().strip()
        if os.geteuid() == 0:  # others may not even read it
            environ = Path(f"/proc/{process.pid}/environ").read_bytes()
            assert b"KEYS_DIR=" in environ
            assert CANARY.encode() not in environ
            assert console.database.encode() not in environ
        else:
            with pytest.raises(PermissionError):
                Path(f"/proc/{process.pid}/environ").read_bytes()
        secret = parse_qs(urlsplit(link).query)["secret"][0]
        key = base64.b32decode(secret)
        step = int(datetime.now(UTC).timestamp()) // STEP
        rest, _ = await process.communicate(f"{one_time_code(key, step)}\n".encode())
    assert (process.returncode, b"is set up" in rest) == (0, True)
    assert await console.home.factor.is_set_up(user)
    sealed = await console.home.vault.sealed(user, "authenticator", Purpose.ONE_TIME_CODES)
    assert sealed is not None
    with console.home.vault.opened(sealed) as kept, kept.opened() as material:
        assert material == key


async def test_a_wrong_first_code_sets_nothing_up(console: Console) -> None:
    user = await console.home.person(TELEGRAM)
    code, written = await console("totp", "--user", str(TELEGRAM), typed="nonsense\n")
    assert code == 2
    assert "that code is wrong" in written
    assert not await console.home.factor.is_set_up(user)


async def test_giving_up_keys_by_the_console_names_what_is_left_to_do(console: Console) -> None:
    (user,) = await people(console.home, 1)
    wallet = await console.home.wallets.ready(user)
    assert wallet is not None
    code, written = await console("revoke", "--user", str(TELEGRAM))
    assert code == 0
    assert f"at Polymarket, revoke the session key {wallet.key_address}" in written
    assert await console.home.wallets.ready(user) is None
    assert (await console("revoke", "--user", str(TELEGRAM)))[1].endswith("no live wallet.\n")


async def test_a_restored_backup_opens_with_its_key_folder_and_says_so_without(
    console: Console, engine: AsyncEngine, tmp_path: Path
) -> None:
    users = await people(console.home)
    await backup(console.database, tmp_path / "one.dump")
    await console.home.wallets.revoke(users[0])
    await engine.dispose()
    await restore(console.database, tmp_path / "one.dump")
    await opens(console.home, users)
    with pytest.raises(KeyFileRefused, match="holds no key file; bring back kek-1"):
        await ready(KeyFolder(tmp_path / "elsewhere"), console.home.store)
    stranger = KeyFolder(tmp_path / "stranger")
    stranger.create(1)
    with pytest.raises(KeyFileRefused, match="kek-1 is another one"):
        await ready(stranger, console.home.store)
    await ready(console.home.folder, console.home.store)
