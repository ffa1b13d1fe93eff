"""The sandbox reads Telegram's HTML as Telegram does: text, entities, refusals."""

from html import escape

import pytest
from aiogram.types import MessageEntity
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.sandbox.telegram.errors import BotApiError
from infrastructure.sandbox.telegram.html_text import FormattedText, parse_html
from infrastructure.sandbox.telegram.rendering import safe_html
from infrastructure.sandbox.telegram.text import caption_text, formatted, message_text, tidy
from infrastructure.sandbox.telegram.utf16 import utf16_length

TAGS = ("b", "i", "u", "s", "tg-spoiler", "code", "pre", "blockquote")
Span = tuple[str, int, int]


def spans(source: str) -> list[Span]:
    return [(each.type, each.offset, each.length) for each in parse_html(source).entities]


@given(st.text())
def test_any_escaped_text_parses_to_itself(text: str) -> None:
    parsed = parse_html(escape(text))
    assert (parsed.text, parsed.entities) == (text, ())


@given(st.text(), st.text(min_size=1), st.text(), st.sampled_from(TAGS))
def test_offsets_count_utf16_units(before: str, inside: str, after: str, tag: str) -> None:
    parsed = parse_html(f"{escape(before)}<{tag}>{escape(inside)}</{tag}>{escape(after)}")
    units = parsed.text.encode("utf-16-le")
    (entity,) = parsed.entities
    begin, end = entity.offset * 2, (entity.offset + entity.length) * 2
    assert units[begin:end].decode("utf-16-le") == inside
    assert parsed.text == before + inside + after


@given(st.text(alphabet="<>/=\"' &;#xab-1\n🎉", max_size=40))
def test_no_markup_breaks_the_parser(source: str) -> None:
    try:
        parsed = parse_html(source)
    except BotApiError as error:
        assert error.description.startswith("Bad Request: can't parse entities: ")  # noqa: PT017 - either outcome is right
    else:
        limit = utf16_length(parsed.text)
        assert all(each.offset + each.length <= limit for each in parsed.entities)


@given(st.text(alphabet=" \n\r\tab\u202e🎉", max_size=30), st.data())
def test_tidying_keeps_each_entity_on_its_text(text: str, data: st.DataObject) -> None:
    length = utf16_length(text)
    offset = data.draw(st.integers(0, length))
    span = data.draw(st.integers(0, length - offset))
    bold = MessageEntity(type="bold", offset=offset, length=span)
    tidied = tidy(FormattedText(text, (bold,)))
    limit = utf16_length(tidied.text)
    assert all(each.offset >= 0 < each.length for each in tidied.entities)
    assert all(each.offset + each.length <= limit for each in tidied.entities)
    assert tidied.text == tidied.text.rstrip(" \n")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<b>hi 🎉</b> x", [("bold", 0, 5)]),
        ("🎉<strong>a</strong>", [("bold", 2, 1)]),
        ("<b>a<i>b</i></b>", [("bold", 0, 2), ("italic", 1, 1)]),
        ("<del>x</del><ins>y</ins>", [("strikethrough", 0, 1), ("underline", 1, 1)]),
        ('<span class="tg-spoiler">s</span>', [("spoiler", 0, 1)]),
        ("<blockquote expandable>q</blockquote>", [("expandable_blockquote", 0, 1)]),
        ("<B>up</B >", [("bold", 0, 2)]),
        ("<b></b>x", []),
        ("<b>a<b>b</b></b>", [("bold", 0, 2)]),
        ("<code>a<b>b</b></code>", [("code", 0, 2)]),
        ('<tg-emoji emoji-id="5">🎉</tg-emoji>', [("custom_emoji", 0, 2)]),
        ('<a href="nowhere">x</a>', []),
        ('<a href="tg://user?id=7">x</a>', [("text_mention", 0, 1)]),
    ],
)
def test_tags_become_entities(source: str, expected: list[Span]) -> None:
    assert spans(source) == expected


