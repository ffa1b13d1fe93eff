"""An instance of its own: it takes the lock, then claims a row for each line that it reads.

Run as a script with the database's URL and the seconds it waits for the lock.
"""

import asyncio
import os
import sys

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.services.fence import Fence, Fenced
from infrastructure.database.engine import create_engine
from infrastructure.database.instance_lock import InstanceLock

EPOCH = sa.text("SELECT current_epoch()")
CLAIM = sa.text("INSERT INTO facts (name, value) VALUES (:name, 'claimed')")
MARK = "pause"  # a line that makes it wait for another one within its claim


async def main(url: str, wait: float) -> None:
    engine = create_engine(url)
    async with InstanceLock(url, wait=wait) as lock:
        fence = Fence(await lock.take_over(patience=0.5))
        print("in charge", flush=True)  # noqa: T201 - to whoever started us
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(await claim(engine, fence, line.strip()), flush=True)  # noqa: T201
    await engine.dispose()


async def passes(session: AsyncSession, fence: Fence) -> None:
    """Ask the fence as the statements of a claim do. Raises: Fenced."""
    fence.refuse((await session.execute(EPOCH)).scalar_one())


async def claim(engine: AsyncEngine, fence: Fence, name: str) -> str:
    try:
        async with AsyncSession(engine) as session, session.begin():
            await passes(session, fence)
            await session.execute(CLAIM, {"name": name})
            if name.startswith(MARK):
                print("checked", flush=True)  # noqa: T201
                await asyncio.to_thread(sys.stdin.readline)
    except Fenced:
        return "fenced"
    except (SQLAlchemyError, OSError):
        return "lost"
    return "claimed"


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
    os._exit(0)  # a thread may still wait for a line
