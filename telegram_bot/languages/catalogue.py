"""What the words of the chat are looked up in: one catalogue a language, read once at start.

Amounts are written alike in every language, `$1,284.10` and `62¢`: they are what the venue, the
tickets and what people type look like, and a comma that parts cents here and thousands there is a
mistake with money waiting to be made.
"""

from collections.abc import Callable, Iterable
from gettext import NullTranslations, c2py
from pathlib import Path
from typing import Final

from telegram_bot.languages.po import BrokenCatalogue, Entry, parse
from telegram_bot.words import install

LOCALE: Final = Path(__file__).parent / "locale"
CHAT: Final = "telegram_bot/"  # what is said in other files comes to the chat as English text


class Catalogue(NullTranslations):
    """Like `gettext.GNUTranslations`, of entries; English for what is not translated."""

    def __init__(self, entries: Iterable[Entry], plural_of: Callable[[int], int]) -> None:
        super().__init__()
        current = [each for each in entries if not each.is_gone]
        self.told = tuple(
            each.msgid for each in current if any(not file.startswith(CHAT) for file in each.files)
        )
        self._forms = {each.msgid: each.forms for each in current}
        self._counted = {each.msgid: each.forms for each in current if each.plural is not None}
        self._plural_of = plural_of

    def gettext(self, message: str) -> str:
        return self._forms.get(message, ("",))[0] or message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        forms = self._counted.get(msgid1, ())
        if not forms or not all(forms):
            return super().ngettext(msgid1, msgid2, n)
        return forms[self._plural_of(n)]


def read_catalogue(path: Path) -> Catalogue:
    """Raises: BrokenCatalogue, with the file's name."""
    try:
        file = parse(path.read_text("utf-8"))
        return Catalogue(file.entries, c2py(file.plural_rule))
    except (BrokenCatalogue, ValueError) as error:  # as of bytes that are no UTF-8
        raise BrokenCatalogue(f"{path.name}: {error}") from error


def install_catalogues() -> Callable[[], None]:
    """Every language that there is a file of; what is returned takes them away again.

    Raises: BrokenCatalogue.
    """
    removals = [_install(path) for path in sorted(LOCALE.glob("*.po"))]

    def remove() -> None:
        for each in removals:
            each()

    return remove


def _install(path: Path) -> Callable[[], None]:
    catalogue = read_catalogue(path)
    return install(path.stem, catalogue, catalogue.told)
