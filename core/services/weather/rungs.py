"""From prices and beliefs to the rows of a ladder: pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from core.domain.market import Market
from core.domain.price import PriceState, Quote
from core.domain.units import ZERO, Size, TokenId
from core.domain.weather.belief import Blend, Mids, Opinion, mid_of
from core.domain.weather.edge import fee_per_share
from core.domain.weather.ladder import Bucket, Ladder
from core.domain.weather.temperature import Unit
from core.domain.weather.views import Best, Rung
from core.services.price_board import PriceBoard

BELIEVED: Final = frozenset({PriceState.LIVE, PriceState.POLLED})
STEP: Final = Decimal("0.0001")  # USDC: hundredths of a cent


def bucket_label(bucket: Bucket, unit: Unit) -> str:
    """Short enough for a row.

    >>> bucket_label(Bucket(None, -3), Unit.CELSIUS), bucket_label(Bucket(50, 51), Unit.FAHRENHEIT)
    ('≤-3°C', '50..51°F')
    """
    degrees = f"°{unit.value}"
    if bucket.low is None:
        return f"≤{bucket.high}{degrees}"
    if bucket.high is None:
        return f"≥{bucket.low}{degrees}"
    if bucket.low == bucket.high:
        return f"{bucket.low}{degrees}"
    return f"{bucket.low}..{bucket.high}{degrees}"


def labels_of(ladder: Ladder) -> tuple[str, ...]:
    return tuple(bucket_label(bucket, ladder.unit) for bucket in ladder.buckets)


def believed(board: PriceBoard, token: TokenId) -> Quote | None:
    """The newest quote, if it may be decided on."""
    return board.quote(token) if board.state(token) in BELIEVED else None


def blend_of(quotes: Sequence[Quote | None], opinion: Opinion | None) -> Blend | None:
    """None without an opinion, or while a bucket has no price."""
    if opinion is None:
        return None
    mids = Mids(len(quotes))
    for place, quote in enumerate(quotes):
        mids.put(place, mid_of(quote))
    return mids.blend(opinion)


def rungs_of(
    ladder: Ladder,
    markets: Sequence[Market],
    quotes: Sequence[Quote | None],
    opinion: Opinion | None,
    held: Mapping[TokenId, Size],
) -> tuple[Rung, ...]:
    """One row a bucket, cold to warm. Without a whole market its mids stand as they are."""
    blend, rows = blend_of(quotes, opinion), []
    for place, (market, quote) in enumerate(zip(markets, quotes, strict=True)):
        edge, is_yes = _edge(market, quote, blend, place)
        rows.append(
            Rung(
                market_id=market.id,
                label=bucket_label(ladder.buckets[place], ladder.unit),
                model=_model(opinion, place, len(markets)),
                market=mid_of(quote) if blend is None else blend.market[place],
                edge=edge,
                is_yes=is_yes,
                yes=held.get(market.tokens[0], Size(ZERO)),
                no=held.get(market.tokens[1], Size(ZERO)),
            )
        )
    return tuple(rows)


def best_of(rungs: Sequence[Rung]) -> Best | None:
    """The largest edge; None while there is no edge to speak of."""
    found = [(rung.edge, rung) for rung in rungs if rung.edge is not None]
    if not found:
        return None
    edge, rung = max(found, key=lambda one: one[0])
    return Best(rung.label, rung.is_yes, edge)


def _model(opinion: Opinion | None, place: int, buckets: int) -> float | None:
    if opinion is None or len(opinion.chances) != buckets:
        return None
    return opinion.chances[place]


def _edge(
    market: Market, quote: Quote | None, blend: Blend | None, place: int
) -> tuple[Decimal | None, bool]:
    """Of the better side at its best price, and whether that is Yes."""
    if quote is None or blend is None:
        return None, True
    chance, sides = blend.chances[place], list[tuple[float, bool]]()
    if quote.ask is not None:
        sides.append((_gain(market, chance, float(quote.ask)), True))
    if quote.bid is not None:
        sides.append((_gain(market, 1 - chance, 1 - float(quote.bid)), False))
    if not sides:
        return None, True
    gain, is_yes = max(sides)
    return Decimal(repr(gain)).quantize(STEP), is_yes


def _gain(market: Market, chance: float, price: float) -> float:
    return chance - price - fee_per_share(market.fees, price)
