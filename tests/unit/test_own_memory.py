"""What a process that holds keys leaves to core dumps and debuggers."""

import subprocess
import sys

import pytest

from tests.support.program import ROOT

PROBE = """
import ctypes, resource
from infrastructure.security.own_memory import keep_memory_private
dumpable = lambda: ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
before = dumpable()
keep_memory_private()
print(before, dumpable(), resource.getrlimit(resource.RLIMIT_CORE))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl")
def test_memory_that_holds_keys_is_neither_dumped_nor_debugged() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "1 0 (0, 0)\n"
