"""Settings, what the owner has, and what comes by itself once a day."""

from datetime import UTC, datetime

from scripts.tour.tour import EXPIRES, Tour

SINCE = """
UPDATE user_preferences AS p SET updated_at = now() - interval '1 hour'
FROM users AS u WHERE u.id = p.user_id AND u.telegram_id = $1
"""
"""As if the time had been chosen an hour ago: a digest is not told of before its choice."""


async def settles_in(tour: Tour) -> None:
    settings = await tour.says("settings", "/settings", "^Settings")
    for name, label in (("confirming", "Confirming"), ("notices", "Notices")):
        await tour.taps(name, settings, f"^{label}$", f"^{label}")
        settings = await tour.asks("/settings", "^Settings")
    await tour.taps("languages", settings, "^Language$", "^Language")
    await tour.says("help", "/help", "Find a market")
    await tour.says("status", "/status", "Newest price")
    await tour.says("rubbish", "no such words anywhere", "No market has all")
    await tour.says("stopped", "/stop", "are stopped")
    await tour.asks("/resume", "resumed trading")


async def owns(tour: Tour) -> None:
    ann = tour.person
    admin = await tour.says("admin", "/admin", "^Admin")
    await tour.taps("health", admin, "^Health$", "^Health")
    people = await tour.says("people", "/people", "^People")
    await tour.taps("invitation", people, "^Invite a trader$", "A link for one trader")
    await ann.taps(await tour.asks("/admin", "^Admin"), "^Broadcast$", "What do you want to tell")
    words = "Maintenance tonight at 22:00 UTC, for ten minutes."
    shown = await tour.says("broadcast", words, "Nothing is sent yet")
    await tour.taps("broadcast_sent", shown, "^Send to", "(?s)Broadcast: sent")
    backup = await ann.taps(await tour.asks("/admin", "^Admin"), "^Backup$", "No backup was asked")
    await tour.taps("backup", backup, "^Back up now$", "(?m)^Done")


async def wants_a_digest(tour: Tour) -> None:
    """At a time that has just passed, so that it comes while the tour goes on."""
    ann = tour.person
    await tour.asks("/start", "in total")
    ticket = await ann.taps(await tour.market(), r"^\$25$", EXPIRES)
    await ann.taps(ticket, "^Confirm$", "^Bought")
    notices = await ann.taps(await tour.asks("/settings", "^Settings"), "^Notices$", "^Notices")
    await ann.taps(notices, "^Digest time$", "daily digest")
    await tour.asks(f"{datetime.now(UTC):%H:%M}", "^Settings|^Notices")
    await tour.stage.database.rows(SINCE, ann.id)
