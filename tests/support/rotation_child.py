"""A process that rotates the keys of a database and kills itself at a milestone, by its number.

Run as `python -m tests.support.rotation_child <database> <key folder> <number>`; 0 never comes.
It prints how many milestones it has passed, if it lives to.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from sqlalchemy.ext.asyncio import async_sessionmaker

from core.services.milestones import Milestone
from infrastructure.custody.data_keys import StoredDataKeys
from infrastructure.database.engine import create_engine
from infrastructure.security.key_folder import KeyFolder
from infrastructure.security.rotation import retire, rotate


class Executioner:
    def __init__(self, at: int) -> None:
        self._at = at
        self.passed = list[Milestone]()

    def __call__(self, milestone: Milestone) -> None:
        self.passed.append(milestone)
        if len(self.passed) == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


async def main(url: str, folder: Path, at: int) -> None:
    engine, reached = create_engine(url), Executioner(at)
    store, keys = StoredDataKeys(async_sessionmaker(engine)), KeyFolder(folder)
    await rotate(keys, store, to=2, reached=reached)
    await retire(keys, store, 1)
    await engine.dispose()
    sys.stdout.write("\n".join(reached.passed))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
