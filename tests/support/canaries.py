"""Marked secrets, and a search for them in every spelling that they may be written in."""

import base64
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import numpy as np
from numpy.typing import NDArray

SHORTEST = 8  # bytes of a spelling that cannot be there by chance
PIECE = 1 << 22  # bytes of a file at a time


def spellings(secret: bytes) -> dict[str, bytes]:
    """How `secret` may stand in a text or a file, by the name of the spelling."""
    found = {
        "plain": secret,
        "hex": secret.hex().encode(),
        "HEX": secret.hex().upper().encode(),
        "decimal": str(int.from_bytes(secret, "big")).encode(),
        "bytes": repr(secret)[2:-1].encode(),
        "list": ", ".join(map(str, secret)).encode(),
    }
    for shift in range(3):  # of its place in what was encoded
        found |= {f"base64+{shift}": _inner(secret, shift, base64.b64encode)}
        found |= {f"base64url+{shift}": _inner(secret, shift, base64.urlsafe_b64encode)}
    if secret.isascii():
        text = secret.decode()
        found |= {
            "url": quote(text, safe="").encode(),
            "form": quote_plus(text).encode(),
            "json": json.dumps(text)[1:-1].encode(),
            "utf-16": text.encode("utf-16-le"),
            "reversed": text[::-1].encode(),
        }
    return {name: form for name, form in found.items() if len(form) >= SHORTEST}


def _inner(secret: bytes, shift: int, encode: object) -> bytes:
    """What all base64 texts with `secret` at that place have in common."""
    assert callable(encode)
    text: bytes = encode(b"\0" * shift + secret)
    beginning = (0, 2, 3)[shift]
    whole = (shift + len(secret)) * 8 // 6
    return text[beginning:whole]


@dataclass(frozen=True, slots=True)
class Hit:
    where: str
    canary: str
    spelling: str


@dataclass
class Search:
    """Looks for canaries, counts the bytes it has looked at, by place."""

    canaries: dict[str, bytes] = field(repr=False)
    hits: list[Hit] = field(default_factory=list)
    looked_at: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._names = {
            form: (name, spelling)
            for name, secret in self.canaries.items()
            for spelling, form in spellings(secret).items()
        }
        longest_first = sorted(self._names, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, longest_first)))
        self._overlap = len(longest_first[0])
        beginnings = np.frombuffer(b"".join(form[:4] for form in longest_first), "<u4")
        self._beginnings = np.unique(beginnings)
        self._pairs = np.zeros(1 << 16, np.bool_)
        self._pairs[self._beginnings & 0xFFFF] = True

    @property
    def forms(self) -> int:
        return len(self._names)

    def text(self, place: str, text: str) -> None:
        self.data(place, text.encode(errors="surrogateescape"))

    def data(self, place: str, content: bytes, where: str = "") -> None:
        self.looked_at[place] += len(content)
        tried = (self._pattern.match(content, at) for at in self._likely(content))
        for found in {match[0] for match in tried if match}:
            hit = Hit(f"{place} {where}".strip(), *self._names[found])
            if hit not in self.hits:
                self.hits.append(hit)

    def _likely(self, content: bytes) -> list[int]:
        """Where the first four bytes of some spelling stand; trying each everywhere takes long."""
        if len(content) < SHORTEST:
            return []
        each = np.frombuffer(content, np.uint8)
        pairs = each[:-1] | each[1:].astype(np.uint16) << 8
        places: NDArray[np.intp] = np.flatnonzero(self._pairs[pairs[:-2]])
        words = pairs[places] | pairs[places + 2].astype(np.uint32) << 16
        return [int(at) for at in places[np.isin(words, self._beginnings)]]

    def files(self, place: str, paths: Iterable[Path]) -> None:
        """Files that vanish, or that nobody may read, hold nothing that could be found."""
        for path in paths:
            for piece in self._pieces(path):
                self.data(place, piece, str(path))

    def _pieces(self, path: Path) -> Iterator[bytes]:
        try:
            with path.open("rb") as file:
                tail = b""
                while piece := file.read(PIECE):
                    yield tail + piece
                    tail = piece[-self._overlap :]
        except OSError:
            return


def regular_files(folder: Path, *, but: Iterable[Path] = ()) -> Iterator[Path]:
    """Every plain file below `folder`, links not followed, and nothing below `but`."""
    left_out = set(but)
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return
    for path in inside:
        if path in left_out or path.is_symlink():
            continue
        if path.is_dir():
            yield from regular_files(path, but=left_out)
        elif path.is_file():
            yield path
