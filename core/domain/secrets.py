"""Recognises what people must never send: keys, seed phrases, API secrets, tokens."""

import re
import unicodedata
from enum import StrEnum
from typing import Final


class SecretKind(StrEnum):
    BOT_TOKEN = "bot token"  # noqa: S105 - the name of a kind
    PRIVATE_KEY = "private key"
    API_SECRET = "API secret"  # noqa: S105 - the name of a kind
    AUTHENTICATOR = "secret of an authenticator"
    SEED_PHRASE = "seed phrase"


KEY_DIGITS: Final = range(60, 69)  # of 64: what lacks a few digits is guessed in moments
FEWEST_WORDS: Final = 12  # of a seed phrase

_IN_SENTENCES: Final = """
the and for are was were has had not but its his her she him them their been being would could
should from who whose how why which than these those onto after per let does did done got get buy
bet yes prices markets
"""
NO_SEED_WORDS: Final = frozenset(_IN_SENTENCES.split())
"""Words that sentences are full of and no seed phrase holds, in any language of BIP-39."""

_BASE58: Final = "[1-9A-HJ-NP-Za-km-z]"
_LINK: Final = re.compile(
    r"(?<![\w./@-])(?:https?://)?(?:[a-z0-9-]{1,63}\.){0,3}"
    r"(?:polymarket\.com|polygonscan\.com|etherscan\.io)/\S*",
    re.ASCII | re.IGNORECASE,
)
_PUBLIC_HASH: Final = re.compile(
    r"(/(?:tx|transactions?|blocks?|markets?|conditions?|tokens?)/"
    r"|[?&](?:market|condition_?ids?|tx|(?:tx|transaction)_?hash)=)(?:0x)?[0-9a-f]{60,68}(?![0-9a-z])",
    re.ASCII | re.IGNORECASE,
)
_HEX: Final = re.compile(
    r"(?<![0-9a-z])(?:0x)?([0-9a-f]{2,}(?:[\s:-]{1,2}[0-9a-f]{2,})*)(?![0-9a-z])",
    re.ASCII | re.IGNORECASE,
)
_KEY_IN_BASE58: Final = re.compile(
    rf"\b(?:[5KL]{_BASE58}{{50,51}}|[xyz]prv{_BASE58}{{100,}}|{_BASE58}{{87,88}})\b", re.ASCII
)
_KEY_BLOCK: Final = re.compile(r"BEGIN [A-Z ]{0,30}PRIVATE KEY", re.ASCII)
_BOT_TOKEN: Final = re.compile(r"(?<!\d)\d{6,12}:[A-Za-z0-9_-]{30,}", re.ASCII)
_BASE64: Final = re.compile(
    r"(?<![A-Za-z0-9+/_=-])(?:[A-Za-z0-9+/_-]{43}=|[A-Za-z0-9+/_-]{86}==)(?![A-Za-z0-9=])", re.ASCII
)
_BASE32: Final = re.compile(  # 20 bytes, in one piece or in groups, as apps show them
    r"(?<![A-Z0-9])(?:[A-Z2-7]{32}|[A-Z2-7]{4}(?: [A-Z2-7]{4}){7})(?![A-Z0-9])",
    re.ASCII | re.IGNORECASE,
)
_ENROLMENT: Final = re.compile(r"otpauth://\S*secret=", re.ASCII | re.IGNORECASE)
_LABELLED: Final = re.compile(
    r"(?<![a-z])(?:api[ _-]?key|secret|passphrase|password|private[ _-]?key|hmac|mnemonic)"
    r"[\"']?\s{0,3}(?:[:=]|is\b)\s{0,3}[\"']?([^\s\"']{16,})",
    re.ASCII | re.IGNORECASE,
)
_ADDRESS: Final = re.compile(  # of a page: its words are no words of a phrase
    r"https?://\S+|(?<![\w.-])(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,12}/\S*", re.ASCII | re.IGNORECASE
)
_BREAK: Final = " x "  # one letter: no word of a phrase
_SEED_WORD: Final = re.compile(r"[a-z]{3,9}", re.ASCII)
_EASTERN_WORD: Final = re.compile(r"[\u3040-\u30ff\uac00-\ud7a3\u4e00-\u9fff]{1,8}")
_BETWEEN_WORDS: Final = re.compile(r"[\W\d_]+")
_SEED_LENGTHS: Final = frozenset({12, 15, 18, 21, 24})


