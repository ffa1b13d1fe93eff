"""Does things in a forked child: as another user, or until it is killed."""

import os
import sys
import warnings
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

KILLED = 9  # exit code


def in_child(act: Callable[[], str]) -> str:
    """What `act` returns in a child process, whose user and rights it may change."""
    reader, writer = os.pipe()
    pid = _fork()
    if pid == 0:
        try:
            os.write(writer, act().encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:  # noqa: PTH123 - a descriptor
        answer = pipe.read().decode()
    os.waitpid(pid, 0)
    return answer


def run_until_line(act: Callable[[], object], number: int, module: ModuleType) -> bool:
    """Run `act` in a child that dies, with no clean-up, at the line of `module` it runs `number`th.

    Whether it came to its end.
    """
    pid = _fork()
    if pid == 0:
        try:
            sys.settrace(_killer(number, module))
            act()
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, KILLED}, f"the child failed with {code}"
    return code == 0


def _killer(number: int, module: ModuleType) -> Callable[[FrameType, str, Any], Any]:
    left = number

    def trace(frame: FrameType, event: str, _argument: object) -> object:
        nonlocal left
        if frame.f_code.co_filename != module.__file__:
            return None
        if event == "line":
            left -= 1
            if not left:
                os._exit(KILLED)
        return trace

    return trace


def _fork() -> int:
    with warnings.catch_warnings():  # about threads, of which the child uses none
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()
