"""Secrets in what people write, and the many things that look a little like them."""

import unicodedata
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.secrets import NO_SEED_WORDS, SecretKind, pasted_secret

KEY = "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"
CONDITION = "0xbd31dc8a20211944f6b70f31557f1001557b59905b7738480ca09bd4532f84af"
TOKEN_ID = "71321045679252212594626385532706912750332728571942532289631379312455583992563"
BOT_TOKEN = "1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"
HMAC = "c3RyYW5nZXItdGhhbi1maWN0aW9uLWlzLXRoZS1rZXkh"[:43] + "="
AUTHENTICATOR = "PANGQJ6Z5CCBUIE4NMMGVACSPINIJLKR"
SEED = "abandon ability able about above absent absorb abstract absurd abuse access accident"
WORDS = SEED.split()

LISTS = {
    file.stem: file.read_text(encoding="utf-8").split()
    for place in (find_spec("eth_account"),)
    if place is not None and place.origin is not None
    for file in sorted((Path(place.origin).parent / "hdaccount/wordlist").iterdir())
}


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        "0x" + KEY,
        KEY.upper(),
        "0X" + KEY.upper(),
        f"here it is:\n0x{KEY}\nthanks",
        f"'{KEY}',",
        f"`{KEY}`",
        f"<code>{KEY}</code>",
        f"pk={KEY}",
        f"PRIVATE_KEY=0x{KEY}",
        f"{KEY}\n{KEY}",
        f"0x{KEY} 0x{KEY}",
        f"0x{KEY} and decade",
        KEY[:32] + "\n" + KEY[32:],
        " ".join(KEY[start : start + 4] for start in range(0, 64, 4)),
        ":".join(KEY[start : start + 2] for start in range(0, 64, 2)),
        "-".join(KEY[start : start + 8] for start in range(0, 64, 8)),
        KEY[:30] + "\u200b" + KEY[30:],
        "".join(chr(ord(digit) + 0xFEE0) for digit in KEY),  # full-width digits and letters
        KEY[1:],
        KEY[:-4],
        KEY + "ab",
        "1234567890" * 6 + "1234",
        CONDITION,
        f"tx {CONDITION}",
        f"https://example.com/tx/{CONDITION}",
        f"https://polymarket.com.example.com/tx/{CONDITION}",
        f"https://example.com/polygonscan.com/tx/{CONDITION}",
        f"https://polymarket.com/import?key={KEY}",
        f"https://polygonscan.com/tx/{CONDITION}?key={KEY}",
        f"https://polygonscan.com/tx/{CONDITION} {KEY}",
        f"https://polygonscan.com/address/{KEY}",
        "L" + "1aW4" * 12 + "aub",
        "5" + "Kb8k" * 12 + "Lf",
        "xprv" + "9s21ZrQH" * 13,
        "4wBqpZM9" * 11,
        "-----BEGIN EC PRIVATE KEY-----",
        "—BEGIN PRIVATE KEY—",
    ],
)
def test_private_keys_are_recognised(text: str) -> None:
    assert pasted_secret(text) is SecretKind.PRIVATE_KEY


@pytest.mark.parametrize(
    "text",
    [
        SEED,
        SEED.upper(),
        SEED.title(),
        SEED.replace(" ", "\n"),
        SEED.replace(" ", ", "),
        SEED.replace(" ", "  \t "),
        SEED.replace(" ", "-"),
        SEED.replace(" ", "|"),
        " ".join(f"{number}. {word}" for number, word in enumerate(WORDS, 1)),
        "\n".join(f"{number}) {word}" for number, word in enumerate(WORDS, 1)),
        str(WORDS),
        f"my phrase is: {SEED}",
        f"please help, {SEED}. It does not work in the wallet",
        f"{SEED} {SEED}",
        SEED.replace("a", "a\u200d"),
        "abandon " * 11 + "about",
        ", ".join(["zoo"] * 24),
        " ".join(unicodedata.normalize("NFD", "ábaco") for _ in range(12)),
        "あいこくしん　" * 11 + "あいさつ",
        "的 一 是 在 不 了 有 和 人 这 中 大",
        "가격 가끔 가난 가능 가득 가르침 가뭄 가방 가상 가슴 가운데 가을",
    ],
)
def test_seed_phrases_are_recognised(text: str) -> None:
    assert pasted_secret(text) is SecretKind.SEED_PHRASE


@pytest.mark.parametrize(
    "text",
    [
        HMAC,
        HMAC.replace("a", "-").replace("b", "_"),
        f"secret {HMAC}",
        f'"secret": "{HMAC}"',
        "Ab3+/" * 17 + "A==",
        "CLOB_API_KEY=f4f247b7-4ac7-ff29-a152-04fda0a8755a",
        "api key: f4f247b7-4ac7-ff29-a152-04fda0a8755a",
        '{"apiKey": "f4f247b7-4ac7-ff29-a152-04fda0a8755a"}',
        "the passphrase is 5f1c9e0d2b7a4c6e8f90",
        "Password = correct4horse7battery",
        f"api secret: {HMAC[:-1]}",
        "mnemonic: 7a4c6e8f90abcdefgh",
    ],
)
def test_api_secrets_are_recognised(text: str) -> None:
    assert pasted_secret(text) is SecretKind.API_SECRET


