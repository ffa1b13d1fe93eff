"""Marked secrets go through all of custody, and are found in nothing that anybody can read."""

import base64
import copy
import io
import logging
import pickle
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from core.domain.custody import Tier
from core.domain.errors import PolycoolError
from core.domain.units import UserId
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker
from infrastructure.custody.codes import Enrolment
from infrastructure.database.walls import missing_walls
from infrastructure.polymarket.signing.order import OrderIntent, build_order
from infrastructure.security.key_cipher import Purpose
from infrastructure.security.rotation import rotate
from infrastructure.security.secret_key import SecretKey
from infrastructure.telemetry.logs import configure_logging
from tests.support.custody import House, house
from tests.support.custody_venue import PASSPHRASE, SECRET
from tests.support.signing import TIMESTAMP, TOKEN, terms

KEY = b"canary-of-a-private-key-00000001"
CODES = b"canary-of-otp-secret"
FUNDER = "0x" + "22" * 20


def forms(secret: bytes) -> list[str]:
    """How bytes may come to be written."""
    return [
        repr(secret)[2:-1],
        secret.hex(),
        base64.b64encode(secret).decode().rstrip("="),
        base64.b32encode(secret).decode().rstrip("="),
        str(list(secret))[1:-1],
        str(int.from_bytes(secret, "big")),
    ]


@pytest.fixture
async def home(sessions: Sessions, tmp_path: Path) -> AsyncIterator[House]:
    async with house(sessions, tmp_path / "keys") as one:
        yield one


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything at DEBUG; the redactor is told no secret."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    configure_logging("DEBUG", "json", [], written)
    yield written
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


async def failure(act: Callable[[], Awaitable[object]]) -> str:
    """The error's traceback as a tool that shows local variables writes it."""
    with pytest.raises(PolycoolError) as caught:
        await act()
    logging.getLogger("polycool.test").error("it failed", exc_info=caught.value)
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    return "\n".join([*_told(shown), repr(caught.value)])


def _told(error: traceback.TracebackException | None) -> Iterator[str]:
    """Of an error and of all it came from; not the test's own variables, which know everything."""
    if error is None:
        return
    yield from error.format_exception_only()
    for frame in error.stack:
        if "/tests/" not in frame.filename:
            yield f"{frame.filename} {frame.locals}"
    yield from _told(error.__cause__)
    yield from _told(error.__context__)


async def brought(home: House) -> UserId:
    user = await home.person()
    with closing(SecretKey(KEY)) as secret:
        await home.wallets.bring(
            user, Tier.DEPOSIT, FUNDER, lambda: home.vault.keep_key(user, Tier.DEPOSIT, secret)
        )
    await home.codes.keep(user, Enrolment(SecretKey(CODES)))
    return user


async def whole_life(home: House, folder: Path) -> tuple[UserId, str, bytes]:
    """Set up, sign, rotate, and every failure on the way; what the failures show, and a key."""
    user = await brought(home)
    shown = []
    unreadable = web.Response(text=f'{{"apiKey": "x", "secret": "{SECRET}", "passphrase": ')
    home.venue.instead["/auth/derive-api-key"] = lambda: unreadable
    shown.append(await failure(lambda: home.wallets.verify(user)))
    home.venue.instead.clear()
    await home.wallets.verify(user)
    intent = OrderIntent(TOKEN, False, terms(size="10"), await home.account_keys.wallet(user))
    order = build_order(intent, salt=1, timestamp=TIMESTAMP)
    await home.account_keys.sign_order(user, intent, order)
    await home.account_keys.l2_headers(user, "GET", "/data/orders")
    wrong = build_order(intent, salt=2, timestamp=TIMESTAMP + 1)
    other = OrderIntent(TOKEN, True, intent.terms, intent.wallet)
    shown.append(await failure(lambda: home.account_keys.sign_order(user, other, wrong)))
    session = await home.person(2)
    made = await home.ready(session)
    sealed = await home.vault.sealed(session, made.key_address, Purpose.SESSION_KEY)
    assert sealed is not None
    with home.vault.opened(sealed) as key, key.opened() as material:
        fresh = bytes(material)
    await rotate(home.folder, home.store, to=2)
    home.account_keys.forget(user)
    for name in ("kek-2", "kek-1"):
        (folder / name).rename(folder / f"{name}-away")
        shown.append(await failure(lambda: home.account_keys.sign_order(user, intent, order)))
        shown.append(await failure(lambda: home.account_keys.user_channel_auth(user)))
        shown.append(await failure(lambda: home.wallets.begin(user)))
        shown.append(
            await failure(lambda: home.codes.matching_step(user, "123456", home.clock.now))
        )
    for name in ("kek-2", "kek-1"):
        (folder / f"{name}-away").rename(folder / name)
    return user, "\n".join(shown), fresh


