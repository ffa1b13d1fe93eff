"""Pictures of the weather strategy: alike each time, with their facts, whatever a name says."""

import struct
from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from core.domain.units import EventId
from telegram_bot.callbacks import Codec, Tapped
from telegram_bot.picture_actions import ShowFan, ShowReliability
from telegram_bot.pictures.draw import draw, figure_of
from telegram_bot.pictures.plans import FanPicture, ModelRow, Point, ReliabilityPicture, Theme
from tests.support import weather_examples as weather


def words(figure: Figure) -> list[str]:
    own = [text.get_text() for text in figure.texts]
    return own + [each.get_text() for axes in figure.axes for each in axes.texts]


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high = struct.unpack_from(">II", png, 16)
    return wide, high


def fan() -> FanPicture:
    plan = weather.plans()["fan"]
    assert isinstance(plan, FanPicture)
    return plan


def reliability() -> ReliabilityPicture:
    plan = weather.plans()["reliability"]
    assert isinstance(plan, ReliabilityPicture)
    return plan


@pytest.mark.parametrize("theme", Theme)
@pytest.mark.parametrize("name", weather.plans())
def test_a_picture_fits_a_phone_and_is_the_same_each_time(name: str, theme: Theme) -> None:
    first = draw(weather.plans(theme)[name])
    assert size(first) == (1080, 1080)
    assert first == draw(weather.plans(theme)[name])


def test_a_fan_names_its_models_its_likeliest_bucket_and_what_was_measured() -> None:
    told = " ".join(words(figure_of(fan())))
    for fact in ("gfs_seamless", "ukmo_deterministic", "13°C · 54 %", "11.8°C"):
        assert fact in told


@pytest.mark.parametrize("name", ["$x^2$", "\u202ekcab", "A" * 500, "\ud800", ""])
def test_a_models_name_cannot_spoil_a_fan(name: str) -> None:
    assert size(draw(replace(fan(), rows=(ModelRow(name, (1.0,)),)))) == (1080, 1080)


def test_one_model_with_one_number_far_from_all_buckets_is_drawn() -> None:
    plan = replace(fan(), rows=(ModelRow("one", (-40.0,)),), seen=None)
    assert size(draw(plan)) == (1080, 1080)


def test_a_reliability_diagram_shows_how_many_buckets_each_point_stands_for() -> None:
    told = words(figure_of(reliability()))
    assert {"90", "74", "50", "26"} <= set(told)


def test_a_single_certain_bucket_is_drawn() -> None:
    plan = replace(reliability(), points=(Point(1.0, 1.0, 1, 1.0, 1.0),))
    assert size(draw(plan)) == (1080, 1080)


@pytest.mark.parametrize(
    "action",
    [ShowFan(EventId("9" * 18), Theme.LIGHT, redraws=True), ShowReliability(Theme.LIGHT)],
)
def test_buttons_of_pictures_are_read_as_they_were_written(
    action: ShowFan | ShowReliability,
) -> None:
    codec = Codec("abcd")
    assert codec.decode(codec.encode(action)) == Tapped(action)
