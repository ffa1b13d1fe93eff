"""`make crash`: many trials, two at a time, one line of result; exit code 1 if one failed."""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.services.milestones import Milestone
from tests.crash.databases import Databases, databases
from tests.crash.lane import Lane, open_lane
from tests.crash.plan import trial
from tests.crash.trials import Verdict, run_trial

LANES = 2  # four are more than the server's connections
MANY = 1000  # trials, among which somebody has to die at every milestone
SHOWN = 8000  # characters of a failed run's log


@dataclass
class Campaign:
    """Seeds to try, and what came of them."""

    seeds: Iterator[int]
    databases: Databases
    verdicts: list[Verdict] = field(default_factory=list)

    async def work(self, lane: Lane) -> None:
        for seed in self.seeds:
            number = seed % 1_000_000 * 10 + lane.number
            verdict = await run_trial(lane, self.databases, trial(seed), number)
            self.verdicts.append(verdict)
            _report(verdict, len(self.verdicts))


async def campaign(seeds: Sequence[int], lanes: int = LANES) -> Campaign:
    """All trials, a few at a time."""
    async with databases() as places:
        found = Campaign(iter(seeds), places)
        async with asyncio.TaskGroup() as tasks:
            ready = asyncio.Event()
            for number in range(min(lanes, len(seeds))):
                tasks.create_task(_lane(found, number, ready), name=f"lane-{number}")
        return found


async def _lane(found: Campaign, number: int, ready: asyncio.Event) -> None:
    async with open_lane(number) as lane:
        if number == 0:
            await found.databases.prepare(lane.venue.url)
            ready.set()
        await ready.wait()
        await found.work(lane)


def summary(verdicts: Sequence[Verdict]) -> str:
    """The last line: trials that lost or doubled something, and seconds until all was at rest."""
    times = [one.recovery for one in verdicts]
    lost = sum(bool(one.lost) for one in verdicts)
    doubled = sum(bool(one.doubled) for one in verdicts)
    return (
        f"trials {len(verdicts)} lost {lost} doubled {doubled} "
        f"recovery p50 {_part(times, 50):.2f} s p99 {_part(times, 99):.2f} s"
    )


def taps(verdicts: Sequence[Verdict]) -> str:
    """Orders at the venue, and taps that the chat explains instead; nothing else is good."""
    tapped, ordered = sum(one.taps for one in verdicts), sum(one.orders for one in verdicts)
    return f"taps {tapped} orders {ordered} explained {tapped - ordered}"


def table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """By milestone: how often runs passed it and died there, and the recovery of the latter."""
    passed = sum((one.reached for one in verdicts), Counter[Milestone]())
    yield f"{'milestone':26} passed killed   p50    p99"
    for point in Milestone:
        died = [one for one in verdicts if point in one.killed_at]
        times = [one.recovery for one in died if one.killed_at[-1] is point]
        found = f"{_part(times, 50):6.2f} {_part(times, 99):6.2f}" if times else "     -      -"
        yield f"{point:26} {passed[point]:6} {len(died):6} {found}"


def unexercised(verdicts: Sequence[Verdict]) -> list[Milestone]:
    """Where nobody died."""
    died = {point for one in verdicts for point in one.killed_at}
    return [point for point in Milestone if point not in died]


def _part(times: Sequence[float], percent: int) -> float:
    """The nearest rank."""
    ranked = sorted(times)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]


def _report(verdict: Verdict, number: int) -> None:
    one = verdict.trial
    how = f"recovery {verdict.recovery:.1f} s of {verdict.seconds:.1f} s"
    sys.stderr.write(f"{number:5} seed {one.seed}: {one}; {how}; {verdict.last}\n")
    if verdict.is_good:
        return
    _say(f"\nFAILED seed {one.seed}: {one}; again by: make crash ONLY={one.seed}")
    for problem in (*verdict.doubled, *verdict.lost):
        _say(f"  {problem}")
    _say(verdict.chat)
    _say(verdict.log[-SHOWN:])


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--trials", type=int, default=MANY)
    parser.add_argument("--seed", type=int, default=1, help="of the first trial")
    parser.add_argument("--only", type=int, nargs="+", help="these trials again, by their seeds")
    given = parser.parse_args()
    seeds = given.only or range(given.seed, given.seed + given.trials)
    _say(f"seeds {seeds[0]} to {seeds[-1]}")
    began = time.monotonic()
    found = asyncio.run(campaign(seeds))
    for line in table(found.verdicts):
        _say(line)
    _say(f"{time.monotonic() - began:.0f} s")
    missed = unexercised(found.verdicts)
    if missed:
        _say(f"nobody died at {', '.join(missed)}")
    _say(taps(found.verdicts))
    _say(summary(found.verdicts))
    is_complete = not missed or len(seeds) < MANY
    return 0 if is_complete and all(one.is_good for one in found.verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