@pytest.mark.parametrize(
    "text",
    [
        AUTHENTICATOR,
        f"otpauth://totp/Polycool:7?secret={AUTHENTICATOR}&issuer=Polycool",
        f"my code: {AUTHENTICATOR}",
        AUTHENTICATOR.lower(),
        " ".join(AUTHENTICATOR[start : start + 4] for start in range(0, 32, 4)),
        "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ",
    ],
)
def test_secrets_of_authenticators_are_recognised(text: str) -> None:
    assert pasted_secret(text) is SecretKind.AUTHENTICATOR


@pytest.mark.parametrize(
    "text",
    [
        AUTHENTICATOR + "A",
        AUTHENTICATOR[1:],
        "a" * 32,
        "will this word here have long term cost risk",
    ],
)
def test_what_is_nearly_a_secret_of_an_authenticator_is_none(text: str) -> None:
    assert pasted_secret(text) is None


@pytest.mark.parametrize(
    "text",
    [
        BOT_TOKEN,
        f"Use this token to access the HTTP API:\n{BOT_TOKEN}\nKeep it",
        f"https://api.telegram.org/bot{BOT_TOKEN}/getMe",
        f"TELEGRAM_BOT_TOKEN={BOT_TOKEN}",
        f"token {BOT_TOKEN} and key {KEY}",
    ],
)
def test_bot_tokens_are_recognised(text: str) -> None:
    assert pasted_secret(text) is SecretKind.BOT_TOKEN


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "25",
        "/start",
        "/start ref_A1b2C3d4E5f6G7h8J9k0L1m2N3p4Q5r6S7t8U9v0W1x2Y3z4A5b6C7d8E9f0",
        "fed",
        "will bitcoin close above 100k this year",
        "Will the highest temperature in New York City be over 50F on 24 November",
        "will the fed cut rates and will markets rise after that this year again",
        "https://polymarket.com/event/fed-decision-in-december",
        "polymarket.com/event/senate-house-majority-leader-vote-count-midterm-election-night-winner",
        "polymarket.com/event/trump-biden-harris-vance-rubio-newsom-walz-cruz-haley-paul-kemp-moore",
        "https://www.example.com/news/press/release/federal/reserve/system/open/minutes/statement",
        f"https://polygonscan.com/tx/{CONDITION}",
        f"polygonscan.com/tx/{CONDITION.removeprefix('0x')}",
        f"see https://polygonscan.com/tx/{CONDITION}, please",
        f"https://www.polygonscan.com/block/{CONDITION}#events",
        f"https://clob.polymarket.com/markets/{CONDITION}",
        f"https://data-api.polymarket.com/trades?limit=5&market={CONDITION}&offset=0",
        f"https://gamma-api.polymarket.com/markets?condition_ids={CONDITION}",
        f"https://polymarket.com/event/fed?conditionId={CONDITION}",
        "0x" + KEY[:40],
        f"https://polygonscan.com/address/0x{KEY[:40]}",
        f"0x{KEY[:40]} 0x{KEY[24:]}",
        "0x" + KEY * 2 + "1b",  # a signature
        KEY[:32],
        KEY[:59],
        KEY + "abcde",
        TOKEN_ID,
        f"{TOKEN_ID} {TOKEN_ID}",
        f"token: {TOKEN_ID}",
        "f4f247b7-4ac7-ff29-a152-04fda0a8755a",
        "2026-11-21 2026-11-22 2026-11-23 2026-11-24 2026-11-25 2026-11-26 2026-11-27 2026-11-28",
        "10 20 30 40 50 60 70 80 90 10 20 30 40 50 60 70 80 90 10 20 30 40 50 60 70 80 90 10 20 30",
        "12:30",
        "100:1",
        "1234567:short",
        "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU",  # a Solana address
        "secret: none",
        "the secret is in the sauce",
        "the password is something else entirely",
        "secret: https://example.com/page/number/12345",
        "api key",
        "a" * 44,
        "=" * 44,
        "abandon " * 10,
        "abandon " * 11,
        " ".join(WORDS[:6]) + " and " + " ".join(WORDS[6:]),
        " ".join(WORDS[:11]) + " extraordinary",
        "今日の天気はどうですか",
        "Wird Bitcoin bis Ende des Jahres über hunderttausend Dollar steigen oder nicht",
    ],
)
def test_what_people_search_for_and_paste_is_no_secret(text: str) -> None:
    assert pasted_secret(text) is None


@pytest.mark.parametrize("language", sorted(LISTS))
@given(data=st.data(), length=st.sampled_from([12, 15, 18, 21, 24]))
def test_every_phrase_of_every_language_is_recognised(
    language: str, data: st.DataObject, length: int
) -> None:
    words = data.draw(st.lists(st.sampled_from(LISTS[language]), min_size=length, max_size=length))
    assert pasted_secret(" ".join(words)) is SecretKind.SEED_PHRASE


def test_there_are_nine_lists_and_the_words_of_sentences_are_in_none() -> None:
    assert len(LISTS) == 9
    assert not NO_SEED_WORDS & {word for words in LISTS.values() for word in words}


@given(
    st.binary(min_size=32, max_size=32).filter(any),
    st.sampled_from(["{}", "0x{}", "key: {}", "my key\n{}\nok?", "({})", "{}."]),
)
def test_every_key_is_recognised(key: bytes, around: str) -> None:
    assert pasted_secret(around.format(key.hex())) is SecretKind.PRIVATE_KEY


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    assert pasted_secret(text) in {None, *SecretKind}


@given(st.integers(1, 10**9), st.decimals(0, 1, places=4), st.text(max_size=20))
def test_numbers_are_no_secrets(number: int, price: object, unit: str) -> None:
    assert pasted_secret(f"{number} {price} {unit[:3]}") is None
