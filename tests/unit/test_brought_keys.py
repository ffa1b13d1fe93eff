"""What people type at the console: keys, phrases that are refused, addresses with a slip."""

import os
import traceback
from contextlib import closing
from pathlib import Path

import pytest

from infrastructure.custody.addresses import typed_address
from infrastructure.custody.brought_key import LONGEST, BroughtKeyRefused, brought_key, key_text
from infrastructure.polymarket.signing.errors import SigningRefused
from infrastructure.security.errors import KeyFileRefused

MARK = "c0ffee0123456789c0ffee0123456789c0ffee0123456789c0ffee0123456789"
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
SPELT = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # of EIP-55's own examples


@pytest.mark.parametrize("text", [MARK, f"0x{MARK}", f"  0x{MARK.upper()}\n"])
def test_a_key_is_read_with_or_without_its_prefix(text: str) -> None:
    with closing(brought_key(text)) as key, key.opened() as material:
        assert material == bytes.fromhex(MARK)


def test_a_seed_phrase_is_refused_with_an_explanation() -> None:
    with pytest.raises(BroughtKeyRefused, match="seed phrases are never taken") as refusal:
        brought_key(PHRASE)
    assert "sausage" not in str(refusal.value)


@pytest.mark.parametrize("text", ["", MARK[1:], MARK + "0", f"0x0x{MARK}", f"{MARK} {MARK}", "key"])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BroughtKeyRefused, match="no private key") as refusal:
        brought_key(text)
    assert MARK[1:20] not in "".join(traceback.format_exception_only(refusal.value))


def file(folder: Path, mode: int, content: bytes = MARK.encode()) -> Path:
    path = folder / "key.txt"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_key_comes_from_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    assert key_text(file(tmp_path, 0o400)) == MARK


@pytest.mark.parametrize("mode", [0o600, 0o440, 0o404, 0o777])
def test_a_file_that_is_open_to_more_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(KeyFileRefused, match="wider than 0400"):
        key_text(file(tmp_path, mode))


def test_links_pipes_folders_and_what_is_missing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(file(tmp_path, 0o400))
    os.mkfifo(tmp_path / "pipe", 0o400)
    for path in (tmp_path / "link", tmp_path / "missing", tmp_path):
        with pytest.raises(KeyFileRefused, match=f"{path} cannot be used"):
            key_text(path)
    with pytest.raises(BroughtKeyRefused, match="no plain file"):
        key_text(tmp_path / "pipe")


def test_a_file_that_is_no_text_or_far_too_long_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(BroughtKeyRefused, match="no text"):
        key_text(file(tmp_path, 0o400, b"\xff" * 32))
    (tmp_path / "key.txt").unlink()
    assert len(key_text(file(tmp_path, 0o400, b"a" * 5 * LONGEST))) == LONGEST


@pytest.mark.parametrize("text", [SPELT, SPELT.lower(), "0x" + SPELT[2:].upper(), f" {SPELT} "])
def test_an_address_is_taken_in_any_spelling_that_says_the_same(text: str) -> None:
    assert typed_address(text) == SPELT


@pytest.mark.parametrize(
    "text",
    [
        SPELT.replace("aA", "Aa"),  # capitals that do not fit
        SPELT[:-1] + "e",  # another digit
        SPELT[:-1],
        SPELT + "0",
        SPELT[2:],
        "0x" + "0" * 40,
        "",
        "0x" + "g" * 40,
    ],
)
def test_a_slip_in_an_address_is_noticed(text: str) -> None:
    with pytest.raises(SigningRefused):
        typed_address(text)
