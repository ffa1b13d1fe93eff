"""Screens of the portfolio: as they read, and harmless whatever markets are called."""

import html
import unicodedata

import pytest

from core.domain.holdings import HoldingOrder
from core.domain.units import PositionId
from telegram_bot.callbacks import Codec, Tapped
from telegram_bot.portfolio_actions import (
    AskWords,
    BuyOtherSide,
    PortfolioAction,
    SaveHistory,
    SellAll,
    SellEverything,
    ShowClaims,
    ShowHistory,
    ShowPublicWallet,
    ShowSmall,
    SortPositions,
    SwitchSide,
    WatchWallet,
)
from telegram_bot.screens.screen import Button
from telegram_bot.screens.text import utf16_length
from tests.support import portfolio_examples as drawn
from tests.support.examples import as_text
from tests.unit.test_screens import HOSTILE, LIMIT, TAGS

SCREENS = drawn.examples()


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_of_the_portfolio_reads_as_its_golden_file(name: str) -> None:
    assert as_text(SCREENS[name]) == (drawn.GOLDEN / f"{name}.txt").read_text()


def test_every_golden_file_of_the_portfolio_belongs_to_a_screen() -> None:
    assert {path.stem for path in drawn.GOLDEN.glob("*.txt")} == set(SCREENS)


@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_breaks_a_screen_of_the_portfolio(title: str) -> None:
    codec = Codec("aB3_")
    for screen in drawn.examples(title or "\x00").values():
        rest = TAGS.sub("", screen.full_text)
        assert "<" not in rest
        assert ">" not in rest
        shown = html.unescape(rest)
        assert utf16_length(shown) <= LIMIT
        assert not any(unicodedata.category(char) in {"Cf", "Cs"} for char in shown)
        for button in (each for row in screen.rows for each in row):
            assert isinstance(button, Button)
            assert 0 < utf16_length(button.label.strip()) <= 64
            assert codec.decode(codec.encode(button.action)) == Tapped(button.action)


@pytest.mark.parametrize(
    "action",
    [
        ShowHistory(999),
        SaveHistory(),
        *map(SortPositions, HoldingOrder),
        ShowSmall(3),
        ShowClaims(),
        AskWords(),
        SwitchSide(PositionId(10**18 - 1)),
        BuyOtherSide(PositionId(10**18 - 1)),
        SellEverything(),
        SellAll("a1B2c3D4e5F6"),
        ShowPublicWallet(drawn.ADDRESS, 39),
        WatchWallet(drawn.ADDRESS, wanted=True),
    ],
)
def test_buttons_of_the_portfolio_are_read_as_they_were_written(action: PortfolioAction) -> None:
    codec = Codec("aB3_")
    assert codec.decode(codec.encode(action)) == Tapped(action)
    data = codec.encode(action, keeps_message=True)
    assert codec.decode(data) == Tapped(action, keeps_message=True)


@pytest.mark.parametrize("data", ["yo.size", "yw.-1", "yx.<b>", "yh.x", "yd.", "yc.1", "yg.0xzz.0"])
def test_forged_buttons_of_the_portfolio_are_nothing(data: str) -> None:
    assert Codec("aB3_").decode(f"1.aB3_.{data}") is None
