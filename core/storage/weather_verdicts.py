"""What the gate said, as stored."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.weather.scores import Skill, Verdict
from core.domain.weather.standings import Judgement
from core.storage.learning_models import WeatherVerdictRow as Row


async def newest(session: AsyncSession) -> Judgement | None:
    row = await session.scalar(
        sa.select(Row).order_by(Row.judged_at.desc(), Row.id.desc()).limit(1)
    )
    if row is None:
        return None
    skill = None if row.skill is None else Skill(*row.skill)
    verdict = Verdict(tuple(row.reasons))
    return Judgement(row.judged_at, row.events, skill, row.profit, verdict)


async def add(session: AsyncSession, judgement: Judgement) -> int:
    """The number of it."""
    skill = judgement.skill
    row = Row(
        judged_at=judgement.judged_at,
        events=judgement.events,
        skill=None if skill is None else [skill.value, skill.low, skill.high],
        profit=judgement.profit,
        reasons=list(judgement.verdict.reasons),
    )
    session.add(row)
    await session.flush()
    return row.id


async def forget(session: AsyncSession, before: datetime) -> None:
    await session.execute(sa.delete(Row).where(Row.judged_at < before))
