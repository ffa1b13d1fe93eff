"""The circuit breaker as a pure machine."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.breaker import CLOSED, WHY, WINDOW, Breaker, BreakerRules, Incident, Trip

RULES = BreakerRules(rejects=5, unknowns=3)
START = datetime(2026, 11, 21, tzinfo=UTC)
happenings = st.lists(
    st.tuples(st.sampled_from(Incident), st.integers(0, 40)), min_size=1, max_size=40
)


def after(told: list[tuple[Incident, int]]) -> tuple[Breaker, list[tuple[Incident, datetime]]]:
    """The breaker after incidents that came so many seconds after one another."""
    breaker, now, history = CLOSED, START, list[tuple[Incident, datetime]]()
    for incident, seconds in told:
        now += timedelta(seconds=seconds)
        history.append((incident, now))
        breaker = breaker.after(incident, now, RULES)
    return breaker, history


@given(happenings)
def test_it_opens_exactly_when_a_minute_held_too_many_of_one_kind(
    told: list[tuple[Incident, int]],
) -> None:
    breaker, history = after(told)
    crowded = [
        (kind, at)
        for number, (kind, at) in enumerate(history, 1)
        if sum(each is kind and at - then < WINDOW for each, then in history[:number])
        >= RULES.most(kind)
    ]
    assert (breaker.trip is not None) == bool(crowded)
    assert breaker.tripped_at == (crowded[0][1] if crowded else None)


@given(happenings)
def test_it_never_closes_by_itself_and_remembers_little(told: list[tuple[Incident, int]]) -> None:
    breaker, _ = after([(Incident.UNKNOWN, 0)] * 3 + told)
    assert (breaker.trip, breaker.tripped_at) == (Trip.UNKNOWNS, START)
    assert len(breaker.incidents) <= RULES.rejects + RULES.unknowns


def test_every_reason_has_its_sentence() -> None:
    assert set(WHY) == set(Trip)
