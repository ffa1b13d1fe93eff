"""Reads a gettext catalogue in its source form, and refuses all that it does not understand.

Source of the format: the manual of GNU gettext, chapter "The Format of PO Files".
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from infrastructure.errors import CannotStart

FORMS: Final = re.compile(r"nplurals=(\d); plural=(.+);")
ENCODING: Final = "text/plain; charset=UTF-8"

_STATEMENT: Final = re.compile(r'(msgid|msgid_plural|msgstr|msgstr\[\d\])\s+(".*")')
_STRING: Final = re.compile(r'"((?:[^"\\]|\\["\\nt])*)"')
_ESCAPED: Final = re.compile(r"\\(.)")
_ESCAPES: Final = {"n": "\n", "t": "\t"}


class BrokenCatalogue(CannotStart):
    """It says in which line, and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`forms`: one text, or with a plural one for each of the language's; empty where untranslated.

    `is_gone`: no code says it any more; kept for the day it comes back.
    """

    msgid: str
    plural: str | None
    forms: tuple[str, ...]
    files: tuple[str, ...] = ()
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class PoFile:
    """`plural_rule`: which form a number takes, in C."""

    header: str
    plural_rule: str
    entries: tuple[Entry, ...]


def parse(text: str) -> PoFile:
    """Raises: BrokenCatalogue."""
    entries = [(line, _entry(line, block)) for line, block in _blocks(text)]
    if not entries or entries[0][1].msgid:
        raise BrokenCatalogue('line 1: the catalogue does not begin with its header, msgid ""')
    header = entries.pop(0)[1].forms[0]
    count, rule = _plural_forms(header)
    seen: set[str] = {""}
    for line, entry in entries:
        if entry.msgid in seen:
            raise BrokenCatalogue(f"line {line}: {entry.msgid!r} stands in the catalogue twice")
        if entry.plural is not None and len(entry.forms) != count:
            raise BrokenCatalogue(f"line {line}: {entry.msgid!r} needs {count} plural forms")
        seen.add(entry.msgid)
    return PoFile(header, rule, tuple(entry for _, entry in entries))


def _plural_forms(header: str) -> tuple[int, str]:
    fields = dict(line.partition(": ")[::2] for line in header.splitlines())
    if fields.get("Content-Type") != ENCODING:
        raise BrokenCatalogue(f"header: Content-Type is not {ENCODING}")
    found = FORMS.fullmatch(fields.get("Plural-Forms", ""))
    if found is None:
        raise BrokenCatalogue("header: Plural-Forms is not like nplurals=2; plural=(n > 1);")
    return int(found[1]), found[2]


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """What stands between empty lines, with the number of its first line; comments alone do not."""
    block: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.strip():
            block.append(line.strip())
            continue
        if any(not each.startswith("#") or each.startswith("#~") for each in block):
            yield number - len(block), block
        block = []


def _entry(start: int, lines: Sequence[str]) -> Entry:
    strings: dict[str, str] = {}
    files: list[str] = []
    name = ""
    for number, line in enumerate(lines, start):
        said = line.removeprefix("#~").strip()
        if said.startswith("#:"):
            files += said.removeprefix("#:").split()
        elif said.startswith("#"):
            _refuse_fuzzy(number, said)
        elif said.startswith('"') and name:
            strings[name] += _unquoted(number, said)
        else:
            name, value = _statement(number, said, strings)
            strings[name] = value
    is_gone = all(line.startswith("#") for line in lines)
    return Entry(*_texts(start, strings), tuple(files), is_gone)


def _texts(line: int, strings: Mapping[str, str]) -> tuple[str, str | None, tuple[str, ...]]:
    plural = strings.get("msgid_plural")
    numbered = [name for name in strings if name.startswith("msgstr[")]
    wanted = ["msgstr"] if plural is None else [f"msgstr[{each}]" for each in range(len(numbered))]
    if {"msgid", *wanted} != strings.keys() - {"msgid_plural"} or not wanted:
        raise BrokenCatalogue(f"line {line}: an entry of {', '.join(strings)} is not complete")
    return strings["msgid"], plural, tuple(strings[name] for name in wanted)


def _statement(number: int, line: str, strings: Mapping[str, str]) -> tuple[str, str]:
    found = _STATEMENT.fullmatch(line)
    if found is None:
        raise BrokenCatalogue(f"line {number}: {line!r} is not understood")
    if found[1] in strings:
        raise BrokenCatalogue(f"line {number}: a second {found[1]} without an empty line before it")
    return found[1], _unquoted(number, found[2])


def _refuse_fuzzy(number: int, line: str) -> None:
    if line.startswith("#,") and "fuzzy" in line:
        raise BrokenCatalogue(f"line {number}: a fuzzy entry; settle it and take the mark off")


def _unquoted(number: int, quoted: str) -> str:
    found = _STRING.fullmatch(quoted)
    if found is None:
        raise BrokenCatalogue(f"line {number}: {quoted!r} is no string of a catalogue")
    return _ESCAPED.sub(lambda escape: _ESCAPES.get(escape[1], escape[1]), found[1])
