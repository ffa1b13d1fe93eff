"""`make coverage`: which part of the branches the tests have taken, and whether it is enough."""

import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from coverage import Coverage


class Summary(msgspec.Struct, frozen=True):
    num_branches: int
    covered_branches: int


class Told(msgspec.Struct, frozen=True):
    summary: Summary


class Report(msgspec.Struct, frozen=True):
    """What coverage writes as JSON, as far as it matters here."""

    files: dict[str, Told]


@dataclass(frozen=True, slots=True)
class Aim:
    """For the files in `folder`, or all; `least` in percent of their branches."""

    name: str
    folder: str
    least: int


AIMS: Final = (
    Aim("core/domain", "core/domain/", 90),
    Aim("infrastructure/security", "infrastructure/security/", 90),
    Aim("all", "", 75),
)


def main() -> None:
    """The figures of the last run; exit code 1 where one of them is below its aim."""
    missed = show(read())
    if missed:
        print(f"below: {', '.join(missed)}")
        sys.exit(1)


def read() -> Mapping[str, Summary]:
    """By the file, from where coverage left it."""
    data = Coverage()
    data.load()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "covered.json"
        data.json_report(outfile=str(file))
        report = msgspec.json.decode(file.read_bytes(), type=Report)
    return {Path(name).as_posix(): told.summary for name, told in report.files.items()}


def show(files: Mapping[str, Summary], aims: Iterable[Aim] = AIMS) -> list[str]:
    """Print a line for each aim; the names of those that are missed."""
    missed = list[str]()
    for aim in aims:
        found = [each for name, each in files.items() if name.startswith(aim.folder)]
        taken = sum(each.covered_branches for each in found)
        there = sum(each.num_branches for each in found)
        percent = 100 * taken / there if there else 0.0
        print(f"{aim.name:24} {percent:5.1f} % of {there} branches, at least {aim.least} %")
        if percent < aim.least:
            missed.append(aim.name)
    return missed


if __name__ == "__main__":
    main()
