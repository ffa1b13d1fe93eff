"""Become Postgres: leave the session and the privileges, follow the parent into death, exec.

Run as a script by `embedded.py`, in an interpreter of its own, because the same steps between fork
and exec (`preexec_fn`) are unsafe in a process with threads. It may import nothing of ours.
Arguments: uid, gid (-1: keep), the parent's pid, the program and its arguments.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    uid, gid, parent = (int(argument) for argument in sys.argv[1:4])
    os.setsid()  # Ctrl-C in the terminal is for us; we stop Postgres in our own order
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # Last, because a change of uid clears it. SIGINT is Postgres's fast, clean shutdown.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != parent:
        sys.exit("the parent is gone")  # it died before the request to follow it was made
    os.umask(0o077)
    os.execv(sys.argv[4], sys.argv[4:])  # noqa: S606 - no shell is wanted


main()
