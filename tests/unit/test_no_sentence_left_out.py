"""No sentence of the core and the adapters is left out of translation: their source is read."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest

from scripts.catalogue import collected, sentence_errors, sources

pytestmark = pytest.mark.xdist_group("read-sources")  # they are read once

CHAT: Final = "telegram_bot/"
FOR_OPERATORS: Final = (
    "infrastructure/config/",
    "infrastructure/custody/brought_key.py",
    "infrastructure/database/",
    "infrastructure/errors.py",
    "infrastructure/security/",
    "infrastructure/telemetry/",
)
"""Rooms whose words are for the console and the log."""
READERS_OF_WIRES: Final = frozenset(
    {
        "core/domain/book.py",
        "core/domain/units.py",
        "infrastructure/polymarket/gamma_markets.py",
    }
)
"""What they say of a message that cannot be read is caught by whoever reads it."""
PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
SENTENCE: Final = re.compile(r"[A-Z].* .*[.?!]", re.DOTALL)
NOT_FOR_PEOPLE: Final = frozenset(
    {"This message attests that I control the given wallet"}  # what a signature is made over
)


@cache
def trees() -> dict[str, ast.Module]:
    found = {name: ast.parse(source) for name, source in sources().items()}
    return {name: tree for name, tree in found.items() if not name.startswith(FOR_OPERATORS)}


def ours() -> dict[str, ast.Module]:
    return {name: tree for name, tree in trees().items() if not name.startswith(CHAT)}


@cache
def errors() -> frozenset[str]:
    return sentence_errors(trees().values())


def called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def put_together(node: ast.AST) -> Iterator[ast.AST]:
    """Texts made by other means than `worded`: nobody could recognise them."""
    match node:
        case ast.JoinedStr() | ast.BinOp():
            yield node
        case ast.Call() if called(node) in {"format", "join"}:
            yield node
        case ast.IfExp(body=one, orelse=other):
            yield from put_together(one)
            yield from put_together(other)


def unmarked(node: ast.AST, constants: dict[str, ast.expr]) -> Iterator[str]:
    """Constants of the module that an error is made with, and nobody has marked."""
    match node:
        case ast.Name(id=name) if name in constants:
            if any(isinstance(each, ast.Constant) for each in [constants[name]]):
                yield name
        case ast.IfExp(body=one, orelse=other):
            yield from unmarked(one, constants)
            yield from unmarked(other, constants)


def constants_of(tree: ast.Module) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                found[name] = value
    return found


def refusals(tree: ast.Module) -> Iterator[tuple[int, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in errors() and node.args:
            yield node.lineno, node.args[0]


def sentences(node: ast.AST) -> Iterator[str]:
    """What reads like a sentence below `node`; docstrings and the log's are none for people."""
    match node:
        case ast.Constant(str(text)) if SENTENCE.fullmatch(text):
            yield text
        case ast.JoinedStr(values=[ast.Constant(str(text)), *_, ast.Constant(str(end))]) if (
            SENTENCE.fullmatch(f"{text} {end}")
        ):
            yield ast.unparse(node)
        case ast.Expr(ast.Constant()):
            return
        case ast.Call(func=ast.Attribute(value=ast.Name("logger"))):
            return
        case _:
            for child in ast.iter_child_nodes(node):
                yield from sentences(child)


def test_no_refusal_is_put_together_so_that_nobody_recognises_it() -> None:
    found = [
        f"{name}:{line}"
        for name, tree in ours().items()
        if name not in READERS_OF_WIRES
        for line, sentence in refusals(tree)
        for _ in put_together(sentence)
    ]
    assert found == []


def test_every_constant_that_is_a_refusal_is_marked() -> None:
    found = [
        f"{name}:{line}: {constant}"
        for name, tree in ours().items()
        for line, sentence in refusals(tree)
        for constant in unmarked(sentence, constants_of(tree))
    ]
    assert found == []


def test_whatever_reads_like_a_sentence_is_in_the_catalogue() -> None:
    known = set(collected(sources())) | NOT_FOR_PEOPLE
    found = {(name, text) for name, tree in ours().items() for text in sentences(tree)}
    assert len(found) > 200
    assert sorted(each for each in found if each[1] not in known) == []


def test_the_chat_itself_raises_nothing_that_it_has_not_said() -> None:
    found = [
        f"{name}:{line}"
        for name, tree in trees().items()
        if name.startswith(CHAT)
        for line, sentence in refusals(tree)
        if isinstance(sentence, ast.Constant) or [*put_together(sentence)]
    ]
    assert found == []


def test_every_place_of_a_sentence_has_its_value() -> None:
    for name, tree in ours().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or called(node) != "worded":
                continue
            given = {keyword.arg for keyword in node.keywords}
            template = node.args[0]
            if isinstance(template, ast.Constant) and isinstance(template.value, str):
                assert set(PLACE.findall(template.value)) == given, f"{name}:{node.lineno}"


def test_a_sentence_that_is_left_out_would_be_found() -> None:
    tree = ast.parse(
        '"""A module. Its docstring."""\n'
        'WHY = "Nobody has marked this."\n'
        "def refuse(x):\n"
        '    logger.info("This is for the log.")\n'
        '    raise Rejected(f"You have {x} USDC.")\n'
        'raise Rejected("One. " + "Two.")\n'
        "raise NotFound(WHY)\n"
    )
    assert set(sentences(tree)) == {"Nobody has marked this.", "f'You have {x} USDC.'"}
    assert sum(1 for _, each in refusals(tree) for _ in put_together(each)) == 2
    found = [name for _, each in refusals(tree) for name in unmarked(each, constants_of(tree))]
    assert found == ["WHY"]
