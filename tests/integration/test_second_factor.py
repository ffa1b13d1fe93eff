"""Codes of an authenticator: each once, and guessers wait longer and longer, restarts or not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.domain.custody import CodeRefused, KeyNotUsable
from core.domain.one_time_code import STEP, one_time_code
from core.domain.units import UserId
from core.services.custody.second_factor import SecondFactor
from core.storage import custody_factors
from core.storage.models import Sessions
from core.storage.tenancy import as_user
from infrastructure.custody.codes import Enrolment, SealedCodes
from infrastructure.security.secret_key import SecretKey
from tests.support.custody import House, house

SECRET = b"canary-of-otp-secret"
WRONG = "000000"


@pytest.fixture
async def home(sessions: Sessions, tmp_path: Path) -> AsyncIterator[House]:
    async with house(sessions, tmp_path / "keys") as one:
        yield one


def code(home: House, drift: int = 0) -> str:
    return one_time_code(SECRET, int(home.clock.unix()) // STEP + drift)


@asynccontextmanager
async def enrolled(home: House, telegram_id: int = 1) -> AsyncIterator[UserId]:
    user = await home.person(telegram_id)
    await home.codes.keep(user, Enrolment(SecretKey(SECRET)))
    async with as_user(home.sessions, user) as session:
        await custody_factors.add(session, user, 0)
    assert code(home) != WRONG != code(home, 1)
    yield user


async def test_a_right_code_is_taken_once(home: House) -> None:
    async with enrolled(home) as user:
        assert await home.factor.is_set_up(user)
        await home.factor.require(user, code(home))
        with pytest.raises(CodeRefused, match="used already"):
            await home.factor.require(user, code(home))
        with pytest.raises(CodeRefused, match="used already"):
            await home.factor.require(user, code(home, -1))  # nor an older one after it
        home.clock.advance(seconds=STEP)
        await home.factor.require(user, code(home))


async def test_the_same_code_at_once_passes_once(home: House) -> None:
    async with enrolled(home) as user:
        tried = await asyncio.gather(
            *(home.factor.require(user, code(home)) for _ in range(4)), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in tried) == [*["CodeRefused"] * 3, "NoneType"]


async def test_the_sixth_guess_waits_and_a_right_code_does_not_help(home: House) -> None:
    async with enrolled(home) as user:
        for _ in range(5):
            with pytest.raises(CodeRefused, match="wrong"):
                await home.factor.require(user, WRONG)
        with pytest.raises(CodeRefused, match="Too many wrong codes"):
            await home.factor.require(user, code(home))
        home.clock.advance(seconds=59)
        with pytest.raises(CodeRefused, match="Too many"):
            await home.factor.require(user, code(home))
        home.clock.advance(seconds=1)
        await home.factor.require(user, code(home))


async def test_the_waits_double_and_a_restart_does_not_shorten_them(home: House) -> None:
    async with enrolled(home) as user:
        for _ in range(5):
            with pytest.raises(CodeRefused):
                await home.factor.require(user, WRONG)
        for minutes in (1, 2, 4):
            restarted = SecondFactor(home.sessions, SealedCodes(home.vault), now=home.clock)
            home.clock.advance(minutes=minutes, seconds=-1)
            with pytest.raises(CodeRefused, match="Too many"):
                await restarted.require(user, WRONG)
            home.clock.advance(seconds=1)
            with pytest.raises(CodeRefused, match="wrong"):
                await restarted.require(user, WRONG)


async def test_guessing_at_once_gets_five_guesses(home: House) -> None:
    async with enrolled(home) as user:
        tried = await asyncio.gather(
            *(home.factor.require(user, WRONG) for _ in range(12)), return_exceptions=True
        )
        assert sum("wrong. Nothing" in str(one) for one in tried) == 5
        assert sum("Too many" in str(one) for one in tried) == 7


async def test_a_right_code_forgives_the_wrong_ones_before_it(home: House) -> None:
    async with enrolled(home) as user:
        for _ in range(3):
            for _ in range(4):
                with pytest.raises(CodeRefused, match="wrong"):
                    await home.factor.require(user, WRONG)
            await home.factor.require(user, code(home))
            home.clock.advance(seconds=STEP)


async def test_without_an_authenticator_it_is_said_how_to_get_one(home: House) -> None:
    user = await home.person()
    assert not await home.factor.is_set_up(user)
    with pytest.raises(CodeRefused, match=r"scripts\.keys totp"):
        await home.factor.require(user, "123456")


async def test_nobodys_code_is_anothers(home: House) -> None:
    async with enrolled(home):
        other = await home.person(2)
        await home.codes.keep(other, Enrolment(SecretKey(b"another-otp-secret-!")))
        async with as_user(home.sessions, other) as session:
            await custody_factors.add(session, other, 0)
        with pytest.raises(CodeRefused, match="wrong"):
            await home.factor.require(other, code(home))


async def test_a_try_that_could_not_be_looked_at_counts_as_wrong(
    home: House, tmp_path: Path
) -> None:
    async with enrolled(home) as user:
        (tmp_path / "keys" / "kek-1").rename(tmp_path / "kek-1")
        for _ in range(5):
            with pytest.raises(KeyNotUsable):
                await home.factor.require(user, code(home))
        with pytest.raises(CodeRefused, match="Too many"):
            await home.factor.require(user, code(home))


async def test_a_deleted_secret_refuses_every_code(home: House) -> None:
    async with enrolled(home) as user:
        await home.vault.forget(user, ["authenticator"])
        with pytest.raises(CodeRefused, match="wrong"):
            await home.factor.require(user, code(home))
