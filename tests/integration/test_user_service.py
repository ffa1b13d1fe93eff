"""Who may use the bot."""

import asyncio

import pytest
import sqlalchemy as sa

from core.domain.account import Account
from core.domain.errors import NotFound, NoWallet, Rejected
from core.domain.units import UserId
from core.domain.user import Role, User
from core.services.guesses import LOCKED
from core.services.user_service import UserService, new_owner_code
from core.storage.models import Sessions
from tests.support.trading import Time, usdc


def service(sessions: Sessions, *allowed: int, time: Time | None = None) -> UserService:
    clock = (time or Time()).clock
    return UserService(sessions, starting_cash=usdc(1000), allowed=allowed, clock=clock)


async def code_of(users: UserService) -> str:
    code = await users.owner_code()
    assert code is not None
    return code


async def test_the_allow_list_lets_in_whom_it_names_the_first_as_owner(
    sessions: Sessions,
) -> None:
    users = service(sessions, 11, 22)
    owner, trader = await users.admit(11, "Ann"), await users.admit(22, "Ben")
    assert owner is not None
    assert trader is not None
    assert (owner.role, trader.role) == (Role.OWNER, Role.TRADER)
    assert await users.admit(33, "Eve") is None
    assert await users.cash(trader.id, Account.PAPER) == 1000
    assert await users.owner_code() is None
    assert await users.claim(33, "Eve", "anything") is None


async def test_nobody_is_let_in_without_a_list_or_an_owner(sessions: Sessions) -> None:
    assert await service(sessions).admit(11, "Ann") is None
    async with sessions() as session:
        assert await session.scalar(sa.text("SELECT count(*) FROM users")) == 0


async def test_coming_back_changes_neither_cash_nor_id(sessions: Sessions) -> None:
    first = await service(sessions, 11).admit(11, "Ann")
    assert first is not None
    async with sessions.begin() as session:
        await session.execute(sa.text("UPDATE wallets SET cash = 5"))
    users = service(sessions, 11)
    again = await users.admit(11, "Anna\x00 Maria")
    assert again == User(first.id, 11, "Anna Maria", Role.OWNER)
    assert await users.cash(first.id, Account.PAPER) == 5


async def test_first_sight_twice_at_once_is_one_user(sessions: Sessions) -> None:
    users = service(sessions, 11)
    seen = await asyncio.gather(*(users.admit(11, "Ann") for _ in range(10)))
    assert len(set(seen)) == 1


async def test_another_first_name_on_the_list_is_the_new_owner(sessions: Sessions) -> None:
    await service(sessions, 11, 22).admit(11, "Ann")
    await service(sessions, 22, 11).admit(22, "Ben")
    async with sessions() as session:
        query = sa.text("SELECT telegram_id FROM users WHERE role = 'owner'")
        assert list((await session.execute(query)).scalars()) == [22]


async def test_the_code_makes_an_owner_once(sessions: Sessions) -> None:
    users = service(sessions)
    code = await code_of(users)
    owner = await users.claim(11, "Ann", f" {code.lower().replace('-', ' ')} ")
    assert owner is not None
    assert owner.role is Role.OWNER
    assert await users.claim(22, "Ben", code) is None
    assert await users.owner_code() is None
    assert await users.admit(11, "Ann") == owner
    assert await service(sessions).admit(11, "Ann") == owner
    assert await service(sessions).admit(22, "Ben") is None


async def test_only_the_code_s_hash_is_stored_and_a_new_one_replaces_it(
    sessions: Sessions,
) -> None:
    users = service(sessions)
    old, new = await code_of(users), await code_of(users)
    async with sessions() as session:
        facts = str((await session.execute(sa.text("SELECT * FROM facts"))).all())
    for code in (old, new):
        assert code not in facts
        assert code.replace("-", "") not in facts
    assert await users.claim(11, "Ann", old) is None
    assert await users.claim(11, "Ann", new) is not None


async def test_two_claims_at_once_make_one_owner(sessions: Sessions) -> None:
    users = service(sessions)
    code = await code_of(users)
    claims = await asyncio.gather(*(users.claim(each, "X", code) for each in range(1, 9)))
    assert sum(claim is not None for claim in claims) == 1


@pytest.mark.parametrize("code", ["", "wrong", "A" * 100_000, "\x00", "\ud800", "ü-ü"])
async def test_a_wrong_code_is_no_claim(sessions: Sessions, code: str) -> None:
    users = service(sessions)
    await code_of(users)
    assert await users.claim(11, "Ann", code) is None


async def test_without_a_code_nothing_can_be_claimed(sessions: Sessions) -> None:
    assert await service(sessions).claim(11, "Ann", "") is None


async def test_after_five_wrong_codes_the_right_one_waits_ten_minutes(sessions: Sessions) -> None:
    time = Time()
    users = service(sessions, time=time)
    code = await code_of(users)
    for _ in range(5):
        assert await users.claim(11, "Ann", "wrong") is None
    with pytest.raises(Rejected, match="in 10 min"):
        await users.claim(11, "Ann", code)
    time.seconds = LOCKED - 1
    with pytest.raises(Rejected, match="in 1 min"):
        await users.claim(11, "Ann", code)
    time.seconds = LOCKED
    assert await users.claim(11, "Ann", code) is not None


async def test_a_stranger_s_guesses_do_not_lock_out_the_owner(sessions: Sessions) -> None:
    users = service(sessions)
    code = await code_of(users)
    for _ in range(5):
        await users.claim(66, "Eve", "wrong")
    assert await users.claim(11, "Ann", code) is not None


def test_codes_are_long_and_plain() -> None:
    codes = {new_owner_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 14 and code.isascii() for code in codes)


async def test_a_live_balance_that_was_never_read_is_said_to_be_on_its_way(
    sessions: Sessions,
) -> None:
    users = service(sessions, 11)
    ann = await users.admit(11, "Ann")
    assert ann is not None
    with pytest.raises(NoWallet, match="being read from the venue for the first time"):
        await users.cash(ann.id, Account.LIVE)


async def test_without_a_wallet_there_is_no_cash(sessions: Sessions) -> None:
    with pytest.raises(NotFound):
        await service(sessions).cash(UserId(1), Account.PAPER)


async def test_the_owner_is_found_by_the_list_or_by_the_claim(sessions: Sessions) -> None:
    users = service(sessions)
    assert await users.owner() is None
    await users.claim(44, "Ann", await code_of(users))
    assert await service(sessions).owner() == 44
    assert await service(sessions, 11, 22).owner() == 11
