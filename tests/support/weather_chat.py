"""The chat over a small world of weather: real choices, candidates, beliefs and decisions."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from core.domain.market import Market
from core.domain.units import EventId, UserId
from core.domain.weather.belief import Opinion
from core.domain.weather.decision import Action, Decision, Moments, Skip
from core.domain.weather.limits import StrategyLimits
from core.domain.weather.rules import TemperatureEvent
from core.domain.weather.scores import Verdict
from core.domain.weather.station_table import known_stations
from core.domain.weather.views import DayExtremes, Gate, Reliability, ScoreTable
from core.services.audit import Audit
from core.services.outbox import Outbox
from core.services.weather.beliefs import Beliefs
from core.services.weather.candidates import Candidates, Intervals
from core.services.weather.choices import WeatherChoices
from core.services.weather.decision_log import DecisionLog
from core.services.weather.overview import WeatherOverview
from core.services.weather.sights import Sights
from core.services.weather.signals import WeatherSignals
from core.storage.models import Sessions
from data_ingestion.discovery.market_discovery import MarketDiscovery
from telegram_bot.notices import NoticeSender
from tests.support import weather_examples as weather
from tests.support.catalogue import ScriptedCatalogue
from tests.support.chat import ANN, Chat
from tests.support.weather_house import SaidByHand, markets_of, text_of

BEGIN = datetime(2026, 11, 21, 14, tzinfo=UTC)
LONDON, NOWHERE = EventId("900"), EventId("901")
PATIENCE = 20.0  # seconds
CHANCES = (0.1, 0.6, 0.2, 0.1)


@dataclass
class HandScores:
    """The book of scores, as a test opens and closes it; and the days of forecasts."""

    reasons: tuple[str, ...] = ("12 of 300 events are resolved",)

    async def gate(self) -> Gate:
        return Gate(12 if self.reasons else 312, Verdict(self.reasons))

    async def table(self, _: UserId, /) -> ScoreTable:
        return replace(weather.scores(), dry=None, live=None)

    async def reliability(self) -> Reliability:
        return weather.reliability()

    def day(self, _: TemperatureEvent, /) -> DayExtremes | None:
        return weather.fan().day


@dataclass
class WeatherWorld:
    """Everything that a test of the chat moves."""

    chat: Chat
    markets: list[Market]
    opinions: SaidByHand
    choices: WeatherChoices
    candidates: Candidates
    beliefs: Beliefs
    log: DecisionLog
    scores: HandScores
    hindrances: list[str]
    outbox: Outbox

    def quote(self, place: int, bid: str, ask: str) -> None:
        self.chat.streams(self.markets[place].tokens[0], bid, ask)

    async def user(self, telegram_id: int = ANN) -> UserId:
        user = await self.chat.services.users.admit(telegram_id, "You")
        assert user is not None
        return user.id

    def decision(
        self, user: UserId, action: Action = Action.BUY, skip: Skip | None = None
    ) -> Decision:
        """About the second bucket's Yes, made just now."""
        at = self.chat.wall()
        market = self.markets[1]
        return replace(
            weather.decision(action, skip),
            user_id=user,
            event_id=LONDON,
            market_id=market.id,
            token_id=market.tokens[0],
            outcome="21°C Yes",
            order_id=None,
            moments=Moments(at, at + timedelta(milliseconds=1)),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The bot with its notices and the signals of the strategy."""
        bot, preferences = self.chat.bot, self.chat.services.preferences
        sender = NoticeSender(self.outbox, bot.messenger, bot.clock, preferences_of=preferences.of)
        signals = WeatherSignals(
            self.chat.sessions, self.outbox, self.candidates, now=self.chat.wall
        )
        end = self.log.listen(signals.note)
        async with self.chat.running(), asyncio.TaskGroup() as tasks:
            parts = [tasks.create_task(part()) for part in (sender.run, signals.run)]
            yield
            for part in parts:
                part.cancel()
        end()


async def weather_world(built: Chat, sessions: Sessions) -> WeatherWorld:
    """London's event of tomorrow, and one whose station nobody knows; nothing chosen yet."""
    built.wall.offset = BEGIN - datetime.now(UTC)
    known, unknown = text_of(), text_of("London", NOWHERE)
    unknown = replace(unknown, description=unknown.description.replace("EGLC", "ATLN"))
    unknown = replace(unknown, resolution_source="")
    markets = markets_of(known, 100)
    pages: list[Sequence[Market]] = [[*markets, *markets_of(unknown, 200)]]
    await MarketDiscovery(ScriptedCatalogue(pages), sessions, now=built.wall).discover()
    choices, opinions, scores = WeatherChoices(sessions, Audit()), SaidByHand(), HandScores()
    candidates = Candidates(
        sessions,
        built.manager,
        choices,
        known_stations(),
        Intervals(600, 60),
        lambda: True,
        now=built.wall,
    )
    beliefs = Beliefs(sessions, opinions, now=built.wall)
    hindrances = list[str]()

    async def stands_against(_: UserId) -> tuple[str, ...]:
        return tuple(hindrances)

    sights = Sights(
        candidates, beliefs, choices, scores, scores, built.board, lambda: True, stands_against
    )
    overview = WeatherOverview(sessions, sights, StrategyLimits(), now=built.wall)
    await candidates.check()
    opinions.said[LONDON] = Opinion(CHANCES, (0.02,) * 4, 0.25, built.wall())
    await _believed(beliefs, candidates)
    log = DecisionLog(sessions, now=built.wall)
    outbox = Outbox(sessions, now=built.wall)
    chat = built.with_services(weather=overview)
    world = WeatherWorld(
        chat, markets, opinions, choices, candidates, beliefs, log, scores, hindrances, outbox
    )
    for place, (bid, ask) in enumerate((("10", "12"), ("39", "41"), ("29", "31"), ("17", "19"))):
        world.quote(place, str(Decimal(bid) / 100), str(Decimal(ask) / 100))
    return world


async def _believed(beliefs: Beliefs, candidates: Candidates) -> None:
    """What was said has been numbered and stored."""
    told = asyncio.Event()
    end = beliefs.listen(lambda _: told.set())
    task = asyncio.create_task(beliefs.run())
    beliefs.follow({id_: one.event for id_, one in candidates.known.items()})
    async with asyncio.timeout(PATIENCE):
        await told.wait()
    end()
    task.cancel()
    await asyncio.wait([task])
