"""How good was what was said of events, and averages of it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.units import Usdc, UserId, usdc
from core.domain.weather.calibration import Lead
from core.domain.weather.ladder import Bucket
from core.domain.weather.records import Marks, Occasion, Scored, settled_degrees
from core.domain.weather.scores import Settled
from core.domain.weather.standings import DryRecord, Standing
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme, Rounding, Unit
from core.storage.forecast_models import SettlementRow
from core.storage.learning_models import BeliefRow
from core.storage.learning_models import WeatherScoreRow as Row

_AVERAGES: Final = ("model", "market", "climatology", "naive")
_OWN: Final = """
    SELECT CASE f.side WHEN 'BUY' THEN f.size ELSE -f.size END
        * (coalesce(worth.payout, worth.price, f.price) - f.price) - f.fee AS result
    FROM fills f JOIN orders o ON o.id = f.order_id JOIN markets m ON m.id = f.market_id
        LEFT JOIN LATERAL (
            SELECT (m.payouts ->> (place - 1)::int)::numeric AS payout,
                (m.outcome_prices ->> (place - 1)::int)::numeric AS price
            FROM jsonb_array_elements_text(m.clob_token_ids) WITH ORDINALITY AS t (token, place)
            WHERE token = f.token_id
        ) worth ON true
    WHERE f.settlement <> 'failed' AND o.origin IN ('automation', 'protection')
        AND o.key LIKE 'auto:%' AND split_part(o.key, ':', 4) = 'forecast'
"""
"""What the strategy's own fills made, each against what its token is worth now or has paid.

What people do with the same token is not among them, nor what became of shares that they sold.
"""
_PROFIT: Final = sa.text(
    f"SELECT sum(result) FROM ({_OWN} AND f.user_id = :user AND f.account = :account"  # noqa: S608 - put together from the constant above
    " AND f.at > :since) own"
)
_NET: Final = sa.text(
    f"SELECT coalesce(sum(result), 0) FROM ({_OWN} AND f.account IN ('weather-paper', 'live')"  # noqa: S608 - the same
    " AND EXISTS (SELECT 1 FROM weather_scores s WHERE s.event_id = m.event_id"
    " AND s.occasion = 'midnight' AND s.known_at > :since)) own"
)


async def add(session: AsyncSession, scores: Sequence[Scored]) -> None:
    """Once an event and occasion."""
    if scores:
        new = insert(Row).values([_row(one) for one in scores])
        await session.execute(new.on_conflict_do_nothing())


async def history(
    session: AsyncSession, station: StationId, extreme: Extreme, since: datetime
) -> list[Settled]:
    """What became of that station's days, known after `since`."""
    row = SettlementRow
    query = sa.select(row).where(
        row.station == station, row.extreme == extreme.value, row.known_at > since
    )
    return [_settled(each) for each in await session.scalars(query.order_by(row.known_at))]


async def standings(session: AsyncSession, since: datetime) -> tuple[Standing, ...]:
    """By city and lead, of events settled after `since`; of all cities together under ""."""
    averages = [
        sa.func.avg(getattr(Row, f"{rule}_{score}"))
        for rule in _AVERAGES
        for score in ("brier", "log")
    ]
    query = (
        sa.select(
            sa.func.coalesce(Row.city, ""),
            Row.occasion,
            sa.func.count(),
            *averages,
            sa.func.avg(Row.crps),
        )
        .where(Row.known_at > since)
        .group_by(sa.func.grouping_sets(sa.tuple_(Row.city, Row.occasion), Row.occasion))
        .order_by(sa.func.coalesce(Row.city, ""), Row.occasion)
    )
    return tuple(_standing(*row) for row in await session.execute(query))


async def chances(
    session: AsyncSession, occasion: Occasion, city: str | None, since: datetime, *, most: int
) -> tuple[list[tuple[float, bool]], int]:
    """What the model gave to every bucket of the newest events, and whether it came; how many.

    Of those that were settled after `since`.
    """
    query = (
        sa.select(BeliefRow.model, Row.place)
        .join(Row, sa.and_(Row.event_id == BeliefRow.event_id, Row.occasion == BeliefRow.occasion))
        .where(Row.occasion == occasion.value, Row.known_at > since)
        .order_by(Row.known_at.desc(), Row.event_id)
        .limit(most)
    )
    if city is not None:
        query = query.where(Row.city == city)
    rows = (await session.execute(query)).all()
    said = [(p, at == place) for model, place in rows for at, p in enumerate(model)]
    return said, len(rows)


async def record(session: AsyncSession, since: datetime) -> DryRecord:
    """One score an event, by day: what was said last before the day began."""
    sums = sa.func.sum
    query = (
        sa.select(sa.func.count(), sums(Row.model_brier), sums(Row.market_brier))
        .where(Row.occasion == Occasion.MIDNIGHT.value, Row.known_at > since)
        .group_by(Row.day)
        .order_by(Row.day)
    )
    days = (await session.execute(query)).all()
    net = await session.scalar(_NET, {"since": since})
    return DryRecord(
        sum(count for count, _, _ in days),
        tuple(own for _, own, _ in days),
        tuple(market for _, _, market in days),
        usdc(Decimal(net or 0)),
    )


async def profit(
    session: AsyncSession, user: UserId, account: Account, since: datetime
) -> Usdc | None:
    """Of the strategy in one account, booked and unbooked, after fees; None without a trade."""
    asked = {"user": user, "account": account.value, "since": since}
    total = await session.scalar(_PROFIT, asked)
    return None if total is None else usdc(total)


async def forget(session: AsyncSession, before: datetime) -> None:
    await session.execute(sa.delete(Row).where(Row.known_at < before))


def _row(scored: Scored) -> dict[str, object]:
    said, subject = scored.said, scored.said.subject
    naive = scored.naive
    return {
        "event_id": subject.event_id,
        "occasion": said.occasion.value,
        "lead": said.lead.value,
        "city": subject.city,
        "station": subject.station,
        "extreme": subject.extreme.value,
        "day": subject.day,
        "place": scored.place,
        "known_at": scored.known_at,
        "model_brier": scored.model.brier,
        "model_log": scored.model.log,
        "market_brier": scored.market.brier,
        "market_log": scored.market.log,
        "climatology_brier": scored.climatology.brier,
        "climatology_log": scored.climatology.log,
        "naive_brier": None if naive is None else naive.brier,
        "naive_log": None if naive is None else naive.log,
        "crps": scored.crps,
    }


def _standing(city: str, occasion: str, events: int, *numbers: float | None) -> Standing:
    marks = [
        None if brier is None or log is None else Marks(brier, log)
        for brier, log in zip(numbers[:8:2], numbers[1:8:2], strict=True)
    ]
    model, market, climatology, naive = marks
    crps = numbers[8]
    if model is None or market is None or climatology is None or crps is None:
        raise ValueError("an average of columns that are never empty is empty")
    lead = None if occasion == Occasion.MIDNIGHT.value else Lead(occasion)
    return Standing(city, lead, events, model, market, climatology, naive, crps)


def _settled(row: SettlementRow) -> Settled:
    bucket = Bucket(row.low, row.high)
    degrees = settled_degrees(bucket, Unit(row.unit), Rounding(row.rounding), row.observed)
    return Settled(row.known_at, degrees)
