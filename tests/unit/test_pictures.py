"""Drawing: the same data is the same picture, with the facts in it, whatever a title says."""

import struct
import zlib
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from core.domain.book import Level, Side
from core.domain.errors import EmptyBook
from core.domain.price import PriceState
from core.domain.units import Price, Size, Usdc
from telegram_bot.picture_actions import ShowDepth
from telegram_bot.pictures import composing
from telegram_bot.pictures.canvas import HEIGHT, MARGIN, PALETTES, WIDTH
from telegram_bot.pictures.draw import draw, figure_of
from telegram_bot.pictures.lettering import fitted, readable, width
from telegram_bot.pictures.plans import DepthPicture, EquityPicture, PricePicture, Theme, Wording
from tests.support import examples
from tests.support import picture_examples as drawn

HOSTILE = (
    "$x^2$ \\frac{1}{0} $",
    "</b><a href='tg://user?id=1'>free</a>",
    "\u202egnihtemos\u202c \u2066else\u2069\u200b",
    "هل سيغلق البيتكوين فوق 100k؟",
    "האם זה יקרה?",
    "🚀🏳️\u200d🌈 to the moon 👨‍👩‍👧",
    "ビットコインは上がりますか",
    "A" * 10_000,
    "\x00\x1b[31m\r\n\t",
    "\ud800 lone",
    "",
)


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def pixels(png: bytes) -> tuple[int, int, int]:
    """Width, height, and how many different bytes the pixels are made of, as one file says it."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high = struct.unpack_from(">II", png, 16)
    at, data = 8, b""
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += length + 12
    return wide, high, len(set(zlib.decompress(data)))


@pytest.mark.parametrize("theme", Theme)
@pytest.mark.parametrize("name", drawn.plans())
def test_a_picture_fits_a_phone_and_is_the_same_each_time(name: str, theme: Theme) -> None:
    first = draw(drawn.plans(theme)[name])
    wide, high, values = pixels(first)
    assert (wide, high) == (WIDTH, HEIGHT) == (1080, 1080)
    assert values > 20
    assert first == draw(drawn.plans(theme)[name])


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_words_are_drawn_without_a_complaint(title: str) -> None:
    assert pixels(draw(drawn.chart(title, title)))[0] == WIDTH  # warnings are errors here


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(max_size=400))
def test_any_title_stays_inside_its_lines(title: str) -> None:
    lines = fitted(readable(title), WIDTH - 2 * MARGIN, 38, 2)
    assert len(lines) <= 2
    assert all(width(line, 38) <= WIDTH - 2 * MARGIN for line in lines)


def test_a_title_that_the_font_would_tear_to_pieces_is_left_out() -> None:
    assert readable("ビットコインは 2026 に?") == ""
    assert readable("Up? 🚀 \U0001d518p! 日") == "Up? Up!"
    assert readable("\u202eevil") == "evil"


def test_every_own_trade_in_sight_is_marked_once() -> None:
    axes = figure_of(drawn.chart()).axes[0]
    marks = {line.get_label(): line.get_xydata() for line in axes.lines}
    buys, sales = marks[Side.BUY.value], marks[Side.SELL.value]
    assert isinstance(buys, np.ndarray)
    assert isinstance(sales, np.ndarray)
    assert sorted(round(price, 2) for _, price in buys) == [0.55, 0.58]  # 0.60 is a day too old
    assert [round(price, 2) for _, price in sales] == [0.61]


def test_numbers_of_a_chart_are_those_of_the_card() -> None:
    plan = drawn.chart()
    figure = figure_of(plan)
    assert "62¢" in words(figure)
    assert "-1.1¢ in the last day · live" in words(figure)
    labels = [text.get_text() for text in figure.axes[0].texts]
    assert labels == ["your average 57.1¢"]
    ticks = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert ticks
    assert all(tick.endswith("¢") for tick in ticks)


def test_a_quiet_price_is_drawn_as_quiet() -> None:
    plan = drawn.chart()
    still = tuple(point._replace(price=Price(Decimal("0.62"))) for point in plan.points)
    low, high = figure_of(replace(plan, points=still, entries=())).axes[0].get_ylim()
    assert high - low >= 0.02


@pytest.mark.parametrize("price", ["0", "0.001", "0.999", "1"])
def test_a_price_at_the_edge_keeps_the_scale_between_nothing_and_a_dollar(price: str) -> None:
    plan = drawn.chart()
    points = tuple(point._replace(price=Price(Decimal(price))) for point in plan.points)
    low, high = figure_of(replace(plan, points=points, entries=())).axes[0].get_ylim()
    assert 0 <= low < high <= 1


def test_depth_adds_up_what_waits() -> None:
    plan = drawn.plans()["depth"]
    assert isinstance(plan, DepthPicture)
    figure = figure_of(plan)
    assert "61¢ / 63¢" in words(figure)
    assert "bid / ask · spread 2¢ · live" in words(figure)
    bids, asks = (line.get_ydata() for line in figure.axes[0].lines)
    inside = [float(level.size) for level in plan.bids if level.price > Decimal("0.52")]
    assert np.max(np.asarray(bids)) == sum(inside)
    assert np.max(np.asarray(asks)) > 0


def test_a_book_of_one_side_is_drawn_and_an_empty_one_is_not() -> None:
    market, ask = examples.market(), ShowDepth(examples.market().id, 0)
    lonely = replace(drawn.book(), asks=(), bids=(Level(Price(Decimal("0.01")), Size(Decimal(5))),))
    plan = composing.depth_picture(market, "Yes", lonely, "paper", ask)
    assert "1¢ / none" in words(figure_of(plan))
    assert pixels(draw(plan))[0] == WIDTH
    with pytest.raises(EmptyBook):
        composing.depth_picture(market, "Yes", replace(lonely, bids=()), "paper", ask)


def test_a_discreet_card_tells_no_amount() -> None:
    open_card, discreet = (words(figure_of(drawn.plans()[n])) for n in ("pnl", "pnl_discreet"))
    assert {"+4.0 %", "+$0.40", "16.129", "$10.40"} <= set(open_card)
    assert "+4.0 %" in discreet
    assert not any("$" in word.replace("$100k", "") or "16.129" in word for word in discreet)


def test_whose_money_it_is_stands_on_every_picture() -> None:
    for plan in drawn.plans().values():
        assert f"Polycool · {examples.MODE}" in words(figure_of(plan))


def test_the_record_is_drawn_as_steps_from_what_was_booked_before() -> None:
    plan = drawn.plans()["record"]
    assert isinstance(plan, EquityPicture)
    figure = figure_of(plan)
    line = next(line for line in figure.axes[0].lines if line.get_drawstyle() == "steps-post")
    steps = np.asarray(line.get_ydata())
    assert [round(float(step), 2) for step in steps] == [
        0.0, -0.4, 2.7, 1.45, 7.45, 7.35, 5.15, 9.9, 9.9,
    ]  # fmt: skip
    assert "+$9.90" in words(figure)
    assert "\N{BLACK CIRCLE} with open P&L +$0.40" in words(figure)


def test_sums_beyond_a_thousand_fit_beside_the_scale() -> None:
    plan = drawn.plans()["record"]
    assert isinstance(plan, EquityPicture)
    rich = tuple(point._replace(profit=Usdc(point.profit * 100_000)) for point in plan.points)
    figure = figure_of(replace(plan, points=rich))
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert "+$1.0M" in labels
    assert all(len(label) <= 8 for label in labels)


def test_light_and_dark_differ_in_nothing_but_colours() -> None:
    dark, light = (figure_of(drawn.plans(theme)["chart"]) for theme in Theme)
    assert words(dark) == words(light)
    assert PALETTES[Theme.DARK].paper != PALETTES[Theme.LIGHT].paper


def test_a_chart_ends_at_the_price_of_the_card() -> None:
    told, view = drawn.history(), examples.outcome_view(0, "0.65", "0.64", "0.66")
    now = examples.NOW + timedelta(seconds=100)
    current = composing.up_to_now(told, view, now)
    assert (current.points[-1].price, current.points[-1].at.second) == (Decimal("0.65"), 0)
    old = replace(view, state=PriceState.DOWN)
    assert composing.up_to_now(told, old, now) == told


def test_plans_of_the_same_data_are_equal() -> None:
    assert drawn.plans() == drawn.plans()
    assert isinstance(drawn.plans()["chart"], PricePicture)


def test_a_chart_is_lettered_in_the_words_and_the_zone_of_its_reader() -> None:
    plan = drawn.plans()["chart"]
    assert isinstance(plan, PricePicture)
    zone = timezone(timedelta(hours=5, minutes=30))
    wording = Wording(times="Heures de Delhi", months=("mois",) * 12, zone=zone)
    figure = figure_of(replace(plan, wording=wording))
    assert "Heures de Delhi" in words(figure)
    scale = figure.axes[0]
    labels = [label.get_text() for label in scale.get_xticklabels()]
    assert labels
    for at, label in zip(scale.get_xticks(), labels, strict=True):
        moment = datetime.fromtimestamp(at, zone)
        assert moment.minute == 0
        assert label == (f"{moment:%H:%M}" if moment.hour else f"{moment.day} mois")
