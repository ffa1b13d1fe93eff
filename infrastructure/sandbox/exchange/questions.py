"""The questions that the generated catalogue asks, with dates relative to its start."""

from datetime import datetime, timedelta

from infrastructure.sandbox.exchange.plans import COARSE, FINE, QUARTER, EventPlan, MarketPlan


def plans(now: datetime) -> list[EventPlan]:
    """Everything but the temperature ladders."""
    return [
        *_politics(now),
        *_sports(now),
        *_crypto(now),
        *_economics(now),
        *_culture_and_tech(now),
        *_ended(now),
    ]


def strikes(now: datetime, number: int) -> EventPlan:
    """Another single market, for catalogues larger than usual."""
    strike = 40_000 + 250 * number
    question = f"Will Bitcoin close above ${strike:,} in {now.year}?"
    return EventPlan(
        title=question,
        category="Crypto",
        labels=("Bitcoin",),
        rule=f"Yes if the daily close of BTC/USD is above ${strike:,} on any day of {now.year}.",
        ends_at=now + timedelta(days=30 + number % 200),
        markets=(MarketPlan(question=question, chance=0.05 + 0.9 * (number * 7 % 100) / 100),),
        tick=(COARSE, FINE, QUARTER)[number % 3],
        liquidity=(number * 13 % 10) / 10,
    )


def _exclusive(question: str, chances: dict[str, float]) -> tuple[MarketPlan, ...]:
    """One market a name; `{}` of the question becomes the name."""
    return tuple(
        MarketPlan(question=question.format(name), title=name, chance=chance)
        for name, chance in chances.items()
    )


def _politics(now: datetime) -> list[EventPlan]:
    names = {"Maren Holt": 0.34, "Dario Quill": 0.26, "Ines Okafor": 0.2}
    names |= {"Tobias Wren": 0.14, "Ada Lindqvist": 0.06}
    senate = f"Will the Senate pass the harbour bill by {_day(now, 40)}?"
    treaty = f"Will the fishing treaty be signed by {_day(now, 75)}?"
    return [
        EventPlan(
            title="Presidential nominee 2028",
            category="Politics",
            labels=("Elections", "US Election"),
            rule="Resolves to Yes for the person whom the party's convention nominates, "
            "and to No for all others.",
            ends_at=now + timedelta(days=600),
            markets=_exclusive("Will {} win the 2028 presidential nomination?", names),
            neg_risk=True,
            tick=FINE,
            liquidity=1.0,
            activity=6.0,
        ),
        EventPlan(
            title=senate,
            category="Politics",
            labels=("Congress",),
            rule="Resolves to Yes if the bill receives a majority in a recorded final vote "
            "before the end of that day, Eastern Time.",
            ends_at=now + timedelta(days=40),
            markets=(MarketPlan(question=senate, chance=0.62),),
            liquidity=0.7,
            activity=2.0,
        ),
        EventPlan(
            title=treaty,
            category="Geopolitics",
            labels=("World",),
            rule="Resolves to Yes if both governments announce a signed text in time.",
            ends_at=now + timedelta(days=75),
            markets=(MarketPlan(question=treaty, chance=0.18),),
            liquidity=0.35,
        ),
    ]


def _sports(now: datetime) -> list[EventPlan]:
    tonight = now + timedelta(hours=5)
    cup = {"Boston": 0.33, "Denver": 0.29, "Seattle": 0.22, "Any other team": 0.16}
    return [
        EventPlan(
            title="Boston vs. Denver",
            category="Sports",
            labels=("Hockey", "Games"),
            rule="Resolves to the team that wins the game, overtime included.",
            ends_at=tonight + timedelta(hours=3),
            plays_at=tonight,
            markets=(
                MarketPlan(
                    question="Boston vs. Denver", chance=0.55, outcomes=("Boston", "Denver")
                ),
            ),
            liquidity=1.0,
            activity=8.0,
        ),
        EventPlan(
            title="Ravenholm vs. Port Ellis",
            category="Sports",
            labels=("Soccer", "Games"),
            rule="Resolves by the score after 90 minutes and stoppage time.",
            ends_at=now + timedelta(days=2),
            plays_at=now + timedelta(days=2, hours=-2),
            markets=(
                MarketPlan(question="Will Ravenholm win?", title="Ravenholm", chance=0.46),
                MarketPlan(question="Will the match end in a draw?", title="Draw", chance=0.27),
                MarketPlan(question="Will Port Ellis win?", title="Port Ellis", chance=0.27),
            ),
            neg_risk=True,
            liquidity=0.8,
            activity=3.0,
        ),
        EventPlan(
            title="Hockey cup winner",
            category="Sports",
            labels=("Hockey",),
            rule="Resolves to Yes for the team that lifts the cup this season.",
            ends_at=now + timedelta(days=120),
            markets=_exclusive("Will {} win the hockey cup?", cup),
            neg_risk=True,
            tick=FINE,
            liquidity=0.6,
        ),
    ]


