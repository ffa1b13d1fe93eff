"""One trial: played, killed, started again, waited for, audited."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import msgspec

from core.services.milestones import Milestone
from tests.crash.acts import play
from tests.crash.audit import complaints, doubled, unsent
from tests.crash.child import Order
from tests.crash.databases import Databases
from tests.crash.lane import Lane
from tests.crash.pause import quarter_of_an_hour
from tests.crash.plan import COMPARING, LOOKING, Kill, Trial
from tests.crash.runs import Run
from tests.crash.scenes import OWNED, Scene
from tests.crash.seen import Seen, look
from tests.crash.stage import Stage, open_stage
from tests.crash.story import HOME, PATIENCE, Story
from tests.crash.words import unsaid, untruths
from tests.support.person import Message

KILLED: Final = -9
START_PATIENCE: Final = 60.0  # seconds until a run has done anything
RUN_PATIENCE: Final = 300.0  # seconds, whatever a run does
PLAY_PATIENCE: Final = 12.0  # seconds until a run is killed that does nothing more
GLANCE: Final = 0.1  # seconds between two audits
QUIET_PATIENCE: Final = 100.0  # seconds; what never arrived is given up after a minute
REST_PATIENCE: Final = 700.0  # seconds; an order that rests may turn up until its horizon
BY_ITSELF: Final = frozenset({*COMPARING, *LOOKING})
"""Passed again and again, whatever else happens or does not."""
TAPS: Final = (
    "SELECT update_id, body FROM updates WHERE body->'callback_query' IS NOT NULL ORDER BY 1"
)


@dataclass
class Verdict:
    """What came of a trial. `reached`: how often its runs passed each milestone."""

    trial: Trial
    killed_at: list[Milestone] = field(default_factory=list)
    reached: Counter[Milestone] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    taps: int = 0  # on money buttons
    orders: int = 0  # of those, at the venue; the chat explains the others
    recovery: float = 0.0  # seconds from the last start until everything had come to rest
    seconds: float = 0.0
    last: str = ""  # what was waited for at the end
    chat: str = ""
    log: str = ""

    @property
    def is_good(self) -> bool:
        return not self.lost and not self.doubled


async def run_trial(lane: Lane, databases: Databases, trial: Trial, number: int) -> Verdict:
    verdict, began = Verdict(trial), time.monotonic()
    async with open_stage(lane, databases, number, trial.scene) as stage:
        story = Story(stage, trial.scene, trial.fault)
        for kill in trial.kills:
            if await _die(stage, story, kill, verdict):
                verdict.killed_at.append(kill.at)
            if trial.scene in OWNED:
                await quarter_of_an_hour(stage)
        await _recover(stage, story, trial, verdict)
        verdict.reached = _reached(stage)
        if not verdict.is_good:
            told = await lane.telegram.get(f"/api/chats/{stage.person.id}/transcript")
            verdict.chat, verdict.log = told.decode(), (stage.folder / "log").read_text()
        await _leave(stage)
    verdict.seconds = time.monotonic() - began
    return verdict


async def _die(stage: Stage, story: Story, kill: Kill, verdict: Verdict) -> bool:
    """Whether it was at the milestone; a run that does not come there is killed from outside."""
    rotates = kill.at in {Milestone.ROTATION_KEY_MADE, Milestone.ROTATION_ROW_MOVED}
    clock, run = datetime.now(UTC), await _begin(stage, kill, rotates=rotates)
    if rotates:
        return await run.ended == KILLED
    story.begin_run()
    playing = asyncio.create_task(play(story), name="story")
    last = time.monotonic() + RUN_PATIENCE
    done, end = _progress(stage), time.monotonic() + START_PATIENCE
    while not run.ended.done() and time.monotonic() < end:
        await asyncio.sleep(GLANCE)
        if (now := _progress(stage)) != done:
            done, end = now, min(last, time.monotonic() + PLAY_PATIENCE)
        is_at_rest = playing.done() and not _open_points(await look(stage), clock)
        if is_at_rest and kill.at not in COMPARING:
            break  # nothing more is going to happen
    was_there = run.ended.done()
    if (code := await run.kill()) != KILLED:
        verdict.lost.append(f"a run ended by itself: {code}")
    await _stop(playing)
    return was_there


async def _recover(stage: Stage, story: Story, trial: Trial, verdict: Verdict) -> None:
    if trial.scene is Scene.ROTATE:
        finishing = await _begin(stage, None, rotates=True)
        if code := await finishing.ended:
            verdict.lost.append(f"the rotation could not be finished: {code}")
    began, clock = time.monotonic(), datetime.now(UTC)
    run = await _begin(stage, None)
    story.begin_run()
    playing = asyncio.create_task(play(story), name="story")
    try:
        seen = await _quiet(stage, story, playing, verdict, clock)
        verdict.recovery = time.monotonic() - began
        if trial.tells_again:
            await _tell_again(stage)
            seen = await _quiet(stage, story, playing, verdict, clock)
        verdict.taps, verdict.orders = story.confirmed, len(seen.accepted)
        if trial.fault.spares_orders and trial.scene is not Scene.STOP:
            verdict.lost += unsent(seen, _looked_at(stage, clock))
        verdict.lost += untruths(seen, await _told(stage, story), story.confirmed)
        verdict.lost += unsaid(seen, await stage.person.messages())
    finally:
        await _stop(playing)
        if run.ended.done():
            verdict.lost.append(f"the last run ended by itself: {run.ended.result()}")
        await run.kill()


async def _quiet(
    stage: Stage, story: Story, playing: "asyncio.Task[None]", verdict: Verdict, since: datetime
) -> Seen:
    """As soon as everything agrees; the complaints that are left after a while are the verdict."""
    began = time.monotonic()
    await asyncio.wait({playing}, timeout=QUIET_PATIENCE)
    while True:
        seen = await look(stage)
        found = _open_points(seen, since)
        if not playing.done():
            found.append(f"step {story.taken + 1} is not over")
        elif (error := playing.exception()) is not None:
            found.append(f"the person cannot go on: {error!r}")
        verdict.doubled = doubled(seen, story.confirmed, story.elsewhere)
        if not found or verdict.doubled or _is_stuck(playing) or _is_over(seen, began):
            verdict.lost += found
            return seen
        verdict.last = found[0]
        await asyncio.sleep(GLANCE)


def _is_over(seen: Seen, began: float) -> bool:
    """Nobody need wait any longer. An order that nobody knows of is looked for until it ends."""
    is_unknown = any(order["status"] == "unknown" for order in seen.orders)
    return time.monotonic() > began + (REST_PATIENCE if is_unknown else QUIET_PATIENCE)


def _open_points(seen: Seen, since: datetime) -> list[str]:
    found = complaints(seen)
    if seen.compared_at is None or seen.compared_at < since:
        found.append("the venue was not compared with since the start")
    return found


def _is_stuck(playing: "asyncio.Task[None]") -> bool:
    return playing.done() and playing.exception() is not None


async def _tell_again(stage: Stage) -> None:
    """The last tap, as Telegram would tell it again; then a word, which comes after it."""
    taps = await stage.database.fetch(TAPS)
    if not taps:
        return
    body = msgspec.json.decode(taps[-1]["body"])
    await stage.lane.telegram.forged_update({**body, "update_id": taps[-1]["update_id"]})
    before = await stage.person.revision()
    await stage.person.writes("/home")
    await stage.person.sees(HOME, after=before, patience=PATIENCE)


async def _told(stage: Stage, story: Story) -> Sequence[Message]:
    said = await stage.person.messages()
    return [
        one for one in said if one.author.is_bot and not one.deleted and one.revision > story.since
    ]


async def _begin(stage: Stage, kill: Kill | None, *, rotates: bool = False) -> Run:
    milestone, passing = (kill.at, kill.passing) if kill else (None, 0)
    order = Order(stage.settings, str(stage.folder), milestone, passing, rotates)
    return await stage.lane.zygote.begin(order)


async def _stop(playing: "asyncio.Task[None]") -> None:
    playing.cancel()
    await asyncio.wait({playing})


def _reached(stage: Stage) -> Counter[Milestone]:
    return Counter(point for point, _ in _notes(stage))


def _notes(stage: Stage) -> Sequence[tuple[Milestone, datetime]]:
    """What all runs so far have passed, and when."""
    notes = stage.folder / "milestones"
    lines = notes.read_text().splitlines() if notes.exists() else []
    return [
        (Milestone(point), datetime.fromtimestamp(float(at), UTC))
        for point, at in map(str.split, lines)
    ]


def _looked_at(stage: Stage, since: datetime) -> datetime:
    """When the run that began then first looked for orders; if it never did, when it began."""
    looks = (at for point, at in _notes(stage) if point is Milestone.BEFORE_LOOK_UP and at > since)
    return next(looks, since)


def _progress(stage: Stage) -> int:
    """How many milestones were passed for a reason."""
    passed = _reached(stage)
    return passed.total() - sum(passed[each] for each in BY_ITSELF)


async def _leave(stage: Stage) -> None:
    """Nothing of this trial meets the next one."""
    await stage.lane.venue.calm()
    for one, order in (await stage.lane.venue.ask("orders", wallet=stage.wallet)).items():
        if order.get("wallet") == stage.wallet and order.get("status") == "LIVE":
            await stage.lane.venue.order("cancel", id=one)
