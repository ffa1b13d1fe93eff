"""What happens once a day, at a time of somebody's own clock."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from core.domain.preferences import UserPreferences

LATEST: Final = timedelta(hours=12)  # after its time that a digest is still worth telling


def due_day(at: time, zone: str, since: datetime, now: datetime) -> date | None:
    """The local day whose turn it is; None if that is not yet, long past, or before `since`.

    A time that a change of clocks leaves out comes as much later; one that it repeats, first.
    """
    here = ZoneInfo(zone)
    today = now.astimezone(here).date()
    for day in (today, today - timedelta(days=1)):
        due = datetime.combine(day, at, here).astimezone(UTC)
        if due <= now:
            return day if since < due and now - due < LATEST else None
    return None


def quiet_until(preferences: UserPreferences, now: datetime) -> datetime | None:
    """When the quiet hours that `now` lies in end; None outside of them."""
    end = preferences.quiet_until
    if end is None or not preferences.is_quiet(now):
        return None
    here = ZoneInfo(preferences.zone)
    today = now.astimezone(here).date()
    ends = sorted(
        datetime.combine(today + timedelta(days=ahead), end, here)
        .replace(fold=fold)
        .astimezone(UTC)
        for ahead in (0, 1)
        for fold in (0, 1)
    )
    return next((at for at in ends if at > now and not preferences.is_quiet(at)), None)