async def dump(home: House, *, user: UserId | None) -> str:
    """What the app's role, or the worker's, can read of every table."""
    entered = as_worker(home.sessions) if user is None else as_user(home.sessions, user)
    async with entered as session:
        names = await session.scalars(
            sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        )
        read = []
        for name in names.all():
            try:
                async with session.begin_nested():
                    rows = await session.scalars(sa.text(f'SELECT t::text FROM "{name}" AS t'))  # noqa: S608 - our own names
                    read.append(f"{name}: {rows.all()}")
            except DBAPIError:
                read.append(f"{name} refused")
    return "\n".join(read)


async def test_no_marked_secret_is_in_a_log_an_error_or_a_table_that_the_bot_reads(
    home: House, tmp_path: Path, logged: io.StringIO, engine: AsyncEngine
) -> None:
    user, shown, fresh = await whole_life(home, tmp_path / "keys")
    keks = [(tmp_path / "keys" / name).read_bytes() for name in ("kek-1", "kek-2")]
    canaries = [form for secret in (KEY, CODES, fresh, *keks) for form in forms(secret)]
    canaries += [SECRET, PASSPHRASE, base64.urlsafe_b64decode(SECRET).decode(), "canary-key-1"]
    tables = await dump(home, user=user) + await dump(home, user=None)
    everything = await whole_dump(home)
    assert "live_wallets: [" in tables
    if await missing_walls(engine) is None:
        assert tables.count("secrets refused") == tables.count("data_keys refused") == 2
    written = {
        "log": logged.getvalue(),
        "errors": shown,
        "tables": tables,
        "backup": everything,
        "environment": Path("/proc/self/environ").read_text(errors="replace"),
    }
    assert len(written["log"]) > 1_000
    assert "'vault': <" in shown or "'self': '<infrastructure.custody" in shown  # variables are
    assert "50434b52" in everything  # sealed records are in it
    for where, text in written.items():
        found = [canary for canary in canaries if canary in text]
        assert not found, where


async def whole_dump(home: House) -> str:
    """What a backup holds."""
    async with home.sessions.begin() as session:
        await session.execute(sa.text("SELECT set_config('app.backup', 'on', true)"))
        texts = []
        for name in ("data_keys", "secrets", "live_wallets", "second_factors", "users"):
            rows = await session.scalars(sa.text(f"SELECT t::text FROM {name} AS t"))  # noqa: S608 - our own names
            texts.append(f"{name}: {rows.all()}")
    return "\n".join(texts)


async def test_parts_that_hold_keys_show_nothing_of_them(home: House) -> None:
    user = await brought(home)
    await home.wallets.verify(user)
    await home.account_keys.api_key(user)
    sealed = await home.vault.sealed(user, (await wallet_key(home, user)), Purpose.OWNER_KEY)
    assert sealed is not None
    with closing(SecretKey(CODES)) as codes:
        parts = [home.vault, home.account_keys, home.codes, home.factor, sealed, Enrolment(codes)]
        shown = "".join(
            f"{part!r} {part} {vars(part) if hasattr(part, '__dict__') else ''}" for part in parts
        )
    canaries = [*forms(KEY), *forms(CODES), SECRET, PASSPHRASE, "canary-key-1"]
    assert [canary for canary in canaries if canary in shown] == []


async def wallet_key(home: House, user: UserId) -> str:
    ready = await home.wallets.ready(user)
    assert ready is not None
    return ready.key_address


@pytest.mark.parametrize("steal", [copy.copy, copy.deepcopy, pickle.dumps])
def test_an_enrolment_is_neither_pickled_nor_copied(steal: Callable[[object], object]) -> None:
    with closing(SecretKey(CODES)) as codes:
        enrolment = Enrolment(codes)
        if steal is copy.copy:
            assert steal(enrolment) is not enrolment  # it shares the key, which shows nothing
        else:
            with pytest.raises(TypeError, match="never pickled or copied"):
                steal(enrolment)
