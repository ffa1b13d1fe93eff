"""No text of the chat is left out of translation: the source itself is looked through."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.xdist_group("read-sources")  # they are read once

PACKAGE: Final = Path(__file__).parents[2] / "telegram_bot"
ROOMS: Final = ("screens/", "handlers/", "pictures/composing.py")
SPOKEN: Final = frozenset({"say", "mark", "plural"})
MARKUP: Final = re.compile(r"<[^>]*>|&\w+;")
PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")

NO_WORDS: Final = frozenset(
    {"TypeVar", "getLogger", "ValueError", "TypeError", "fromisoformat", "field", "frozenset"}
)
"""What is called with text that nobody in the chat reads."""
OF_TEXT: Final = frozenset({"startswith", "endswith", "removeprefix", "removesuffix", "get"})
"""Methods that compare text, or look it up."""
NAMING: Final = frozenset({"name", "extra", "error", "kind"})
"""Keyword arguments that name something for programmers."""

ALLOWED: Final = {
    ("handlers/safety.py", "NaN"): "a number",
    ("screens/times.py", "UTC"): "a zone's own name",
    ("pictures/composing.py", "UTC"): "a zone's own name",
    ("handlers/limit.py", "shares"): "what people may type, not what they read",
    ("handlers/limit.py", "share"): "what people may type, not what they read",
    ("handlers/limit.py", "sh"): "what people may type, not what they read",
    ("handlers/limit.py", "s"): "what people may type, not what they read",
    ("screens/limit.py", "2x"): "as people type it",
    ("handlers/ticket.py", "button:"): "the key of an order",
    ("screens/custody_news.py", "until"): "the name of a fact",
    ("screens/custody_news.py", "usable_at"): "the name of a fact",
    ("screens/custody_news.py", "due_at"): "the name of a fact",
    ("handlers/earlier.py", "button:"): "the key of an order",
    ("screens/weather_words.py", "Yes"): "decision 32: the same in every language",
    ("screens/weather_words.py", "No"): "decision 32: the same in every language",
}
SAID_ELSEWHERE: Final = {
    ("backing_up.py", "AWAY"): "screens/admin.py tells it again",
    ("backing_up.py", "BROKEN_OFF"): "screens/admin.py tells it again",
    ("commands.py", "COMMANDS"): "each meaning is said where it is shown",
    ("screens/help.py", "SECTIONS"): "heading and text of each are said in one place",
    ("bot.py", "LIVE_MODE"): "the desk's mode is said by its context",
    ("screens/limit_ticket.py", "LIVES"): "each label is said in the loop over them",
    ("screens/custody_news.py", "STORIES"): "the heading is said where it is filled",
    ("screens/failure_words.py", "MEANINGS"): "each sentence is said in a loop",
    ("screens/failure_words.py", "NOT_ORDERED"): "each sentence is said in a loop",
    ("screens/failure_words.py", "WAYS"): "the label is said once there is one",
    ("screens/admin.py", "SIZES"): "the unit is said once it is found",
    ("screens/settings.py", "KINDS"): "each name is said in a loop",
    ("screens/setting_words.py", "KINDS"): "whether there is one",
    ("handlers/wallet.py", "DRY_RUN"): "a sentence of the core, which has one of that name",
    ("handlers/withdrawing.py", "DRY_RUN"): "a sentence of the core, which has one of that name",
    ("screens/ticket.py", "ASKED"): "whether there is one",
    ("screens/weather_choices.py", "MODES"): "each name is said in a loop",
    ("pictures/composing.py", "MONTHS"): "each name is said in a loop",
    ("reporting.py", "MEANINGS"): "of the feed, for operators",
    ("reporting.py", "REASONS"): "for operators, who read English",
}
"""Uses of what is marked that are no argument of `say`."""


@cache
def trees() -> dict[str, ast.Module]:
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def rooms() -> dict[str, ast.Module]:
    return {name: tree for name, tree in trees().items() if name.startswith(ROOMS)}


def called(node: ast.AST) -> str:
    """The name of what is called; empty for all that is no call."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def says_something(text: str) -> bool:
    return any(char.isalpha() for char in MARKUP.sub("", text))


