"""Temperature events as tests word them, in the phrases that the rules are known by."""

from datetime import UTC, datetime

from core.domain.units import EventId, MarketId
from core.domain.weather.events import EventText, MarketText

WUNDERGROUND = "https://www.wunderground.com/history/daily/gb/london/EGLC"
RULES = (
    "Decided by the highest temperature recorded at the London City Airport Station in degrees"
    " Celsius on 20 Jun '26, as shown at {source}.\n\nIt cannot resolve until the first data point"
    " for the following date has been published. The source measures temperatures to whole degrees"
    " Celsius."
)
OBSERVATORY = (
    "Decided by the highest temperature recorded by the Hong Kong Observatory in degrees Celsius"
    ' on 20 Jun \'26, see https://www.weather.gov.hk/en/cis/climat.htm. It can not resolve to "Yes"'
    " until data for this date has been finalized. The source measures temperatures in Celsius to"
    " one decimal place."
)
TAIWAN = (
    "Decided by the highest temperature recorded by Taipei's Central Weather Administration in"
    " degrees Celsius on 20 Jun '26: https://www.cwa.gov.tw/V8/C/W/OBS_Station.html?ID=46692. It"
    " can not resolve until all data for this date has been finalized. The source"
    " measures temperatures in Celsius to one decimal place, and 21.0-21.9 are all 21."
)
LABELS = ("20°C or below", "21°C", "22°C", "23°C or higher")


def event_text(
    *,
    description: str = RULES.format(source=WUNDERGROUND),
    source: str = WUNDERGROUND,
    city: str = "London",
    labels: tuple[str, ...] = LABELS,
    slug: str | None = None,
    title: str | None = None,
) -> EventText:
    """London's highest of 20 June 2026, unless told otherwise."""
    place = city.lower().replace(" ", "-")
    return EventText(
        id=EventId("900"),
        slug=f"highest-temperature-in-{place}-on-june-20-2026" if slug is None else slug,
        title=f"Highest temperature in {city} on June 20?" if title is None else title,
        description=description,
        resolution_source=source,
        markets=tuple(bucket(number, label, city) for number, label in enumerate(labels, 1)),
        ends_at=datetime(2026, 6, 20, 12, tzinfo=UTC),
        tags=("weather",),
    )


def bucket(number: int, label: str, city: str = "London") -> MarketText:
    question = f"Will the highest temperature in {city} be {label} on June 20?"
    return MarketText(MarketId(str(number)), label, question)
