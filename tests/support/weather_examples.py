"""Every screen of the weather strategy, of events somebody imagined."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from core.domain.account import Account
from core.domain.book import Side
from core.domain.notice import NoticeKind, WeatherSignal
from core.domain.units import EventId, MarketId, OrderId, Size, TokenId, Usdc, UserId
from core.domain.weather.calibration import Lead
from core.domain.weather.choices import Choices, Mode
from core.domain.weather.choosing import Limit
from core.domain.weather.decision import Action, Decision, Grounds, KeptDecision, Moments, Skip
from core.domain.weather.limits import Scope, StrategyLimits
from core.domain.weather.scores import ReliabilityBin, Verdict
from core.domain.weather.temperature import Extreme, Unit
from core.domain.weather.views import (
    Best,
    DayExtremes,
    DecisionPage,
    EventLine,
    EventPage,
    FanView,
    Gate,
    LadderView,
    ModelRun,
    Reliability,
    Rung,
    Score,
    ScoreRow,
    ScoreTable,
    Seen,
    Standing,
    TableOfSkips,
)
from telegram_bot.picture_actions import ShowFan, ShowReliability
from telegram_bot.pictures.plans import Picture, Theme
from telegram_bot.pictures.weather_composing import fan_picture, reliability_picture
from telegram_bot.screens.notice_groups import group_screen
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.weather import ladder_screen, weather_off_screen, weather_screen
from telegram_bot.screens.weather_choices import (
    change_words,
    choices_screen,
    cities_screen,
    limit_question,
    limit_words,
    limits_screen,
)
from telegram_bot.screens.weather_decisions import decisions_screen
from telegram_bot.screens.weather_news import weather_notice
from telegram_bot.screens.weather_pictures import fan_screen, reliability_screen
from telegram_bot.screens.weather_scores import scores_screen
from tests.support import examples as given
from tests.support.examples import MODE, NOW

GOLDEN: Final = given.GOLDEN / "weather"
LIMITS: Final = StrategyLimits()
OPEN: Final = Gate(312, Verdict(()))
CLOSED: Final = Gate(
    12, Verdict(("12 of 300 events are resolved", "the skill over the market is unknown"))
)
EVENT: Final = EventId("900")
LONDON: Final = EventLine(
    EVENT,
    "highest-temperature-in-london-on-november-22",
    "london",
    date(2026, 11, 22),
    Extreme.HIGHEST,
    Unit.CELSIUS,
    "EGLC",
    is_wanted=True,
    held=Usdc(Decimal("12.40")),
    best=Best("13°C", is_yes=True, edge=Decimal("0.0612")),
)
NEW_YORK: Final = EventLine(
    EventId("901"),
    "lowest-temperature-in-nyc-on-november-23",
    "nyc",
    date(2026, 11, 23),
    Extreme.LOWEST,
    Unit.FAHRENHEIT,
    "KLGA",
    best=Best("-4..-3°F", is_yes=False, edge=Decimal("-0.004")),
)
UNTRADED: Final = EventLine(
    EventId("902"),
    "highest-temperature-in-atlantis-on-november-22",
    "atlantis",
    extreme=Extreme.HIGHEST,
    reason="The station ATLN is not known.",
)
DRY: Final = Standing(
    Choices(Mode.DRY),
    Account.WEATHER_PAPER,
    CLOSED,
    is_streaming=True,
    cash=Usdc(Decimal("987.60")),
    result=Usdc(Decimal("-3.25")),
    hindrances=("The gate for real money is closed.",),
)
CHOSEN: Final = Choices(
    Mode.LIVE,
    cities=frozenset({"london", "nyc"}),
    without=frozenset({EventId("7")}),
    days_ahead=1,
    most={Scope.ORDER: Usdc(Decimal(5))},
    daily_loss=Usdc(Decimal("12.50")),
    minimum_edge=0.08,
    kelly_fraction=0.1,
    wants_signals=True,
)
CAME: Final = NOW - timedelta(minutes=2)


def rung(place: int, label: str, model: float, market: float, edge: str) -> Rung:
    value = Decimal(edge)
    return Rung(MarketId(str(500 + place)), label, model, market, abs(value), value > 0)


RUNGS: Final = (
    rung(0, "≤11°C", 0.0004, 0.01, "-0.004"),
    rung(1, "12°C", 0.182, 0.254, "-0.041"),
    replace(rung(2, "13°C", 0.543, 0.42, "0.0612"), yes=Size(Decimal(25)), no=Size(Decimal("1.5"))),
    replace(rung(3, "14°C", 0.2436, 0.3, "0.011"), edge=None),
    Rung(MarketId("504"), "≥15°C"),
)


def ladder_view() -> LadderView:
    return LadderView(
        line=LONDON,
        rungs=RUNGS,
        tokens=tuple(TokenId(str(place)) for place in range(len(RUNGS))),
        version=17,
        heard_at=NOW - timedelta(minutes=34),
        weight=0.25,
        divergence=0.13,
        seen=Seen(11.8, NOW - timedelta(minutes=12)),
    )


def grounds() -> Grounds:
    return Grounds(
        chance=0.451,
        error=0.021,
        model=0.543,
        market=0.42,
        divergence=0.13,
        vwap=Decimal("0.3812"),
        fee=Decimal("0.0734"),
        edge=0.0654,
        cautious=0.0444,
        spend=Decimal("7.62"),
        size=Decimal(20),
    )


def decision(
    action: Action, skip: Skip | None = None, detail: str = "", outcome: str = "13°C Yes"
) -> Decision:
    is_sent = action is not Action.SKIP
    return Decision(
        user_id=UserId(1),
        account=Account.WEATHER_PAPER,
        event_id=EVENT,
        action=action,
        version=17,
        moments=Moments(
            CAME,
            CAME + timedelta(microseconds=412),
            CAME + timedelta(milliseconds=21) if is_sent else None,
            CAME + timedelta(milliseconds=64) if is_sent else None,
        ),
        grounds=grounds(),
        market_id=MarketId("502"),
        token_id=TokenId("2"),
        outcome=outcome,
        side=Side.BUY if action is Action.BUY else None,
        skip=skip,
        detail=detail,
        order_id=OrderId(9) if is_sent else None,
    )


def kept(what: Decision, times: int = 1) -> KeptDecision:
    return KeptDecision(what, times, CAME + timedelta(seconds=90 if times > 1 else 0))


def decision_page(*entries: KeptDecision) -> DecisionPage:
    return DecisionPage(
        entries=entries,
        has_more=True,
        skips=TableOfSkips(((Skip.NO_EDGE, 412), (Skip.LIMIT, 3))),
        lines={EVENT: LONDON},
    )


def signal(outcome: str = "13°C Yes") -> WeatherSignal:
    return WeatherSignal(
        event_id=EVENT,
        market_id=MarketId("502"),
        slug=LONDON.slug,
        outcome=outcome,
        is_yes=True,
        chance=0.451,
        cost=Decimal("0.385"),
        edge=0.0444,
        version=17,
        at=NOW,
    )


def fan() -> FanView:
    members = tuple(12 + (number * 37 % 31) / 10 for number in range(31))
    return FanView(
        line=LONDON,
        unit=Unit.CELSIUS,
        day=DayExtremes(
            (
                ModelRun("gfs_seamless", members, NOW),
                ModelRun("ecmwf_ifs025", tuple(each * 0.96 for each in members), NOW),
                ModelRun("ukmo_deterministic", (13.4,), NOW),
            ),
            Seen(11.8, NOW),
        ),
        labels=tuple(each.label for each in RUNGS),
        edges=(11.5, 12.5, 13.5, 14.5),
        chances=(0.0004, 0.182, 0.543, 0.2436, 0.031),
        heard_at=NOW - timedelta(minutes=34),
    )


def reliability() -> Reliability:
    bins = tuple(
        ReliabilityBin(at / 10, (at + 1) / 10, 90 - 8 * at, at / 10 + 0.05, seen, low, high)
        for at, seen, low, high in (
            (0, 0.03, 0.01, 0.09),
            (2, 0.28, 0.17, 0.34),
            (5, 0.49, 0.42, 0.68),
            (8, 0.95, 0.7, 0.97),
        )
    )
    return Reliability(bins, 57)


def scores() -> ScoreTable:
    model, market = Score(0.553, 1.214, 0.87), Score(0.561, 1.229)
    whole = ScoreRow(57, model, market, Score(0.8, 2.1), Score(0.904, 3.0))
    rows = tuple(
        replace(whole, city=city, lead=lead, events=9)
        for city in ("london", "nyc")
        for lead in (Lead.H6_18, Lead.H18_30, Lead.H54_UP)
    )
    dry, live = Usdc(Decimal("-3.25")), Usdc(Decimal("1.10"))
    return ScoreTable((whole, *rows), days=90, dry=dry, live=live)


def plans(theme: Theme = Theme.DARK) -> dict[str, Picture]:
    return {
        "fan": fan_picture(fan(), MODE, ShowFan(EVENT, theme), NOW),
        "fan_raw": fan_picture(
            replace(fan(), chances=(), heard_at=None), MODE, ShowFan(EVENT, theme), NOW
        ),
        "reliability": reliability_picture(reliability(), MODE, ShowReliability(theme)),
    }


def weather_examples() -> dict[str, Screen]:
    """By the names of their golden files."""
    pages = EventPage((LONDON, NEW_YORK, UNTRADED), 0, 2)
    live = replace(DRY, choices=CHOSEN, account=Account.LIVE, gate=OPEN, hindrances=())
    off = replace(DRY, choices=Choices(), account=None, cash=None, may_change=False)
    asked = replace(ladder_view(), is_left_alone=True, seen=None, version=None, rungs=RUNGS[3:])
    sure = replace(asked, refusal="No forecast has come yet.", divergence=None)
    bought, page = decision(Action.BUY), decision_page
    return {
        "off": weather_off_screen(),
        "list": weather_screen(DRY, pages, NOW),
        "list_live": weather_screen(live, replace(pages, page=1), NOW),
        "list_none": weather_screen(off, EventPage((), 0, 1), NOW),
        "ladder": ladder_screen(ladder_view(), NOW),
        "ladder_unknown": ladder_screen(sure, NOW, may_change=False),
        "ladder_untraded": ladder_screen(LadderView(UNTRADED, (), ()), NOW),
        "decisions": decisions_screen(
            page(
                kept(bought),
                kept(decision(Action.REDUCE)),
                kept(decision(Action.SKIP, Skip.LIMIT, Scope.CITY_DAY.value), 17),
            ),
            NOW,
        ),
        "decisions_event": decisions_screen(
            replace(
                page(kept(replace(bought, skip=Skip.REFUSED, detail="Trading is halted."))),
                event=LONDON,
                page=1,
                has_more=False,
            ),
            NOW,
        ),
        "decisions_none": decisions_screen(DecisionPage(()), NOW),
        **{
            f"skip_{skip.name.lower()}": decisions_screen(
                replace(page(kept(decision(Action.SKIP, skip))), event=LONDON), NOW
            )
            for skip in Skip
        },
        "choices": choices_screen(DRY, NOW, change_words(Choices(), DRY.choices)),
        "choices_live": choices_screen(
            replace(DRY, choices=CHOSEN), NOW, change_words(Choices(Mode.LIVE), CHOSEN)
        ),
        "choices_viewer": choices_screen(off, NOW),
        "cities": cities_screen(CHOSEN, ("london", "nyc", "sao-paulo"), 0),
        "cities_none": cities_screen(Choices(cities=frozenset()), (), 0, may_change=False),
        "limits": limits_screen(CHOSEN, LIMITS, limit_words(Limit.ORDER, Decimal(5))),
        **{f"limit_{what.name.lower()}": limit_question(what, CHOSEN, LIMITS) for what in Limit},
        "scores": scores_screen(scores(), CLOSED, 0, NOW),
        "scores_last": scores_screen(replace(scores(), live=None), OPEN, 9, NOW),
        "scores_none": scores_screen(ScoreTable(), CLOSED, 0, NOW),
        "caption_fan": fan_screen(fan(), ShowFan(EVENT)),
        "caption_reliability": reliability_screen(
            reliability(), CLOSED, ShowReliability(Theme.LIGHT, redraws=True)
        ),
        "caption_reliability_none": reliability_screen(
            Reliability((), 0), CLOSED, ShowReliability()
        ),
        "news": weather_notice(signal()),
        "news_group": group_screen(NoticeKind.WEATHER, [weather_notice(signal())] * 4),
    }


def screens_about(text: str) -> list[Screen]:
    """With text from outside in every place, and as much of it as fits on one screen."""
    line = replace(LONDON, slug=text, city=text, station=text, reason=text)
    traded = replace(line, reason="", best=Best(text, is_yes=True, edge=Decimal("0.1")))
    view = ladder_view()
    skipped = decision(Action.SKIP, Skip.REFUSED, text, text)
    page = decision_page(*[kept(skipped, 9)] * 4)
    gate = Gate(0, Verdict((text, text)))
    standing = replace(DRY, choices=CHOSEN, gate=gate, hindrances=(text, text))
    runs = (ModelRun(text, (1.0, 2.0), NOW),) * 9
    day = replace(fan(), line=line, day=DayExtremes(runs))
    return [
        weather_screen(standing, EventPage((line,) * 4 + (traded,) * 4, 0, 2), NOW),
        ladder_screen(replace(view, line=line, refusal=text), NOW),
        ladder_screen(replace(view, line=traded, refusal=text), NOW),
        decisions_screen(replace(page, lines={EVENT: traded}), NOW),
        decisions_screen(replace(page, event=line), NOW),
        choices_screen(standing, NOW),
        cities_screen(replace(CHOSEN, cities=frozenset({text})), [text] * 20, 0),
        fan_screen(day, ShowFan(EVENT)),
        weather_notice(replace(signal(text), slug=text)),
    ]


def write_golden_files() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name, screen in weather_examples().items():
        (GOLDEN / f"{name}.txt").write_text(given.as_text(screen))


if __name__ == "__main__":
    write_golden_files()
