"""Captions: what a picture says to those who cannot see it."""

import re

import pytest

from core.domain.history import Span
from core.domain.record import Period
from core.domain.units import MarketId, PositionId
from telegram_bot.callbacks import Codec, Tapped
from telegram_bot.picture_actions import (
    PictureAction,
    ShowChart,
    ShowDepth,
    ShowPnlCard,
    ShowRecord,
)
from telegram_bot.pictures.plans import Theme
from telegram_bot.screens.pictures import chart_screen
from telegram_bot.screens.text import utf16_length
from tests.support import examples as given
from tests.support import picture_examples as drawn

CAPTIONS = drawn.captions()
CAPTION = 1024  # UTF-16 units after the markup is read
TAGS = re.compile(r"</?(?:b|i|code)>")


@pytest.mark.parametrize("name", CAPTIONS)
def test_a_caption_reads_as_its_golden_file(name: str) -> None:
    assert given.as_text(CAPTIONS[name]) == (drawn.GOLDEN / f"{name}.txt").read_text()


def test_every_golden_file_belongs_to_a_caption() -> None:
    assert {path.stem for path in drawn.GOLDEN.glob("*.txt")} == set(CAPTIONS)


@pytest.mark.parametrize(
    "action",
    [
        ShowChart(MarketId("9" * 18), 999, Span.ALL, Theme.LIGHT, redraws=True),
        ShowDepth(MarketId("9" * 18), 999, Theme.LIGHT, redraws=True),
        ShowPnlCard(PositionId(10**18 - 1), is_discreet=True, theme=Theme.LIGHT, redraws=True),
        ShowRecord(Period.MONTH, Theme.LIGHT, redraws=True),
    ],
)
def test_buttons_of_pictures_are_read_as_they_were_written(action: PictureAction) -> None:
    codec = Codec("abcd")
    data = codec.encode(action, keeps_message=True)
    assert codec.decode(data) == Tapped(action, keeps_message=True)


@pytest.mark.parametrize("title", ["x" * 10_000, "<b>&" * 3_000, "\u202e🚀" * 3_000])
def test_the_longest_title_leaves_a_caption_that_telegram_takes(title: str) -> None:
    market, outcome = given.market(title), given.outcome_view(0, "0.62", "0.61", "0.63")
    screen = chart_screen(market, outcome, drawn.history(), drawn.OWN, ShowChart(market.id, 0))
    assert utf16_length(TAGS.sub("", screen.full_text)) <= CAPTION
    assert "\u202e" not in screen.full_text
