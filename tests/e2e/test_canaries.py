"""No marked secret is anywhere but in the key folder, whatever happens to the program."""

import asyncio
import base64
import os
import re
import secrets
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from core.domain.custody import LiveWallet
from core.domain.one_time_code import STEP, one_time_code
from infrastructure.database.address import database_url, driver_dsn, libpq_variables
from infrastructure.database.binaries import wheel_programs
from infrastructure.database.embedded import EmbeddedPostgres
from tests.crash.savings import ask_for_money
from tests.support.acts import changed_over, redeemed
from tests.support.canaries import Search, regular_files, spellings
from tests.support.live_program import LiveWorld, live_program
from tests.support.person import LocalTelegram, Person
from tests.support.program import descendants
from tests.support.watched_database import Row, watched_database

OWNER, ANN, BEN, CAT, DAN = PEOPLE = (7001, 7002, 7003, 7004, 7005)
ROLE: Final = "canary_role"
STATES: Final = "SELECT status, count(*) FROM orders GROUP BY status ORDER BY status"
WITHDRAWN: Final = "SELECT state FROM withdrawals"
SETTLED: Final = """
SELECT DISTINCT x.settlement FROM fills AS x JOIN users AS u ON u.id = x.user_id
WHERE u.telegram_id = $1
"""
CASH: Final = """
SELECT x.cash > $2 FROM wallets AS x JOIN users AS u ON u.id = x.user_id
WHERE u.telegram_id = $1 AND x.account = 'live'
"""
HAD: Final = """
SELECT x.cash FROM wallets AS x JOIN users AS u ON u.id = x.user_id
WHERE u.telegram_id = $1 AND x.account = 'live'
"""
YES: Final = "SELECT clob_token_ids::jsonb ->> 0, id FROM markets WHERE question LIKE $1"
COMPARED: Final = "SELECT count(*) FROM wallets WHERE account = 'live'"
TEMPORARY: Final = Path("/tmp")  # noqa: S108 - where leaks are looked for
PATIENCE: Final = 20.0  # seconds
SENDER: Final = 75.0  # seconds: it looks every 30 what is due
NO_SETTINGS: Final = frozenset(
    {"pasted key", "authenticator", "key typed at set-up", "typed as a code"}
)
LEFT_OUT: Final = 1 << 26  # bytes; a larger file in /tmp is none of ours


@pytest.fixture(scope="module")
def marks() -> dict[str, bytes]:
    """New ones for every run, so that no file of an earlier run is found."""
    return {
        "bot token": f"70000001:{secrets.token_urlsafe(27)}".encode(),
        "API key": f"canary-{secrets.token_hex(16)}".encode(),
        "API secret": f"c4n4ry{secrets.token_hex(19)}".encode(),
        "API passphrase": f"canary phrase/{secrets.token_hex(16)}".encode(),
        "DSN password": f"canary:@/{secrets.token_hex(12)}".encode(),
        "relayer key": f"canary-relay-{secrets.token_hex(16)}".encode(),
        "pasted key": secrets.token_bytes(32),
        "key typed at set-up": secrets.token_bytes(32),
        "typed as a code": b"2" + base64.b32encode(secrets.token_bytes(20))[1:],
        "authenticator": f"canary of codes {secrets.token_hex(8)}".encode(),
    }


@asynccontextmanager
async def server(folder: Path, password: str) -> AsyncIterator[tuple[str, str]]:
    """The URLs of a database for its owner, who has that password, and for the superuser."""
    async with EmbeddedPostgres(folder) as postgres:
        connection = await asyncpg.connect(driver_dsn(database_url(postgres.admin_url)))
        try:
            await connection.execute(f"CREATE ROLE {ROLE} LOGIN CREATEROLE PASSWORD '{password}'")
            await connection.execute(f"CREATE DATABASE {ROLE} OWNER {ROLE}")
        finally:
            await connection.close()
        named = database_url(postgres.admin_url).set(database=ROLE)
        owners = named.set(username=ROLE, password=password)
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(postgres.run())
            yield (
                owners.render_as_string(hide_password=False),
                named.render_as_string(hide_password=False),
            )
            watch.cancel()


