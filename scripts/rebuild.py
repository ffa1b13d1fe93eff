"""`make rebuild`: positions that are not what their fills make, shown, and mended where typed."""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.domain.position import Position
from core.services.audit import Audit
from core.services.position.mending import Change, mend, planned
from core.storage.models import Sessions
from infrastructure.config.secrets_handover import hand_over_secrets
from infrastructure.config.settings import Settings, load_settings
from infrastructure.database.engine import create_engine
from infrastructure.errors import CannotStart
from scripts.database import opened_database

ROOT: Final = Path(__file__).parents[1]
YES: Final = "rebuild"
CLEAN: Final = "Every position is what its fills make. Nothing to do.\n"
DRY: Final = (
    "Nothing was changed. Compare with the fills first (make psql), then run it again with "
    'ARGS="--apply".\n'
)


def main() -> None:
    handed_over = hand_over_secrets()
    parser = argparse.ArgumentParser(prog="scripts.rebuild", description=__doc__)
    parser.add_argument("--apply", action="store_true", help="mend them, after one more question")
    is_meant = bool(parser.parse_args().apply)
    try:
        settings = load_settings(ROOT, os.environ, handed_over)
        sys.exit(asyncio.run(_run(settings, is_meant=is_meant)))
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except SQLAlchemyError as error:
        sys.stderr.write(f"The database could not be used: {error}\n")
        sys.exit(1)


async def _run(settings: Settings, *, is_meant: bool) -> int:
    async with opened_database(settings) as url:
        engine = create_engine(url)
        try:
            return await rebuild(async_sessionmaker(engine), is_meant=is_meant)
        finally:
            await engine.dispose()


async def rebuild(sessions: Sessions, *, is_meant: bool) -> int:
    """0 if all is well, or mended; 1 if something is left as it was."""
    changes = await planned(sessions)
    sys.stdout.write("".join(_line(each) for each in changes) or CLEAN)
    if not changes:
        return 0
    if not is_meant:
        sys.stdout.write(DRY)
        return 1
    sys.stdout.write(f"Type {YES} to change these {len(changes)}: ")
    sys.stdout.flush()
    if (await asyncio.to_thread(sys.stdin.readline)).strip() != YES:
        sys.stdout.write("Nothing was changed.\n")
        return 1
    mended = sum([await mend(sessions, Audit(), each) for each in changes])
    sys.stdout.write(f"{mended} mended, {len(changes) - mended} have moved since: run it again.\n")
    return 0 if mended == len(changes) else 1


def _line(change: Change) -> str:
    before, after = change.before, change.after
    head = f"position {before.id} of user {before.user_id}, {before.account.value}"
    return f"{head}, {before.outcome}:\n  now   {_told(before)}\n  fills {_told(after)}\n"


def _told(position: Position) -> str:
    held = position.holding
    return (
        f"{held.amount:f} shares at {held.entry_price:f}, booked {held.realized_pnl:f}, "
        f"fees {held.fees_paid:f}, {position.status.value}"
    )


if __name__ == "__main__":
    main()