def _crypto(now: datetime) -> list[EventPlan]:
    hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    return [
        *(_up_or_down(coin, hour, chance) for coin, chance in (("Bitcoin", 0.52), ("Ether", 0.47))),
        EventPlan(
            title=f"What price will Bitcoin hit in {hour:%B}?",
            category="Crypto",
            labels=("Bitcoin",),
            rule="Resolves to Yes if a one-minute candle of BTC/USD touches the named price.",
            ends_at=now + timedelta(days=25),
            markets=tuple(
                MarketPlan(
                    question=f"Will Bitcoin reach ${strike},000 in {hour:%B}?",
                    title=f"↑ {strike},000",
                    chance=chance,
                )
                for strike, chance in ((120, 0.55), (130, 0.24), (150, 0.03))
            ),
            liquidity=0.8,
            activity=2.0,
        ),
    ]


def _up_or_down(coin: str, hour: datetime, chance: float) -> EventPlan:
    title = f"{coin} Up or Down - {hour:%B} {hour.day}, {hour:%H}:00 UTC"
    return EventPlan(
        title=title,
        category="Crypto",
        labels=(coin, "Up or Down"),
        rule=f'Resolves to "Up" if {coin} ends that hour at or above where it began, else "Down".',
        ends_at=hour + timedelta(hours=1),
        plays_at=hour,
        markets=(MarketPlan(question=title, chance=chance, outcomes=("Up", "Down")),),
        liquidity=0.9,
        activity=7.0,
        source="https://data.chain.link/streams",
    )


def _economics(now: datetime) -> list[EventPlan]:
    moves = {"No change": 0.71, "25 bps cut": 0.24, "Any other move": 0.05}
    inflation = f"Will yearly inflation be above 3% in {now + timedelta(days=35):%B}?"
    return [
        EventPlan(
            title=f"Central bank decision in {now + timedelta(days=20):%B}?",
            category="Economics",
            labels=("Rates",),
            rule="Resolves by the statement that the bank publishes after its meeting.",
            ends_at=now + timedelta(days=20),
            markets=_exclusive("Will the central bank decide: {}?", moves),
            neg_risk=True,
            tick=FINE,
            liquidity=0.9,
            activity=2.0,
        ),
        EventPlan(
            title=inflation,
            category="Economics",
            labels=("Inflation",),
            rule="Resolves by the first published figure, rounded to one decimal.",
            ends_at=now + timedelta(days=35),
            markets=(MarketPlan(question=inflation, chance=0.385),),
            tick=QUARTER,
            liquidity=0.5,
        ),
    ]


def _culture_and_tech(now: datetime) -> list[EventPlan]:
    films = {"The Salt Road": 0.5, "Nine Lanterns": 0.33, "Any other film": 0.17}
    phone = f"Will a folding phone under $500 be sold by {_day(now, 90)}?"
    launch = f"Will the Meridian rocket reach orbit by {_day(now, 30)}?"
    return [
        EventPlan(
            title="Best picture of the year",
            category="Culture",
            labels=("Awards", "Movies"),
            rule="Resolves to Yes for the film that is called on stage.",
            ends_at=now + timedelta(days=100),
            markets=_exclusive("Will {} win best picture?", films),
            neg_risk=True,
            liquidity=0.4,
        ),
        EventPlan(
            title=phone,
            category="Tech",
            labels=("Phones",),
            rule="Resolves to Yes if anybody can order one below that price, taxes left aside.",
            ends_at=now + timedelta(days=90),
            markets=(MarketPlan(question=phone, chance=0.945),),
            liquidity=0.2,
            activity=0.5,
        ),
        EventPlan(
            title=launch,
            category="Tech",
            labels=("Space",),
            rule="Resolves to Yes if its upper stage completes one orbit. Trading is paused "
            "during the launch window.",
            ends_at=now + timedelta(days=30),
            markets=(MarketPlan(question=launch, chance=0.7, accepts_orders=False),),
            liquidity=0.5,
        ),
    ]


def _ended(now: datetime) -> list[EventPlan]:
    regatta = "Will the harbour regatta start on time?"
    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    past = _up_or_down("Bitcoin", hour, 0.5)
    return [
        EventPlan(
            title=regatta,
            category="Culture",
            labels=("Games",),
            rule="Resolves to Yes if the first gun sounds before 10:05.",
            ends_at=now - timedelta(days=1),
            markets=(MarketPlan(question=regatta, chance=0.5, payouts=(1, 0)),),
        ),
        EventPlan(
            title=past.title,
            category="Crypto",
            labels=past.labels,
            rule=past.rule,
            ends_at=past.ends_at,
            plays_at=past.plays_at,
            source=past.source,
            markets=(
                MarketPlan(
                    question=past.title, chance=0.5, outcomes=("Up", "Down"), payouts=(0, 1)
                ),
            ),
        ),
    ]


def _day(now: datetime, days: int) -> str:
    day = now + timedelta(days=days)
    return f"{day:%B} {day.day}"