@pytest.mark.timeout(600)  # as slow as the machine is busy
async def test_no_marked_secret_is_found_in_any_spelling_anywhere(
    data_folders: Callable[[], Path], tmp_path: Path, marks: dict[str, bytes]
) -> None:
    began, before = time.time(), set(TEMPORARY.iterdir())
    texts = {name: mark.decode() for name, mark in marks.items() if name not in NO_SETTINGS}
    cluster, data, keys = data_folders(), tmp_path / "data", tmp_path / "keys"
    settings = {
        "LOG_LEVEL": "DEBUG",
        "RECONCILE_INTERVAL_SECONDS": "5",
        "RESOLUTION_INTERVAL_SECONDS": "1",
        "DATA_DIR": str(data),
        "CLOB_API_KEY": texts["API key"],
        "CLOB_API_SECRET": texts["API secret"],
        "CLOB_API_PASSPHRASE": texts["API passphrase"],
        "CLOB_API_ADDRESS": f"0x{OWNER:040x}",
        "RELAYER_API_KEY": texts["relayer key"],
        "RELAYER_API_KEY_ADDRESS": f"0x{OWNER:040x}",
    }
    async with server(cluster, texts["DSN password"]) as (url, admin_url):
        async with live_program(
            texts["bot token"], url, keys, ",".join(map(str, PEOPLE)), opens=True, **settings
        ) as world:
            made = await journey(world, marks, admin_url)
            keks = {file.name: file.read_bytes() for file in keys.iterdir()}
            search = Search(marks | made | {n: k for n, k in keks.items() if n.startswith("kek")})
            look_at_processes(search, world.program.pid)
            limits = Path(f"/proc/{world.program.pid}/limits").read_text()
            assert re.search(r"Max core file size +0 +0 ", limits)
            await look_at_chats(search, world.telegram)
        search.text("output", world.program.output.text)
        search.data("database dump", await dumped(admin_url))
    search.files("data folder", regular_files(data))
    search.files("database files", regular_files(cluster))
    search.files("temporary files", new_files(before, began, keys))
    print(f"{search.forms} spellings; bytes: {dict(search.looked_at)}")  # noqa: T201 - the figure to publish
    assert not search.hits
    for place, least in {"output": 4_000, "database dump": 50_000, "Telegram": 2_000}.items():
        assert search.looked_at[place] > least
    assert search.looked_at["environments"] > 100


async def journey(world: LiveWorld, marks: Mapping[str, bytes], admin_url: str) -> dict[str, bytes]:
    """Lives with real money, and everything that goes wrong; what came to be secret in them."""
    ann, ben, cat, dan, venue = (*map(world.person, PEOPLE[1:]), world.venue)
    for user in (OWNER, BEN, CAT):
        await world.person(user).sends("/start", "in total")
    wallets = [await session_key(world, ann, marks["key typed at set-up"])]
    wallets += [await world.traders.ready(user) for user in (BEN, CAT)]
    made = [await world.traders.secrets(wallet) for wallet in wallets]
    await world.traders.enrol(wallets[0].user, marks["authenticator"])
    await world.database.until(COMPARED, are=[(len(wallets),)])
    wallets.append(await owner_key(world, dan, marks["authenticator"]))
    made.append(await world.traders.secrets(wallets[-1]))
    made.append(await code_is_typed(dan, marks))
    await confirmed(world, ann, [("filled", 1)])
    await half_is_sold(ann)
    await ann.writes(f"my key is 0x{marks['pasted key'].hex()} keep it")
    await ann.sees("private key")
    await rests_and_is_cancelled(world, ben)
    await venue.control("order-faults", kind="500", when="after")
    await confirmed(world, cat, [("cancelled", 1), ("filled", 3)])
    await world.database.until(WITHDRAWN, are=[("sent",)], patience=SENDER)
    await dan.sees("was withdrawn")
    await venue.control("order-faults", kind="502-html", path="/data/*", method="GET", count=3)
    await crash_of_the_database(admin_url)
    async with watched_database(admin_url) as database:  # the other one was thrown out as well
        await ben.sends("/orders", "(?i)order")
        await venue.control("order-faults", kind="truncated")
        again = replace(world, database=database)
        await confirmed(again, ben, [("cancelled", 1), ("filled", 4)])
        await is_claimed(again, dan)
    return {f"{name} of {n}": mark for n, each in enumerate(made) for name, mark in each.items()}


