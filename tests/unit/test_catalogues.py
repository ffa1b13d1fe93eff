"""Catalogues: read as gettext reads them, refused where they are broken, kept by one command."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.catalogue import collected, merged, troubles, written
from telegram_bot.languages.catalogue import LOCALE, read_catalogue
from telegram_bot.languages.po import BrokenCatalogue, Entry, parse

ROOT = Path(__file__).parents[2]
HEADER = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    '"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'
)
HOME = '#: telegram_bot/a.py\nmsgid "Home"\nmsgstr "Accueil"\n'
ORDERS = 'msgid "{n} order"\nmsgid_plural "{n} orders"\n'
SOURCE = (
    'say("Home")\nmark("One" if x else "Two")\nplural("{n} order", "{n} orders", 3, n=3)\n'
    "say(TABLE[key])\n"
)


def test_an_entry_is_put_together_from_its_lines() -> None:
    text = (
        HEADER + '# for a button\n#: a.py b.py\nmsgid ""\n"Say \\"yes\\"\\n"\n"now"\nmsgstr "Oui"\n'
    )
    assert parse(text).entries == (Entry('Say "yes"\nnow', None, ("Oui",), files=("a.py", "b.py")),)


def test_what_is_gone_is_known_and_not_said(tmp_path: Path) -> None:
    path = tmp_path / "fr.po"
    path.write_text(HEADER + '#~ msgid "Home"\n#~ msgstr "Accueil"\n', "utf-8")
    assert parse(path.read_text("utf-8")).entries[0].is_gone
    assert read_catalogue(path).gettext("Home") == "Home"


def test_what_is_not_translated_is_english(tmp_path: Path) -> None:
    path = tmp_path / "fr.po"
    path.write_text(
        HEADER + 'msgid "Home"\nmsgstr ""\n\n' + ORDERS + 'msgstr[0] "x"\nmsgstr[1] ""\n', "utf-8"
    )
    catalogue = read_catalogue(path)
    assert catalogue.gettext("Home") == "Home"
    assert catalogue.gettext("Elsewhere") == "Elsewhere"
    assert catalogue.ngettext("{n} order", "{n} orders", 2) == "{n} orders"
    assert catalogue.ngettext("one", "many", 1) == "one"


def test_a_counted_message_is_said_alone_in_its_first_form(tmp_path: Path) -> None:
    path = tmp_path / "fr.po"
    path.write_text(HEADER + ORDERS + 'msgstr[0] "{n} ordre"\nmsgstr[1] "{n} ordres"\n', "utf-8")
    catalogue = read_catalogue(path)
    assert catalogue.gettext("{n} order") == "{n} ordre"
    assert [catalogue.ngettext("{n} order", "{n} orders", n) for n in (0, 1, 2)] == [
        "{n} ordre",
        "{n} ordre",
        "{n} ordres",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "does not begin with its header"),
        (HOME, "does not begin with its header"),
        (HEADER.replace("UTF-8", "latin-1") + HOME, "Content-Type"),
        (HEADER.replace("nplurals=2", "nplurals=two") + HOME, "Plural-Forms"),
        (HEADER + HOME + "\n" + HOME, "line 10: 'Home' stands in the catalogue twice"),
        (HEADER + HOME + HOME, "line 10: a second msgid without an empty line"),
        (HEADER + 'msgid "Home"\n', "not complete"),
        (HEADER + 'msgstr "Accueil"\n', "not complete"),
        (HEADER + ORDERS + 'msgstr[0] "{n} ordre"\n', "needs 2 plural forms"),
        (HEADER + ORDERS + 'msgstr "{n} ordre"\n', "not complete"),
        (HEADER + ORDERS + 'msgstr[1] "{n} ordres"\n', "not complete"),
        (HEADER + 'msgid "Home"\nmsgstr "Accueil\n', "line 7: "),
        (HEADER + 'msgid "Home"\nmsgstr "Acc"ueil"\n', "is no string of a catalogue"),
        (HEADER + 'msgid "Home"\nmsgstr "a\\q"\n', "is no string of a catalogue"),
        (HEADER + 'msgctxt "menu"\n' + HOME, "line 6: 'msgctxt \"menu\"' is not understood"),
        (HEADER + "#, fuzzy\n" + HOME, "line 6: a fuzzy entry"),
        (HEADER + "hello\n", "is not understood"),
    ],
)
def test_a_broken_catalogue_is_refused_by_what_is_wrong_with_it(text: str, fault: str) -> None:
    with pytest.raises(BrokenCatalogue) as refused:
        parse(text)
    assert fault in str(refused.value)


def test_a_file_that_cannot_be_read_names_itself(tmp_path: Path) -> None:
    path = tmp_path / "fr.po"
    path.write_bytes(b'msgid ""\nmsgstr "\xff"\n')
    with pytest.raises(BrokenCatalogue, match=r"^fr\.po: "):
        read_catalogue(path)


def test_messages_are_collected_in_their_order_with_their_files() -> None:
    found = collected({"a.py": SOURCE, "b.py": 'say("One")\nwords.say("Three")\n'})
    assert [(each.msgid, each.plural, each.files) for each in found.values()] == [
        ("Home", None, ("a.py",)),
        ("One", None, ("a.py", "b.py")),
        ("Two", None, ("a.py",)),
        ("{n} order", "{n} orders", ("a.py",)),
        ("Three", None, ("b.py",)),
    ]


def test_an_error_says_its_sentence_though_another_class_has_its_name() -> None:
    found = collected(
        {
            "a.py": "class Unclear(PolycoolError, ValueError): ...\nUnclear('This is unclear.')\n",
            "b.py": "class Unclear: ...\n",
        }
    )
    assert list(found) == ["This is unclear."]


def test_what_is_said_alone_and_counted_is_one_message() -> None:
    found = collected({"a.py": 'say("Gone")\n', "b.py": 'plural("Gone", "{n} gone", 2)\n'})
    assert list(found.values()) == [Entry("Gone", "{n} gone", ("", ""), ("a.py", "b.py"))]


def test_new_messages_come_in_empty_and_those_said_no_more_are_set_aside() -> None:
    file = parse(HEADER + HOME + '\nmsgid "Old"\nmsgstr "Vieux"\n\nmsgid "Empty"\nmsgstr ""\n')
    messages = collected({"a.py": 'say("New")\nsay("Home")\n'})
    after = parse(written(file.header, merged(messages, file)))
    assert after.entries == (
        Entry("New", None, ("",), ("a.py",)),
        Entry("Home", None, ("Accueil",), ("a.py",)),
        Entry("Old", None, ("Vieux",), is_gone=True),
    )
    assert troubles(messages, after) == ["not translated: 'New'"]
    back = merged(collected({"a.py": 'say("Old")\n'}), after)
    assert back[0] == Entry("Old", None, ("Vieux",), ("a.py",))


@pytest.mark.parametrize(
    ("english", "translated", "trouble"),
    [
        ("{a} of {b}", "{a} sur {c}", "placeholders"),
        ("{a}", "{a} {a}", "placeholders"),
        ("<b>{a}</b>", "{a}", "markup"),
        ("P&amp;L", "P&L", "markup"),
        ("<b>a</b> <i>b</i>", "<b>a<i></b>b</i>", "tags"),
        ("a", "", "not translated"),
    ],
)
def test_a_translation_keeps_places_and_markup(english: str, translated: str, trouble: str) -> None:
    messages = collected({"a.py": f"say({english!r})\n"})
    file = parse(written(parse(HEADER).header, [Entry(english, None, (translated,))]))
    (found,) = troubles(messages, file)
    assert found.startswith(f"{trouble}: ")


def test_messages_that_are_missing_or_said_nowhere_are_named() -> None:
    file = parse(HEADER + HOME)
    assert troubles(collected({"a.py": 'say("New")\n'}), file) == [
        "missing: 'New'",
        "said nowhere: 'Home'",
    ]


def test_a_message_that_is_counted_now_is_translated_anew() -> None:
    file = parse(HEADER + 'msgid "{n} order"\nmsgstr "{n} ordre"\n')
    messages = collected({"a.py": 'plural("{n} order", "{n} orders", 2)\n'})
    assert troubles(messages, file) == ["plural: '{n} order' is counted as '{n} orders'"]
    assert merged(messages, file) == [Entry("{n} order", "{n} orders", ("", ""), ("a.py",))]


def test_the_catalogue_is_written_as_the_command_writes_it() -> None:
    text = (LOCALE / "fr.po").read_text("utf-8")
    file = parse(text)
    assert written(file.header, file.entries) == text


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "fr.po"
    path.write_text(HEADER, "utf-8")
    done = _command("check", path)
    assert done.returncode == 1
    assert "missing: 'Home'\n" in done.stdout
    done = _command("update", path)
    assert (done.returncode, "not translated: 'Home'\n" in done.stdout) == (0, True)
    path.write_text("hello\n", "utf-8")
    done = _command("check", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "fr.po: line 1: 'hello' is not understood\n"


def _command(command: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.catalogue", command, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