def pasted_secret(text: str) -> SecretKind | None:
    """The first kind of secret that `text` seems to hold; None if it seems to hold none.

    Rather once too often than once too rarely: what is refused wrongly can be worded differently.
    64 hexadecimal digits (60 to 68, in one piece or in groups) may be a private key or a harmless
    hash, and nothing tells them apart. They count as a key, condition ids and transaction hashes
    too, unless they stand in a link to the venue or to a block explorer behind a word like `/tx/`
    or `?market=`. Addresses, signatures and token ids are no keys.

    >>> pasted_secret("polygonscan.com/tx/0x" + "ab" * 32)
    >>> pasted_secret("ab" * 32)
    <SecretKind.PRIVATE_KEY: 'private key'>
    """
    plain = _plain(text)
    found = {
        SecretKind.BOT_TOKEN: _BOT_TOKEN.search(plain) is not None,
        SecretKind.PRIVATE_KEY: _holds_key(_LINK.sub(_without_hash, plain)),
        SecretKind.AUTHENTICATOR: _holds_authenticator(plain),
        SecretKind.API_SECRET: _holds_api_secret(plain),
        SecretKind.SEED_PHRASE: _holds_seed_phrase(plain),
    }
    return next((kind for kind, is_there in found.items() if is_there), None)


def _plain(text: str) -> str:
    """`text` without what cannot be seen, and with ordinary digits and letters."""
    compatible = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in compatible if unicodedata.category(letter) != "Cf")


def _without_hash(link: re.Match[str]) -> str:
    return _PUBLIC_HASH.sub(r"\1", link[0])


def _holds_key(text: str) -> bool:
    return (
        any(_is_key(match[1]) for match in _HEX.finditer(text))
        or any(_is_mixed(match[0]) for match in _KEY_IN_BASE58.finditer(text))
        or _KEY_BLOCK.search(text) is not None
    )


def _is_key(found: str) -> bool:
    """Whether a group is as long as a key, or all together are; no key is all numbers or dates."""
    groups = re.split(r"[\s:-]+", found)
    joined = "".join(groups)
    return any(len(group) in KEY_DIGITS for group in groups) or (
        len(joined) in KEY_DIGITS and not joined.isdecimal()
    )


def _holds_api_secret(text: str) -> bool:
    return any(_is_mixed(match[0]) for match in _BASE64.finditer(text)) or any(
        _is_password(match[1]) for match in _LABELLED.finditer(text)
    )


def _holds_authenticator(text: str) -> bool:
    return _ENROLMENT.search(text) is not None or any(
        _has_both(match[0]) for match in _BASE32.finditer(text)
    )


def _is_mixed(text: str) -> bool:
    return text.lower() != text != text.upper()


def _is_password(value: str) -> bool:
    return _has_both(value) and "://" not in value


def _has_both(value: str) -> bool:
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def _holds_seed_phrase(text: str) -> bool:
    words = _BETWEEN_WORDS.sub(" ", _folded(_ADDRESS.sub(_BREAK, text))).split()
    if len(words) in _SEED_LENGTHS and all(map(_EASTERN_WORD.fullmatch, words)):
        return True
    run = 0
    for word in words:
        is_likely = _SEED_WORD.fullmatch(word) and word not in NO_SEED_WORDS
        run = run + 1 if is_likely else 0
        if run == FEWEST_WORDS:
            return True
    return False


def _folded(text: str) -> str:
    """Small letters without accents."""
    parts = unicodedata.normalize("NFKD", text.lower())
    bare = "".join(letter for letter in parts if unicodedata.category(letter) != "Mn")
    return unicodedata.normalize("NFC", bare)