def test_code_inside_pre_names_its_language() -> None:
    (entity,) = parse_html('<pre><code class="language-py">x</code></pre>').entities
    assert (entity.type, entity.language) == ("pre", "py")


def test_a_link_keeps_its_target() -> None:
    (entity,) = parse_html('<a href="https://x.com?a=1&amp;b=2">x</a>').entities
    assert entity.url == "https://x.com/?a=1&b=2"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("é<div>", 'Unsupported start tag "div" at byte offset 2'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<b", "Unclosed start tag at byte offset 0"),
        ('<a href="x', "Unclosed start tag at byte offset 0"),
        ("<a ='x'>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<a href=x_y>", "Unexpected end of name token at byte offset 8"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<tg-emoji>x</tg-emoji>", "Invalid custom emoji identifier specified"),
    ],
)
def test_broken_markup_is_refused_in_telegrams_words(source: str, reason: str) -> None:
    with pytest.raises(BotApiError) as refusal:
        parse_html(source)
    assert refusal.value.description == f"Bad Request: can't parse entities: {reason}"


def test_only_four_names_and_numbers_are_references() -> None:
    source = "&lt;&gt;&amp;&quot;&#39;&#x27; &nbsp; &copy; & &#0; &#xD800;"
    assert parse_html(source).text == "<>&\"'' &nbsp; &copy; & &#0; &#xD800;"


def test_commands_links_and_mentions_are_found_outside_code() -> None:
    body = formatted(
        "/start polymarket.com/event/x, <code>/no</code> @alice (https://a.io/b).", "HTML"
    )
    found = [(each.type, each.offset, each.length) for each in body.entities]
    assert found == [
        ("bot_command", 0, 6),
        ("url", 7, 22),
        ("code", 31, 3),
        ("mention", 35, 6),
        ("url", 43, 14),
    ]


def test_a_price_is_no_command_and_a_path_no_mention() -> None:
    assert formatted("1/2 a/b x@y 0.5/day").entities == ()


@pytest.mark.parametrize("text", ["", "  \n ", "<b></b>", "\u202e"])
def test_a_text_of_nothing_is_empty(text: str) -> None:
    with pytest.raises(BotApiError, match="message text is empty"):
        message_text(text, "HTML", None, "message is too long")


def test_length_is_counted_after_parsing_and_in_utf16_units() -> None:
    assert message_text(f"<b>{'a' * 4096}</b>", "HTML", None, "long").text == "a" * 4096
    assert caption_text("🎉" * 512, None, None).text == "🎉" * 512
    with pytest.raises(BotApiError, match="long"):
        message_text("🎉" * 2048 + "a", None, None, "long")
    with pytest.raises(BotApiError, match="caption is too long"):
        caption_text("a" * 1025, None, None)


def test_an_entity_beyond_the_text_is_refused() -> None:
    with pytest.raises(BotApiError, match="ends after the end of the text"):
        formatted("abc", None, [MessageEntity(type="bold", offset=2, length=2)])


def test_markdown_is_refused_rather_than_guessed() -> None:
    with pytest.raises(BotApiError, match="unsupported parse_mode"):
        formatted("*x*", "MarkdownV2")


def test_rendered_html_nests_and_escapes() -> None:
    parsed = parse_html('a&lt;<b>🎉<i>b&amp;</i></b><a href="https://x.com/?a=&quot;">l</a>')
    assert safe_html(parsed.text, parsed.entities) == (
        'a&lt;<b>🎉<i>b&amp;</i></b><a href="https://x.com/?a=&quot;" '
        'rel="noopener noreferrer" target="_blank">l</a>'
    )


@given(st.text(), st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=4))
def test_rendered_html_never_loses_text_whatever_the_entities(
    text: str, places: list[tuple[int, int]]
) -> None:
    entities = [
        MessageEntity(type="bold", offset=at, length=min(span, 12 - at)) for at, span in places
    ]
    rendered = safe_html("x" * 12 + text, entities)
    assert rendered.replace("<b>", "").replace("</b>", "") == "x" * 12 + escape(text)
