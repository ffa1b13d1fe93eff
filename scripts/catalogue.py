"""`make words`: what people get to read, compared with its catalogues of other languages."""

import argparse
import ast
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from telegram_bot.languages.catalogue import LOCALE
from telegram_bot.languages.po import BrokenCatalogue, Entry, PoFile, parse

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("telegram_bot", "core", "infrastructure")
UNREAD: Final = ("infrastructure/sandbox/",)  # a venue and a Telegram of their own
SPOKEN: Final = frozenset({"say", "mark", "plural", "worded"})
READ: Final = "PolycoolError"  # its kinds are made with a sentence for people
FOR_OPERATORS: Final = frozenset(
    {"CannotStart", "SecretUnavailable", "RecordingStopped", "IllegalTransition"}
)  # except these, of which the console and the log tell
WIDTH: Final = 88  # of a line of the catalogue

_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_MARKUP: Final = re.compile(r"</?\w+>|&\w+;")
_TAG: Final = re.compile(r"<(/?)(\w+)>")
_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts.catalogue")
    parser.add_argument("command", choices=("check", "update", "template"))
    parser.add_argument("file", type=Path, nargs="?", default=LOCALE / "fr.po")
    arguments = parser.parse_args()
    try:
        sys.exit(_do(arguments.command, arguments.file))
    except BrokenCatalogue as error:
        sys.stderr.write(f"{arguments.file.name}: {error}\n")
        sys.exit(2)


def _do(command: str, path: Path) -> int:
    messages = collected(sources())
    file = parse(path.read_text("utf-8"))
    if command == "template":
        sys.stdout.write(written(file.header, messages.values()))
        return 0
    if command == "update":
        path.write_text(written(file.header, merged(messages, file)), "utf-8")
        file = parse(path.read_text("utf-8"))
    found = troubles(messages, file)
    sys.stdout.write("".join(f"{each}\n" for each in found) or "Every message is translated.\n")
    return 1 if found and command == "check" else 0


def sources() -> dict[str, str]:
    return {
        name: path.read_text("utf-8")
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if not (name := path.relative_to(ROOT).as_posix()).startswith(UNREAD)
    }


def collected(sources: Mapping[str, str]) -> dict[str, Entry]:
    """Every message by its msgid, in the order of files and lines, with nothing translated.

    A message that is said alone here and counted there is one entry, the counted one, as gettext
    has it.
    """
    found: dict[str, Entry] = {}
    trees = {file: ast.parse(source) for file, source in sources.items()}
    errors = sentence_errors(trees.values())
    for file, tree in trees.items():
        for msgid, counted in _said(tree, errors):
            known = found.get(msgid, Entry(msgid, counted, ("",)))
            plural = known.plural or counted
            files = known.files if file in known.files else (*known.files, file)
            found[msgid] = Entry(msgid, plural, ("",) if plural is None else ("", ""), files)
    return found


def sentence_errors(trees: Iterable[ast.Module]) -> frozenset[str]:
    """The names of errors that are made with a sentence which is shown to people."""
    bases = defaultdict[str, set[str]](set)  # of all classes that share a name
    for node in (each for tree in trees for each in ast.walk(tree)):
        if isinstance(node, ast.ClassDef) and node.name not in FOR_OPERATORS:
            bases[node.name] |= {ast.unparse(base) for base in node.bases}
    found = {READ}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return frozenset(found)


def _said(tree: ast.Module, errors: frozenset[str]) -> Iterator[tuple[str, str | None]]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = _called(call)
        if name == "plural":
            one, many = (next(_literals(argument)) for argument in call.args[:2])
            yield one, many
        elif name in SPOKEN:
            for text in _literals(call.args[0]):
                yield text, None
        elif name in errors and call.args:
            yield from ((text, None) for text in _literals(call.args[0]) if is_sentence(text))


def is_sentence(text: str) -> bool:
    """What begins otherwise is for programmers, as of a frame that cannot be read."""
    return text[:1].isupper()


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _literals(node: ast.expr) -> Iterator[str]:
    """The text, or both of a choice; nothing of what comes from a table, where it is marked."""
    match node:
        case ast.Constant(str(text)) if text:
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from _literals(one)
            yield from _literals(other)


