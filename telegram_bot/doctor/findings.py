"""What a check found, and how it is printed."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from infrastructure.errors import CannotStart

NAME_WIDTH: Final = 21  # of the longest name, SANDBOX_EXCHANGE_PORT


class Verdict(StrEnum):
    """`warn`: the program works, but somebody should know."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for a person. `mend` says what to do; it is empty where all is well."""

    verdict: Verdict
    found: str
    mend: str = ""


def ok(found: str) -> Finding:
    return Finding(Verdict.OK, found)


def warn(found: str, mend: str) -> Finding:
    return Finding(Verdict.WARN, found, mend)


def fail(found: str, mend: str) -> Finding:
    return Finding(Verdict.FAIL, found, mend)


def refused(problem: CannotStart) -> Finding:
    """A reason not to start, which names the problem and, after a semicolon, the mend.

    >>> refused(CannotStart("DATA_DIR: /x: is not writable; make it writable"))
    Finding(verdict=<Verdict.FAIL: 'fail'>, found='DATA_DIR: /x: is not writable', \
mend='make it writable')
    """
    found, _, mend = str(problem).partition("; ")
    return fail(found, mend or "mend that and start again")


def lines(name: str, finding: Finding) -> list[str]:
    """The finding, and below it what to do.

    >>> for line in lines("clock", warn("3 s fast", "set it")): print(line)
    warn  clock                  3 s fast
                                 do: set it
    """
    first = f"{finding.verdict:<4}  {name:<{NAME_WIDTH}}  {_one_line(finding.found)}"
    if not finding.mend:
        return [first]
    return [first, f"{'':<{NAME_WIDTH + 8}}do: {_one_line(finding.mend)}"]


def exit_code(findings: Iterable[Finding]) -> int:
    """1 if anything failed; a warning is no failure."""
    return int(any(finding.verdict is Verdict.FAIL for finding in findings))


def _one_line(text: str) -> str:
    return " ".join(text.split())
