"""`make soak`: the feed at ten times the recorded rate; it must end where it began."""

import argparse
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import uvloop

from tests.benchmarks.frames import RECORDED, ROOT
from tests.benchmarks.soak_run import POSITIONS, WARM_UP, Moment, Outcome, soak
from tests.benchmarks.soak_venue import Tape

SPEED: Final = 10.0
SECONDS: Final = 600.0
GROWTH: Final = 8.0  # MiB by which memory may end above its beginning
HOT: Final = 99.0  # percent
WAL: Final = 200.0  # bytes a position row
TABLE: Final = 20.0  # percent


def main() -> None:
    options = _options()
    if not options.file.exists():
        sys.exit(f"{options.file}: no such recording; set FIXTURES_DIR, or FILE=path")
    logging.disable(logging.ERROR)  # connections that end are no news here
    print(
        f"{options.seconds:.0f} s of {options.file.name} at {options.speed:g} times its speed, "
        f"{POSITIONS:,} positions; figures of the start after {WARM_UP:.0f} s"
    )
    outcome = uvloop.run(soak(Tape(options.file, options.speed), options.seconds))
    _show(outcome, options.seconds)
    faults = list(_faults(outcome))
    print("\n".join(["", *faults]) if faults else "\nended where it began")
    sys.exit(1 if faults else 0)


def _options() -> argparse.Namespace:
    fixtures = (ROOT / os.environ.get("FIXTURES_DIR", "../shared/fixtures")).resolve()
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--speed", type=float, default=SPEED)
    parser.add_argument("--file", type=Path, default=fixtures / RECORDED)
    return parser.parse_args()


def _show(outcome: Outcome, seconds: float) -> None:
    before, after = outcome.disk
    print(f"\n{'':<24}{'memory MiB':>12}{'tasks':>8}{'files':>8}")
    for name, moment in _moments(outcome):
        print(f"{name:<24}{moment.memory:>12.1f}{moment.tasks:>8}{moment.files:>8}")
    print()
    figures = {
        "messages": f"{outcome.messages:,} ({outcome.messages / seconds:,.0f}/s)",
        "connections": f"{outcome.connections:,} (one ends with each round of the recording)",
        "flushes": f"{outcome.flushes:,}, {outcome.telemetry.failures} failed",
        "position rows": f"{outcome.positions:,} ({outcome.positions / seconds:,.0f}/s)",
        "slowest row": f"{outcome.telemetry.longest:.3f} s from receipt to commit",
        "WAL a position row": f"{after.wal_a_row(before):.0f} bytes, everything included",
        "HOT": f"{after.hot_share(before):.2f} %",
        "table and indexes": f"{after.growth(before):+.2f} %",
    }
    for name, text in figures.items():
        print(f"{name:<24}{text}")


def _moments(outcome: Outcome) -> list[tuple[str, Moment]]:
    return [
        ("before the feed", outcome.before),
        ("feed at the start", outcome.start),
        ("feed at the end", outcome.end),
        ("after the feed", outcome.after),
    ]


def _faults(outcome: Outcome) -> Iterator[str]:
    """What did not end where it began, one line each."""
    before, after = outcome.disk
    if outcome.end.memory > outcome.start.memory + GROWTH:
        yield f"memory grew by more than {GROWTH:.0f} MiB"
    for first, last, when in (
        (outcome.start, outcome.end, "while the feed ran"),
        (outcome.before, outcome.after, "after the feed had gone"),
    ):
        if first.tasks != last.tasks:
            yield f"{last.tasks - first.tasks:+} tasks {when}"
        if first.files != last.files:
            yield f"{last.files - first.files:+} file descriptors {when}"
    if not outcome.messages or outcome.telemetry.failures:
        yield "no messages, or flushes that failed"
    if after.hot_share(before) < HOT:
        yield f"fewer than {HOT:.0f} % of the updates were HOT"
    if after.wal_a_row(before) > WAL:
        yield f"more than {WAL:.0f} bytes of WAL a position row"
    if after.growth(before) > TABLE:
        yield f"positions grew by more than {TABLE:.0f} %"


if __name__ == "__main__":
    main()
