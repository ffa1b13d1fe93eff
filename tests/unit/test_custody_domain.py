"""Wallet states, session grants and withdrawal rules."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.domain.account import Account
from core.domain.custody import (
    Choices,
    KeyNotUsable,
    LiveWallet,
    ScopeTooWide,
    SessionGrant,
    Tier,
    WalletId,
    WalletState,
    after_revoking,
    moved,
    refuse_grant,
)
from core.domain.errors import IllegalTransition, Rejected
from core.domain.units import Usdc, UserId
from core.domain.withdrawal import (
    COUNTED,
    WITHDRAWAL_MOVES,
    AddressId,
    AllowedAddress,
    WithdrawalRefused,
    WithdrawalState,
    advance_withdrawal,
    refuse_withdrawal,
)
from core.services.custody.accounts import why_not

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEY = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
WALLET = "0x2222222222222222222222222222222222222222"
GRANT = SessionGrant(KEY, WALLET, frozenset({"CLOB"}), NOW + timedelta(days=7))
SESSION = LiveWallet(
    id=WalletId(1),
    user=UserId(7),
    tier=Tier.SESSION,
    state=WalletState.READY,
    key_address=KEY,
    funder=WALLET,
    signature_type=3,
    created_at=NOW,
    authorised_at=NOW,
    authorised_until=NOW + timedelta(days=10),
)
TO = AllowedAddress(AddressId(1), UserId(7), WALLET, "Cold", NOW)


def money(text: str) -> Usdc:
    return Usdc(Decimal(text))


def test_a_wallet_moves_forward_only_and_a_repeated_step_changes_nothing() -> None:
    allowed = {
        (WalletState.WAITING, WalletState.READY),
        (WalletState.WAITING, WalletState.REVOKED),
        (WalletState.READY, WalletState.REVOKED),
    }
    for current, new in itertools.product(WalletState, repeat=2):
        if current is new or (current, new) in allowed:
            assert moved(current, new) is new
        else:
            with pytest.raises(IllegalTransition):
                moved(current, new)


def test_only_keys_of_an_owner_can_withdraw() -> None:
    assert [tier for tier in Tier if tier.can_withdraw] == [Tier.DEPOSIT, Tier.EOA]


def test_a_grant_for_trading_alone_is_taken() -> None:
    assert refuse_grant(GRANT, KEY, NOW) is GRANT


@pytest.mark.parametrize("grant", [None, replace(GRANT, address=WALLET)])
def test_a_key_that_the_venue_does_not_list_is_not_used(grant: SessionGrant | None) -> None:
    with pytest.raises(KeyNotUsable, match=r"does not list 0x19E7\w+ as"):
        refuse_grant(grant, KEY, NOW)


@pytest.mark.parametrize(
    "scopes", [{"ALL"}, {"CLOB", "COMBOSRFQ"}, {"CLOB", "ALL"}, {"clob"}, {"SOMETHING_NEW"}, set()]
)
def test_a_key_that_may_do_anything_but_trade_is_refused(scopes: set[str]) -> None:
    with pytest.raises(ScopeTooWide, match="must be CLOB alone"):
        refuse_grant(replace(GRANT, scopes=frozenset(scopes)), KEY, NOW)


@pytest.mark.parametrize("left", [timedelta(days=-1), timedelta(), timedelta(minutes=59)])
def test_a_key_with_less_than_an_hour_to_live_is_refused(left: timedelta) -> None:
    with pytest.raises(KeyNotUsable, match="less than an hour"):
        refuse_grant(replace(GRANT, valid_until=NOW + left), KEY, NOW)


def test_the_last_fifth_of_a_session_is_told_of() -> None:
    assert SESSION.warn_at == NOW + timedelta(days=8)
    assert replace(SESSION, authorised_until=None).warn_at is None
    assert replace(SESSION, authorised_at=None).warn_at is None


def test_a_session_is_over_at_its_very_end_and_other_keys_never() -> None:
    assert not SESSION.is_expired(NOW + timedelta(days=10, microseconds=-1))
    assert SESSION.is_expired(NOW + timedelta(days=10))
    assert not replace(SESSION, authorised_until=None).is_expired(NOW + timedelta(days=9999))


def test_why_nothing_can_be_signed_is_said() -> None:
    assert why_not(SESSION, NOW) == ""
    assert "No live wallet" in why_not(None, NOW)
    assert "ended on 2026-12-01 12:00 UTC" in why_not(SESSION, NOW + timedelta(days=10))


def test_what_is_left_to_do_after_revoking_is_said() -> None:
    assert f"revoke the session key {KEY}" in after_revoking(SESSION)
    owner = replace(SESSION, tier=Tier.DEPOSIT, authorised_until=None)
    assert "move the money" in after_revoking(owner)


def test_who_has_read_the_risks_and_typed_a_limit_is_informed() -> None:
    assert Choices().account is Account.PAPER
    assert Choices(risk_read_at=NOW, daily_limit=money("5")).is_informed
    assert not Choices(risk_read_at=NOW).is_informed
    assert not Choices(daily_limit=money("5")).is_informed


def test_a_withdrawal_that_has_left_or_may_have_is_never_waiting_again() -> None:
    for current, new in itertools.product(WithdrawalState, repeat=2):
        if new in WITHDRAWAL_MOVES[current]:
            assert advance_withdrawal(current, new) is new
            assert new is not WithdrawalState.WAITING
        else:
            with pytest.raises(IllegalTransition):
                advance_withdrawal(current, new)
    assert WITHDRAWAL_MOVES[WithdrawalState.UNKNOWN] == {
        WithdrawalState.SENT,
        WithdrawalState.FAILED,
    }


def test_what_may_have_left_counts_against_the_cap() -> None:
    assert {
        WithdrawalState.WAITING,
        WithdrawalState.SENDING,
        WithdrawalState.SENT,
        WithdrawalState.UNKNOWN,
    } == COUNTED


def test_the_cap_can_be_used_to_the_cent_and_not_beyond() -> None:
    refuse_withdrawal(money("40"), money("60"), money("100"), TO, NOW)
    with pytest.raises(WithdrawalRefused, match="40 USDC are left"):
        refuse_withdrawal(money("40.000001"), money("60"), money("100"), TO, NOW)
    with pytest.raises(WithdrawalRefused, match="0 USDC are left"):
        refuse_withdrawal(money("1"), money("160"), money("100"), TO, NOW)


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_an_amount_that_is_none_is_refused(amount: str) -> None:
    with pytest.raises(WithdrawalRefused, match="above zero"):
        refuse_withdrawal(money(amount), money("0"), money("100"), TO, NOW)


def test_a_new_address_is_paid_only_after_its_wait() -> None:
    late = replace(TO, usable_at=NOW + timedelta(seconds=1))
    with pytest.raises(Rejected, match="a new address waits 24 hours"):
        refuse_withdrawal(money("1"), money("0"), money("100"), late, NOW)
    refuse_withdrawal(money("1"), money("0"), money("100"), late, late.usable_at)
