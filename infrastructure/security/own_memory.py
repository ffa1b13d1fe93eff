"""Keeps what is in this process's memory out of core dumps and debuggers."""

import ctypes
import logging
import os
import resource
import sys
from typing import Final

PR_SET_DUMPABLE: Final = 4

logger = logging.getLogger(__name__)


def keep_memory_private() -> None:
    """No core dump of this process and of what it starts; no debugger of the same account for it.

    The superuser can still read everything. Where the system has no such switch it is said.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        logger.warning("this system lets a debugger of the same account read the memory")
        return
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0):
        logger.warning("debuggers cannot be shut out: %s", os.strerror(ctypes.get_errno()))
