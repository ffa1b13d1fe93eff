"""Links into the private chat: ours come back as they went, all else is nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.units import EventId, MarketId
from telegram_bot.deep_links import (
    DeepLink,
    EventLink,
    InviteLink,
    MarketLink,
    WalletLink,
    address_of,
    invitation_in,
    payload_in,
    payload_of,
    read_payload,
)
from telegram_bot.handlers.started import OPENERS
from telegram_bot.screens.sharing import share_button
from tests.support import examples

LINKS = (
    MarketLink(MarketId("501")),
    EventLink(EventId("0")),
    WalletLink("0x" + "ab" * 20),
    InviteLink("aB3-dE6_gH9"),
)


@pytest.mark.parametrize("link", LINKS, ids=lambda link: type(link).__name__)
def test_a_link_comes_back_as_it_was(link: DeepLink) -> None:
    payload = payload_of(link)
    assert len(payload) <= 64
    assert read_payload(payload) == link
    assert payload_in(address_of("our_bot", payload), "our_bot") == payload


def test_every_kind_of_link_opens_something() -> None:
    assert OPENERS.keys() == {type(link) for link in LINKS}


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "m_",
        "m_0501",
        "m_-1",
        "m_\u0665",
        "x_1",
        "m",
        "e_1x",
        "w_0x12",
        "i_short",
        "m_1\n",
        "home",
    ],
)
def test_whatever_else_comes_is_nothing(payload: str) -> None:
    assert read_payload(payload) is None


@given(st.text(max_size=80))
def test_any_text_is_read_without_breaking(payload: str) -> None:
    link = read_payload(payload)
    assert link is None or read_payload(payload_of(link)) == link


@pytest.mark.parametrize("payload", ["", "a b", "x" * 65, "&start=1", "../x"])
def test_no_address_is_made_of_anything_else(payload: str) -> None:
    with pytest.raises(ValueError, match="payload"):
        address_of("our_bot", payload)


@pytest.mark.parametrize(
    "address",
    [
        "https://t.me/other_bot?start=m_1",
        "https://evil.example/?start=m_1",
        "http://t.me/our_bot?start=m_1",
        "https://t.me/our_bot?start=m_1&x=y",
    ],
)
def test_an_address_of_others_is_none_of_ours(address: str) -> None:
    assert payload_in(address, "our_bot") is None


def test_an_invitation_is_found_in_what_a_stranger_sends() -> None:
    assert invitation_in("/start i_aB3dE6gH9") == "aB3dE6gH9"
    assert invitation_in("/start@our_bot i_aB3dE6gH9") == "aB3dE6gH9"
    assert invitation_in("/start m_501") is None
    assert invitation_in("i_aB3dE6gH9") is None


def test_a_market_is_shared_by_its_id() -> None:
    button = share_button(examples.market())
    assert read_payload(button.payload) == MarketLink(examples.market().id)
    assert button.query == button.payload