async def session_key(world: LiveWorld, person: Person, key: bytes) -> LiveWallet:
    """Set up in the chat, by somebody who types a key where an amount is asked for."""
    await person.sends("/start", "paper money")
    tiers = await person.taps(await person.sends("/wallet", "set up a key"), "Set up real", "Which")
    steps = await person.taps(tiers, "^Session key", "what you do now")
    ready = await person.taps(steps, "^Check$", "The key is ready")
    await person.taps(ready, "Read the risks", "Now type how many dollars")
    await person.sends(key.hex(), "looks like a private key")
    read = await person.sends("400", r"typed \$400.00 a day")
    await person.taps(read, "Trade real money", "In use: real money")
    return await world.traders.wallet(person.id)


async def code_is_typed(person: Person, marks: Mapping[str, bytes]) -> dict[str, bytes]:
    """For a new address, behind the whole secret of an app: both leave the chat. As typed."""
    card = await person.taps(await person.sends("/wallet", "In use"), "Withdraw", "Cold")
    await person.taps(card, "Add an address", "address")
    await person.sends("0x" + "88" * 20 + " second", "code")
    await person.sends(marks["typed as a code"].decode(), "secret of an authenticator")
    code = one_time_code(marks["authenticator"], int(time.time()) // STEP)
    typed = " ".join((code[:2], code[2:4], code[4:]))
    await person.sends(typed, "second is on your list")
    return {"one-time code": typed.encode()}


async def owner_key(world: LiveWorld, person: Person, codes: bytes) -> LiveWallet:
    """Set up in the chat; what it holds may be claimed and withdrawn, and a withdrawal is due."""
    card = await changed_over(person, "^Owner key")
    await person.taps(card, "Give approvals", "approvals are sent")
    wallet = await world.traders.wallet(person.id)
    await ask_for_money(world.traders.sessions, world.traders.custody, wallet.user, codes)
    return wallet


async def is_claimed(world: LiveWorld, person: Person) -> None:
    await world.venue.control("trades", settle="auto", delay=0.2)
    await confirmed(world, person, [("cancelled", 1), ("filled", 5)])
    await world.database.until(SETTLED, person.id, are=[("confirmed",)])
    (_, market) = await world.database.row(YES, "%harbour bill%")
    await world.venue.control("resolve", market=str(market), payouts=["1", "0"])
    told = await person.sees("waits to be claimed")
    (before,) = await world.database.row(HAD, person.id)
    await redeemed(person, told)
    await world.database.until(CASH, person.id, before, are=[(True,)])


async def half_is_sold(person: Person) -> None:
    positions = await person.sends("/positions", "All prices live")
    position = await person.taps(positions, "^1. Yes", "Sell|P&L")
    ticket = await person.taps(position, "^Sell 50%", "This quote expires")
    await person.taps(ticket, "Confirm", "Sold")


async def rests_and_is_cancelled(world: LiveWorld, person: Person) -> None:
    found = await person.sends("harbour bill", "Search · ")
    card = await person.taps(found, "Will the Senate", "bid .* ask")
    prices = await person.taps(card, "^Limit Yes", "at what price")
    amounts = await person.taps(prices, "^Bid", "how much")
    ticket = await person.taps(amounts, r"\$10", "(?i)expires")
    receipt = await person.taps(ticket, "Confirm", "Resting in the book")
    order = await person.taps(receipt, "^Order$", "(?i)rest")
    await person.touches(order, "^Cancel order")
    await world.database.until(STATES, are=[("cancelled", 1), ("filled", 2)])


async def confirmed(world: LiveWorld, person: Person, states: list[Row]) -> None:
    """A purchase of $10 is confirmed, and what became of it is known in the end."""
    found = await person.sends("harbour bill", "Search · ")
    card = await person.taps(found, "Will the Senate", "bid .* ask")
    amounts = await person.taps(card, "^Yes$", "How much on")
    ticket = await person.taps(amounts, r"\$10", "This quote expires")
    await person.touches(ticket, "Confirm")
    await world.database.until(STATES, are=states)


async def crash_of_the_database(admin_url: str) -> None:
    """One of the program's backends dies as if by a fault; everybody is thrown out meanwhile."""
    connection = await asyncpg.connect(driver_dsn(database_url(admin_url)))
    thrown_out = asyncio.Event()
    connection.add_termination_listener(lambda _: thrown_out.set())
    pid = await connection.fetchval(
        "SELECT pid FROM pg_stat_activity WHERE usename = $1 AND application_name = 'polycool'"
        " LIMIT 1",
        ROLE,
    )
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(PATIENCE):
        await thrown_out.wait()
        while not await answers(admin_url):  # noqa: ASYNC110 - another process is mending itself
            await asyncio.sleep(0.1)


async def answers(admin_url: str) -> bool:
    try:
        connection = await asyncpg.connect(driver_dsn(database_url(admin_url)))
    except (OSError, asyncpg.PostgresError):
        return False
    await connection.close()
    return True


def look_at_processes(search: Search, pid: int) -> None:
    """What a neighbour on this machine can read of the program and of what it started."""
    for each in {pid, *descendants(pid)}:
        search.files("environments", [Path(f"/proc/{each}/environ")])
        search.files("command lines", [Path(f"/proc/{each}/cmdline")])


async def look_at_chats(search: Search, telegram: LocalTelegram) -> None:
    """All that the bot said; what people said themselves is theirs, and secrets are deleted."""
    unsaid = [form for each in search.canaries.values() for form in (each, each.hex().encode())]
    for user in PEOPLE:
        for message in await telegram.person(user).messages():
            if message.author.is_bot:
                search.text("Telegram", f"{message.text}\n{message.buttons}")
            else:
                is_harmless = not any(words in message.text.encode() for words in unsaid)
                assert is_harmless or message.deleted, message.text
    search.data("Telegram", await telegram.get("/api/violations"))


async def dumped(admin_url: str) -> bytes:
    """Every row, as the superuser sees it."""
    process = await asyncio.create_subprocess_exec(
        str(wheel_programs() / "pg_dump"),
        env=dict(libpq_variables(database_url(admin_url))),
        stdout=subprocess.PIPE,
    )
    dump, _ = await process.communicate()
    assert process.returncode == 0
    return dump


def new_files(before: set[Path], began: float, keys: Path) -> list[Path]:
    """What lies in /tmp since then, except the key folder."""
    found = list[Path]()
    for entry in set(TEMPORARY.iterdir()) - before:
        inside = regular_files(entry, but=[keys]) if entry.is_dir() else [entry]
        found += [path for path in inside if is_new(path, began)]
    return found


def is_new(path: Path, began: float) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return status.st_mtime >= began and status.st_size < LEFT_OUT


def test_a_planted_secret_is_found_in_every_spelling(tmp_path: Path) -> None:
    for secret in (b"canary:@/of what is planted here", secrets.token_bytes(32)):
        for name, form in spellings(secret).items():
            file = tmp_path / "planted"
            file.write_bytes(b"\0" * ((1 << 22) - 7) + form + b"tail")  # over the edge of a piece
            search = Search({"planted": secret})
            search.files("disk", [file])
            assert [hit.canary for hit in search.hits] == ["planted"], name
            assert search.looked_at["disk"] >= file.stat().st_size


def test_a_planted_secret_is_found_inside_longer_base64() -> None:
    secret = secrets.token_bytes(20)
    for before in range(6):
        search = Search({"planted": secret})
        search.data("header", base64.b64encode(b"u" * before + secret + b"more of it"))
        assert search.hits, before