def merged(messages: Mapping[str, Entry], file: PoFile) -> list[Entry]:
    """What is said with its translations, then what was translated and is said no more."""
    known = {each.msgid: each for each in file.entries}
    current = [_translated(each, known.get(each.msgid)) for each in messages.values()]
    gone = [each for msgid, each in known.items() if msgid not in messages and any(each.forms)]
    return current + [replace(each, files=(), is_gone=True) for each in gone]


def _translated(message: Entry, known: Entry | None) -> Entry:
    if known is None or len(known.forms) != len(message.forms):
        return message
    return replace(message, forms=known.forms)


def troubles(messages: Mapping[str, Entry], file: PoFile) -> list[str]:
    """One line for each thing that keeps the catalogue from being complete and right."""
    known = {each.msgid: each for each in file.entries if not each.is_gone}
    return [
        *(f"missing: {msgid!r}" for msgid in messages if msgid not in known),
        *(f"said nowhere: {msgid!r}" for msgid in known if msgid not in messages),
        *(
            trouble
            for msgid, entry in known.items()
            if msgid in messages
            for trouble in _troubles_of(messages[msgid], entry)
        ),
    ]


def _troubles_of(message: Entry, entry: Entry) -> Iterator[str]:
    if message.plural != entry.plural:
        yield f"plural: {message.msgid!r} is counted as {message.plural!r}"
        return
    english = [entry.msgid] if entry.plural is None else [entry.msgid, entry.plural]
    for source, form in zip(english, entry.forms, strict=True):
        if not form:
            yield f"not translated: {source!r}"
        elif _places(source, entry) != _places(form, entry):
            yield f"placeholders: {source!r} as {form!r}"
        elif Counter(_MARKUP.findall(source)) != Counter(_MARKUP.findall(form)):
            yield f"markup: {source!r} as {form!r}"
        elif not _is_balanced(form):
            yield f"tags: {form!r}"


def _places(text: str, entry: Entry) -> Counter[str]:
    """A form may leave its number to the words, as in "one order"."""
    found = Counter(_PLACE.findall(text))
    if entry.plural is not None:
        found.pop("n", None)
    return found


def _is_balanced(text: str) -> bool:
    opened: list[str] = []
    for end, tag in _TAG.findall(text):
        if not end:
            opened.append(tag)
        elif not opened or opened.pop() != tag:
            return False
    return not opened


def written(header: str, entries: Iterable[Entry]) -> str:
    """The catalogue in the form that gettext's own tools write."""
    blocks = [_block(Entry("", None, (header,))), *map(_block, entries)]
    return "\n\n".join(blocks) + "\n"


def _block(entry: Entry) -> str:
    lines = [f"#: {file}" for file in entry.files]
    gone = "#~ " if entry.is_gone else ""
    return "\n".join(lines + [gone + line for line in _statements(entry)])


def _statements(entry: Entry) -> Iterator[str]:
    yield from _quoted("msgid", entry.msgid)
    if entry.plural is None:
        yield from _quoted("msgstr", entry.forms[0])
        return
    yield from _quoted("msgid_plural", entry.plural)
    for number, form in enumerate(entry.forms):
        yield from _quoted(f"msgstr[{number}]", form)


def _quoted(name: str, text: str) -> Sequence[str]:
    """On one line where it fits, else a line for each part."""
    whole = f'{name} "{text.translate(_ESCAPES)}"'
    if len(whole) <= WIDTH and "\n" not in text:
        return [whole]
    return [f'{name} ""', *(f'"{part.translate(_ESCAPES)}"' for part in _parts(text))]


def _parts(text: str) -> Iterator[str]:
    """Lines that end at a space or a line's end; put together they are the text."""
    part = ""
    for word in re.findall(r"[^ \n]*[ \n]?", text):
        if part and (len(part) + len(word) > WIDTH - 8 or part.endswith("\n")):
            yield part
            part = ""
        part += word
    if part:
        yield part


if __name__ == "__main__":
    main()
