"""The weather strategy in the chat: looked at, chosen, refused, explained, told of."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain.book import Side
from core.domain.one_time_code import STEP, one_time_code
from core.domain.weather.choices import Choices, Mode
from core.domain.weather.choosing import Limit, in_force
from core.domain.weather.decision import Action, Grounds, Skip
from core.services.weather.signals import WeatherSignals, is_signal
from core.storage.models import Sessions
from tests.support import examples
from tests.support import weather_examples as weather
from tests.support.chat import BEN, Chat, Message, Person, buttons, open_chat
from tests.support.live_chat import built_live_chat
from tests.support.weather_chat import LONDON, WeatherWorld, weather_world
from tests.support.weather_examples import LIMITS
from tests.support.withdrawals import SECRET, enrol

EVENT = "Highest in London · 22 Nov"


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(),)) as chat:
        yield chat


@pytest.fixture
async def world(chat: Chat, sessions: Sessions) -> WeatherWorld:
    return await weather_world(chat, sessions)


@pytest.fixture
def ann(chat: Chat) -> Person:
    return chat.person()


async def opens_choices(ann: Person) -> Message:
    return await ann.opens(await ann.says("/weather"), "Choices")


async def test_without_the_strategy_it_says_how_to_switch_it_on(chat: Chat, ann: Person) -> None:
    async with chat.running():
        card = await ann.says("/weather")
    assert "Set WEATHER_ENABLED=true in its .env" in card["text"]


async def test_events_are_listed_with_what_is_not_traded_and_why(
    world: WeatherWorld, ann: Person
) -> None:
    async with world.running():
        card = await ann.says("/weather")
    assert "Off: it trades nothing for you." in card["text"]
    assert "closed · 12 of 300 events are resolved" in card["text"]
    assert f"{EVENT} · EGLC · °C\nnot chosen · best edge +" in card["text"]
    assert "Not traded: The station ATLN is not known." in card["text"]


async def test_the_ladder_lives_with_the_prices_of_its_buckets(
    world: WeatherWorld, ann: Person
) -> None:
    async with world.running():
        card = await ann.opens(await ann.says("/weather"), EVENT)
        assert "21°C   60 %  40 %" in card["text"]
        assert "Forecast 1, heard of" in card["text"]
        assert "Measured so far: 11.8°C" in card["text"]
        world.quote(1, "0.69", "0.71")
        live = await ann.sees(lambda message: "21°C   60 %  54 %" in message["text"])
        assert live["id"] == card["id"]
        await ann.taps(live, "Market")
        assert (await ann.reads("Highest temperature in London"))["id"] == card["id"]


async def test_modes_days_cities_and_events_are_chosen_by_taps(
    world: WeatherWorld, ann: Person
) -> None:
    async with world.running():
        card = await ann.opens(await opens_choices(ann), "Dry run")
        assert "Weather: Dry run now." in card["text"]
        card = await ann.opens(card, "+1")
        card = await ann.opens(card, "Cities")
        card = await ann.opens(card, "✓ London")
        assert "Cities: London" in card["text"]
        ladder = await ann.opens(await ann.says("/weather"), EVENT)
        await ann.taps(ladder, "Leave it alone")  # the card lives: other edits may come between
        assert (await ann.reads("You leave this event alone."))["id"] == ladder["id"]
    chosen = await world.choices.of(await world.user())
    assert chosen == Choices(
        Mode.DRY, cities=frozenset({"london"}), without=frozenset({LONDON}), days_ahead=1
    )


async def test_real_money_is_refused_with_all_that_stands_against_it(
    world: WeatherWorld, ann: Person
) -> None:
    world.hindrances.append("No live wallet is ready.")
    async with world.running():
        refused = await ann.opens(await opens_choices(ann), "Live")
        assert (
            "No live wallet is ready. That aside: The gate for real money is closed"
            in refused["text"]
        )
        assert (await world.choices.of(await world.user())).mode is Mode.OFF
        world.hindrances.clear()
        world.scores.reasons = ()
        card = await ann.opens(await opens_choices(ann), "Live")
        assert "Live: it trades your real money within your limits." in card["text"]
        world.scores.reasons = ("the skill over the market is not beyond chance",)
        fallen = await ann.says("/weather")
        assert "you chose live, and something stands against it" in fallen["text"]


async def test_a_limit_is_typed_within_its_bounds_and_given_back(
    world: WeatherWorld, ann: Person
) -> None:
    async with world.running():
        limits = await ann.opens(await opens_choices(ann), "Limits")
        await ann.opens(limits, "One order · $20")
        refused = await ann.says("25")
        assert "It can be anything from $1 to $20." in refused["text"]
        card = await ann.says("7.50")
        assert "One order is $7.50 now." in card["text"]
        question = await ann.opens(card, "Least edge · 5¢")
        assert "It can be anything from 5¢ to 50¢." in question["text"]
        card = await ann.says("8")
        assert "Least edge is 8¢ now." in card["text"]
        card = await ann.opens(await ann.opens(card, "One order · $7.50"), "As the bot has it")
        assert "One order is $20 now." in card["text"]
    chosen = await world.choices.of(await world.user())
    assert (dict(chosen.most), chosen.minimum_edge) == ({}, 0.08)


async def test_who_may_not_trade_looks_and_changes_nothing(
    world: WeatherWorld, ann: Person, sessions: Sessions
) -> None:
    async with world.running():
        card = await opens_choices(ann)
        async with sessions.begin() as session:
            await session.execute(sa.text("UPDATE users SET role = 'viewer'"))
        refused = await ann.opens(card, "Dry run")
        assert "You may look at everything here and trade nothing." in refused["text"]
        card = await opens_choices(ann)
        assert buttons(card) == ["Limits", "All events", "Home"]
        ladder = await ann.opens(await ann.says("/weather"), EVENT)
        assert "Leave it alone" not in buttons(ladder)
    assert (await world.choices.of(await world.user())).mode is Mode.OFF


async def test_decisions_are_explained_of_all_events_and_of_one(
    world: WeatherWorld, ann: Person
) -> None:
    user = await world.user()
    skipped = world.decision(user, Action.SKIP, Skip.STALE_FORECAST)
    for decision in (world.decision(user), skipped, skipped, skipped):
        world.log.note(decision)
    await world.log.flush()
    async with world.running():
        card = await ann.opens(await ann.says("/weather"), "Decisions")
        assert "Bought 21°C Yes for $7.62. It was cheaper than it is worth" in card["text"]
        assert "The forecast was too old to trade on." in card["text"]
        assert "seen 3 times" in card["text"]
        assert "Skipped lately: forecast too old 3" in card["text"]
        ladder = await ann.opens(await ann.says("/weather"), EVENT)
        await ann.taps(ladder, "Decisions")
        assert (await ann.reads(f"Decisions · {EVENT}"))["id"] == ladder["id"]


async def test_scores_stand_beside_the_market_and_promise_nothing(
    world: WeatherWorld, ann: Person
) -> None:
    async with world.running():
        card = await ann.opens(await ann.says("/weather"), "Score")
    assert "model: Brier 0.553" in card["text"]
    assert "Practice money: nothing was traded" in card["text"]
    assert "It promises nothing." in card["text"]


async def test_an_edge_is_told_once_and_leads_to_the_ordinary_ticket(
    world: WeatherWorld, ann: Person
) -> None:
    user = await world.user()
    await world.choices.keep(user, Choices(wants_signals=True))
    async with world.running():
        await ann.says("/start")
        world.log.note(world.decision(user))
        notice = await ann.reads("Edge +4.4¢ on 21°C Yes")
        assert buttons(notice) == ["Buy Yes · $10", "Ladder"]
        ticket = await ann.opens(notice, "Buy Yes · $10")
        assert "Confirm" in buttons(ticket)
        await ann.taps(notice, "Ladder")
        assert EVENT in (await ann.reads("Forecast 1, heard of"))["text"]


async def test_edges_are_told_by_market_forecast_and_side_to_who_wants_them(
    world: WeatherWorld,
) -> None:
    ann, ben = await world.user(), await world.user(BEN)
    await world.choices.keep(ann, Choices(wants_signals=True))
    await world.choices.keep(ben, Choices(cities=frozenset({"nyc"}), wants_signals=True))
    signals = WeatherSignals(
        world.chat.sessions, world.outbox, world.candidates, now=world.chat.wall
    )
    seen = world.decision(ann)
    no = world.markets[1].tokens[1]
    for decision in (seen, seen, replace(seen, version=18), replace(seen, token_id=no)):
        await signals.tell(decision)
    told = sa.text("SELECT key FROM notices WHERE kind = 'weather' ORDER BY id")
    market = world.markets[1].id
    async with world.chat.sessions() as session:
        assert list(await session.scalars(told)) == [
            f"weather:{ann}:{market}:17:yes",
            f"weather:{ann}:{market}:18:yes",
            f"weather:{ann}:{market}:17:no",
        ]


def test_only_what_is_an_edge_for_others_too_is_a_signal() -> None:
    bought = weather.decision(Action.BUY)
    assert is_signal(bought)
    assert is_signal(weather.decision(Action.SKIP, Skip.LIMIT))
    assert not is_signal(weather.decision(Action.SKIP, Skip.NO_EDGE))
    assert not is_signal(weather.decision(Action.SKIP, Skip.STALE_FORECAST))
    assert not is_signal(weather.decision(Action.REDUCE))
    assert not is_signal(replace(bought, side=Side.SELL))
    assert not is_signal(replace(bought, grounds=Grounds()))


async def test_with_an_authenticator_a_looser_limit_needs_a_code_and_a_tighter_one_none(
    sessions: Sessions, tmp_path: Path
) -> None:
    async with built_live_chat(sessions, tmp_path) as live:
        world = await weather_world(live.chat, sessions)
        ann, user = world.chat.person(), await world.user()
        await enrol(live.home, user)
        async with world.running():
            await ann.opens(await ann.opens(await opens_choices(ann), "Limits"), "One order · $20")
            card = await ann.says("5")
            assert "One order is $5 now." in card["text"]
            asked = await ann.opens(await ann.opens(card, "One order · $5"), "As the bot has it")
            assert "More can be lost by it than before." in asked["text"]
            assert in_force(Limit.ORDER, await world.choices.of(user), LIMITS) == 5
            live.home.clock.advance(seconds=STEP)
            code = one_time_code(SECRET, int(live.home.clock.unix()) // STEP)
            card = await ann.says(code)
            assert "One order is $20 now." in card["text"]
        assert in_force(Limit.ORDER, await world.choices.of(user), LIMITS) == 20