def unsaid(node: ast.AST) -> Iterator[str]:
    """The literals below `node` that reach people as they are."""
    match node:
        case ast.Constant(str(text)) if says_something(text):
            yield text
        case ast.Expr(ast.Constant()) | ast.Compare() | ast.ClassDef(bases=[_, *_]):
            return  # a docstring, a comparison, an enumeration or an error
        case ast.Call():
            yield from _unsaid_of_call(node)
        case ast.Subscript(value=value):
            yield from unsaid(value)
        case ast.Dict():
            for value in node.values:
                yield from unsaid(value)
        case ast.FormattedValue(value=value) | ast.AnnAssign(value=ast.expr() as value):
            yield from unsaid(value)  # neither its format nor its type
        case ast.arg() | ast.MatchValue():
            return
        case _:
            for child in ast.iter_child_nodes(node):
                yield from unsaid(child)


def _unsaid_of_call(node: ast.Call) -> Iterator[str]:
    name = called(node)
    yield from unsaid(node.func)
    if name in NO_WORDS | OF_TEXT or _is_logging(node):
        return
    first = 2 if name == "plural" else int(name in SPOKEN)
    for argument in node.args[first:]:
        yield from unsaid(argument)
    for keyword in node.keywords:
        if keyword.arg not in NAMING or name in SPOKEN:
            yield from unsaid(keyword.value)


def _is_logging(node: ast.Call) -> bool:
    function = node.func
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "logger"
    )


def spoken(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in SPOKEN:
            yield node


def messages(call: ast.Call) -> list[str]:
    count = 2 if called(call) == "plural" else 1
    return [
        argument.value
        for argument in call.args[:count]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def test_every_text_of_screens_and_handlers_is_said_or_marked() -> None:
    found = {(name, text) for name, tree in rooms().items() for text in unsaid(tree)}
    assert sorted(found - ALLOWED.keys()) == []


def test_nothing_is_allowed_that_is_not_there_any_more() -> None:
    found = {(name, text) for name, tree in rooms().items() for text in unsaid(tree)}
    assert sorted(ALLOWED.keys() - found) == []


def test_a_text_that_is_left_out_would_be_found() -> None:
    tree = ast.parse(
        '"""A module."""\n'
        'LABELS = {"key": "One order", Kind.B: mark("Two orders")}\n'
        "def screen(x):\n"
        '    """A function."""\n'
        '    logger.info("logged")\n'
        '    if x == "compared":\n'
        '        raise ValueError("for programmers")\n'
        '    return Screen(f"<b>{x:abc}</b> left", Button("Go on"), say("{n} said", n="inside"))\n'
    )
    assert list(unsaid(tree)) == ["One order", "</b> left", "Go on", "inside"]


def test_nothing_is_said_before_there_is_a_reader() -> None:
    """What is said while a module is imported would stay in the language of nobody."""

    def early(node: ast.AST) -> Iterator[ast.Call]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return
        if isinstance(node, ast.Call) and called(node) in {"say", "plural"}:
            yield node
        for child in ast.iter_child_nodes(node):
            yield from early(child)

    found = [f"{name}:{call.lineno}" for name, tree in trees().items() for call in early(tree)]
    assert found == []


def test_every_message_is_a_literal_without_space_around_it() -> None:
    for name, tree in trees().items():
        for call in spoken(tree):
            for message in messages(call):
                assert message == message.strip(), f"{name}:{call.lineno}: {message!r}"
            if called(call) != "say":  # what is said may come from a table
                assert messages(call), f"{name}:{call.lineno}: a message that nobody can collect"


def test_every_place_in_a_message_has_its_value() -> None:
    for name, tree in trees().items():
        for call in spoken(tree):
            given = {keyword.arg for keyword in call.keywords}
            if None in given or called(call) == "mark":
                continue
            given |= {"n"} if called(call) == "plural" else set()
            places = {place for message in messages(call) for place in PLACE.findall(message)}
            if messages(call):
                assert places <= given, f"{name}:{call.lineno}: {places - given}"
                assert given - {"n"} <= places, f"{name}:{call.lineno}: {given - places}"


def test_what_is_marked_is_said_where_it_is_used() -> None:
    marked = {
        target.id
        for tree in trees().values()
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        if any(called(each) == "mark" for each in ast.walk(node.value))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    assert {"HOW", "TIERS", "HEADINGS"} <= marked
    found = {
        (name, node.id)
        for name, tree in trees().items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in _bare(function, marked)
    }
    assert sorted(found ^ SAID_ELSEWHERE.keys()) == []


def _bare(node: ast.AST, marked: set[str]) -> Iterator[ast.Name]:
    """Uses of marked constants that are no argument of `say`."""
    if isinstance(node, ast.Call) and called(node) == "say":
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in marked:
        yield node
    for child in ast.iter_child_nodes(node):
        yield from _bare(child, marked)
