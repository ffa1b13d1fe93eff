"""`make faults`: each fault, how soon it is noticed and repaired. ONLY="frozen" takes those."""

import asyncio
import logging
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from infrastructure.database.embedded import EmbeddedPostgres
from infrastructure.database.engine import create_engine
from infrastructure.database.migrate import upgrade
from tests.support.hostile_faults import FAULTS
from tests.support.hostile_run import Effect, Fault, Outcome, meet
from tests.support.stepped_loop import run_stepped

HEAD: Final = (
    "Fault",
    "Noticed, s",
    "limit",
    "Wrong, s",
    "limit",
    "Repaired, s",
    "limit",
    "Not live, s",
    "limit",
    "A person sees",
)
MEANWHILE: Final = " (meanwhile)"


def chosen(words: str) -> Sequence[Fault]:
    """Those whose name contains the words; all without any."""
    found = [fault for fault in FAULTS if words in fault.name]
    return found or sys.exit(f"no fault of that name; there are: {'; '.join(_names())}")


async def measure(faults: Sequence[Fault]) -> int:
    """Print the table, in Markdown; the number of faults that were not met as promised."""
    folder = Path(tempfile.mkdtemp(prefix="polycool-faults-", dir="/tmp"))
    failures = dict[str, str]()
    try:
        async with EmbeddedPostgres(folder, durable=False) as server:
            engine = create_engine(server.url)
            await upgrade(engine)
            await engine.dispose()
            print(_row(HEAD), _row(("---", *("--:",) * (len(HEAD) - 2), "---")), sep="\n")
            for fault in faults:
                try:
                    met = await asyncio.to_thread(run_stepped, meet(fault, server.url))
                except* AssertionError as failed:
                    failures[fault.name] = str(failed.exceptions[0])
                else:
                    print(_row(_told(fault, met)), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, failure in failures.items():
        print(f"\n{name}: {failure}")
    return len(failures)


def _told(fault: Fault, met: Outcome) -> tuple[str, ...]:
    must = fault.effect is Effect.DOUBTED
    return (
        fault.name,
        "never" if met.noticed is None else f"{met.noticed:.1f}",
        f"{fault.noticed:g}" if must else "never" if fault.effect is Effect.HARMLESS else "",
        f"{met.lie:.1f}",
        f"{fault.lie:g}",
        f"{met.repaired:.1f}" + MEANWHILE * met.was_repaired_meanwhile * (fault.lasts > 0),
        f"{fault.repaired:g}",
        f"{met.gap:.1f}",
        "never" if fault.effect is Effect.HARMLESS else f"{fault.longest_gap:g}",
        fault.shown.words,
    )


def _names() -> list[str]:
    return [fault.name for fault in FAULTS]


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # what goes wrong here is meant to
    sys.exit(1 if asyncio.run(measure(chosen(" ".join(sys.argv[1:])))) else 0)
