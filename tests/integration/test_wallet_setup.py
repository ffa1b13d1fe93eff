"""Setting up a live wallet with a venue that checks every proof, and giving it up."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiohttp import web

from core.domain.custody import KeyNotUsable, ScopeTooWide, Tier, TradesPlayMoneyOnly, WalletState
from core.domain.errors import IllegalTransition, Rejected, Unavailable
from core.storage.models import Sessions
from infrastructure.polymarket.signing.headers import ApiCredentials
from infrastructure.polymarket.signing.wallet import address
from infrastructure.security.key_cipher import Purpose
from tests.support.custody import House, house
from tests.support.custody_venue import PASSPHRASE, SECRET

LIST = "/v1/user/session-signers"
FUNDER = "0x" + "22" * 20


@pytest.fixture
async def home(sessions: Sessions, tmp_path: Path) -> AsyncIterator[House]:
    async with house(sessions, tmp_path / "keys") as one:
        yield one


async def records(home: House) -> int:
    async with home.sessions.begin() as session:
        await session.execute(sa.text("SET LOCAL app.backup = 'on'"))
        return await session.scalar(sa.text("SELECT count(*) FROM secrets")) or 0


async def test_a_session_key_is_made_authorised_elsewhere_and_verified(home: House) -> None:
    user = await home.person()
    waiting = await home.wallets.begin(user)
    assert (waiting.tier, waiting.state, waiting.funder) == (Tier.SESSION, WalletState.WAITING, "")
    assert await home.wallets.ready(user) is None
    home.authorise(waiting)
    ready = await home.wallets.verify(user)
    assert (ready.id, ready.state, ready.funder) == (waiting.id, WalletState.READY, FUNDER)
    assert ready.authorised_until == home.clock.now.replace(microsecond=0) + timedelta(days=10)
    assert home.changed == [user]
    assert await home.wallets.waiting(user) is None
    assert home.venue.asked == [
        "GET /auth/derive-api-key",
        "POST /auth/api-key",
        f"GET {LIST}",
    ]


async def test_beginning_twice_or_at_once_makes_one_wallet_and_keeps_one_key(home: House) -> None:
    user = await home.person()
    begun = await asyncio.gather(*(home.wallets.begin(user) for _ in range(5)))
    assert len({wallet.key_address for wallet in begun}) == 1
    assert await home.wallets.begin(user) == begun[0]
    assert await records(home) == 1


async def test_a_key_that_was_not_authorised_stays_waiting_and_may_be_checked_again(
    home: House,
) -> None:
    user = await home.person()
    waiting = await home.wallets.begin(user)
    for _ in range(2):
        with pytest.raises(KeyNotUsable, match="does not list"):
            await home.wallets.verify(user)
    assert await home.wallets.waiting(user) == waiting
    home.authorise(waiting)
    assert (await home.wallets.verify(user)).state is WalletState.READY


@pytest.mark.parametrize("scopes", [["ALL"], ["CLOB", "COMBOSRFQ"]])
async def test_a_scope_wider_than_trading_is_refused(home: House, scopes: list[str]) -> None:
    user = await home.person()
    home.authorise(await home.wallets.begin(user), *scopes)
    with pytest.raises(ScopeTooWide, match="must be CLOB alone"):
        await home.wallets.verify(user)
    assert await home.wallets.ready(user) is None


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(text="<html>Just a moment</html>", content_type="text/html"),
        web.Response(text='{"wallet": "0x22'),
        web.json_response([]),
        web.json_response({"wallet": "0x2", "signers": []}),
        web.json_response({"wallet": FUNDER, "signers": [{"address": FUNDER, "scopes": "CLOB"}]}),
        web.json_response(
            {"wallet": FUNDER, "signers": [{"address": 1, "scopes": [], "valid_until": 1}]}
        ),
        web.json_response({"error": "later"}, status=503),
        web.json_response({"error": "slowly"}, status=429),
        web.json_response({"error": "what"}, status=418),
        web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
    ],
    ids=lambda answer: f"{answer.status} {answer.text or ''}"[:40],
)
async def test_a_list_that_cannot_be_read_makes_nothing_ready(
    home: House, answer: web.Response
) -> None:
    user = await home.person()
    home.authorise(await home.wallets.begin(user))
    home.venue.instead[LIST] = lambda: answer
    with pytest.raises(Unavailable):
        await home.wallets.verify(user)
    assert await home.wallets.ready(user) is None
    del home.venue.instead[LIST]
    await home.wallets.verify(user)


@pytest.mark.parametrize("until", [10**15, -1])
async def test_an_end_that_no_calendar_knows_is_unreadable(home: House, until: int) -> None:
    user = await home.person()
    waiting = await home.wallets.begin(user)
    home.venue.listed[waiting.key_address] = (["CLOB"], until)
    with pytest.raises(Unavailable, match="could not be read"):
        await home.wallets.verify(user)


async def test_a_venue_that_knows_no_list_knows_no_key(home: House) -> None:
    user = await home.person()
    await home.wallets.begin(user)
    home.venue.instead[LIST] = lambda: web.json_response({"error": "no wallet"}, status=404)
    with pytest.raises(KeyNotUsable, match="does not list"):
        await home.wallets.verify(user)


async def test_a_list_that_only_the_owner_may_see_is_asked_for_with_the_owners_key(
    sessions: Sessions, tmp_path: Path
) -> None:
    owner = address("0x" + "33" * 20)

    async def given(_user: object) -> ApiCredentials:
        return ApiCredentials(owner, "owner-key", SECRET, PASSPHRASE)

    async with house(sessions, tmp_path / "keys", given=given) as home:
        home.venue.may_list = {owner}
        home.venue.keys[owner] = "owner-key"
        assert (await home.ready(await home.person())).state is WalletState.READY


async def test_a_list_that_nobody_here_may_see_leaves_the_key_unused(home: House) -> None:
    user = await home.person()
    home.authorise(await home.wallets.begin(user))
    home.venue.may_list = set()
    with pytest.raises(Rejected, match="unchecked it is not used"):
        await home.wallets.verify(user)


async def test_api_credentials_that_exist_already_are_derived_again(home: House) -> None:
    user = await home.person()
    waiting = await home.wallets.begin(user)
    home.venue.keys[waiting.key_address] = "made-before"
    home.authorise(waiting)
    await home.wallets.verify(user)
    assert await home.account_keys.api_key(user) == "made-before"
    assert "POST /auth/api-key" not in home.venue.asked


async def test_refused_api_access_is_told_in_the_venues_words(home: House) -> None:
    user = await home.person()
    home.authorise(await home.wallets.begin(user))
    refused = lambda: web.json_response({"error": "address banned"}, status=403)  # noqa: E731 - short
    home.venue.instead |= {"/auth/api-key": refused, "/auth/derive-api-key": refused}
    with pytest.raises(Rejected, match="It says: “address banned”"):
        await home.wallets.verify(user)
    html = lambda: web.Response(text="<html>", status=403)  # noqa: E731 - short
    home.venue.instead |= {"/auth/api-key": html, "/auth/derive-api-key": html}
    with pytest.raises(Rejected, match=r"\(HTTP 403\)"):
        await home.wallets.verify(user)


@pytest.mark.parametrize(
    "given",
    [
        {"apiKey": "", "secret": SECRET, "passphrase": PASSPHRASE},
        {"apiKey": "key", "secret": "no base64!", "passphrase": PASSPHRASE},
        {"apiKey": "key", "secret": SECRET, "passphrase": ""},
        {"apiKey": "key", "secret": SECRET},
        {"apiKey": 7, "secret": SECRET, "passphrase": PASSPHRASE},
    ],
)
async def test_credentials_that_are_none_are_not_kept(
    home: House, given: dict[str, object]
) -> None:
    user = await home.person()
    await home.wallets.begin(user)
    home.venue.instead["/auth/derive-api-key"] = lambda: web.json_response(given)
    with pytest.raises(Unavailable, match="could not be read"):
        await home.wallets.verify(user)
    assert await records(home) == 1


async def test_a_new_session_key_takes_over_and_the_old_one_is_forgotten(home: House) -> None:
    user = await home.person()
    old = await home.ready(user)
    assert (await home.wallets.ready(user)) == old
    new = await home.wallets.begin(user)
    assert await home.wallets.ready(user) == old  # until the new one is verified
    home.authorise(new)
    ready = await home.wallets.verify(user)
    assert ready.key_address == new.key_address != old.key_address
    assert await home.vault.sealed(user, old.key_address, Purpose.SESSION_KEY) is None
    assert await home.vault.sealed(user, old.key_address, Purpose.CLOB_CREDENTIALS) is None


async def test_revoking_deletes_every_secret_and_can_be_repeated(home: House) -> None:
    user, other = await home.person(), await home.person(2)
    ready, _ = await home.ready(user), await home.ready(other)
    await home.wallets.begin(user)
    assert await records(home) == 5
    revoked = await home.wallets.revoke(user)
    assert revoked is not None
    assert revoked.key_address == ready.key_address
    assert await records(home) == 2
    assert await home.wallets.revoke(user) is None
    with pytest.raises(KeyNotUsable, match="No live wallet"):
        await home.account_keys.api_key(user)
    assert await home.account_keys.api_key(other)


async def test_checking_twice_at_once_makes_one_ready_wallet(home: House) -> None:
    user = await home.person()
    home.authorise(await home.wallets.begin(user))
    done = await asyncio.gather(
        *(home.wallets.verify(user) for _ in range(3)), return_exceptions=True
    )
    assert any(not isinstance(one, BaseException) for one in done)
    expected = (Rejected, Unavailable, IllegalTransition)
    assert all(isinstance(one, expected) for one in done if isinstance(one, BaseException))
    assert await home.account_keys.api_key(user)


async def test_checking_without_a_waiting_wallet_says_how_to_begin(home: House) -> None:
    with pytest.raises(Rejected, match="Begin with Set up"):
        await home.wallets.verify(await home.person())


async def test_an_owner_key_made_here_waits_for_its_deposit_wallet(home: House) -> None:
    user = await home.person()
    waiting = await home.wallets.begin(user, Tier.DEPOSIT)
    with pytest.raises(KeyNotUsable, match="not known yet"):
        await home.wallets.verify(user)
    await home.wallets.name_funder(user, FUNDER)
    with pytest.raises(Rejected):
        await home.wallets.name_funder(user, "0x" + "44" * 20)
    ready = await home.wallets.verify(user)
    assert (ready.key_address, ready.funder) == (waiting.key_address, FUNDER)
    assert (ready.signature_type, ready.authorised_until) == (3, None)
    with pytest.raises(Rejected):
        await home.wallets.name_funder(user, FUNDER)


async def test_keys_of_ordinary_accounts_are_never_made_here(home: House) -> None:
    user = await home.person()
    for tier in (Tier.EOA, Tier.PAPER):
        with pytest.raises(Rejected, match="Use a session key"):
            await home.wallets.begin(user, tier)


async def test_under_dry_run_no_key_is_made(sessions: Sessions, tmp_path: Path) -> None:
    async with house(sessions, tmp_path / "keys", is_dry_run=True) as home:
        user = await home.person()
        with pytest.raises(TradesPlayMoneyOnly, match="DRY_RUN_MODE is on"):
            await home.wallets.begin(user)
        assert await records(home) == 0


async def test_what_a_crash_left_of_a_set_up_is_deleted_at_the_start(home: House) -> None:
    user = await home.person()
    ready = await home.ready(user)
    await home.vault.make_key(user, Tier.SESSION)  # and then the process died
    home.clock.advance(days=400)  # the database has its own clock
    assert await home.wallets.tidy() == 1
    assert await home.wallets.tidy() == 0
    assert await home.vault.sealed(user, ready.key_address, Purpose.SESSION_KEY) is not None


async def test_a_key_that_was_made_a_moment_ago_is_left_alone(home: House) -> None:
    user = await home.person()
    await home.vault.make_key(user, Tier.SESSION)
    home.clock.advance(days=-400)
    assert await home.wallets.tidy() == 0
