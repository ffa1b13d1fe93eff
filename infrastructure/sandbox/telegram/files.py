"""Pictures and documents that were sent, kept in memory under Telegram-like ids."""

import mimetypes
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from aiogram.types import BufferedInputFile, Document, File, InputFile, PhotoSize

from infrastructure.sandbox.telegram.errors import BotApiError, bad_request
from infrastructure.sandbox.telegram.pictures import picture_size, picture_type

PHOTO_BYTES: Final = 10 * 1024 * 1024
DOCUMENT_BYTES: Final = 50 * 1024 * 1024
PHOTO_SIDES: Final = 10_000  # pixels, width and height together
PHOTO_RATIO: Final = 20


@dataclass(frozen=True, slots=True)
class StoredFile:
    id: str
    unique_id: str
    path: str
    name: str
    mime_type: str
    data: bytes
    width: int = 0  # pixels, of pictures
    height: int = 0

    def photo(self) -> list[PhotoSize]:
        size = PhotoSize(
            file_id=self.id,
            file_unique_id=self.unique_id,
            width=self.width,
            height=self.height,
            file_size=len(self.data),
        )
        return [size]

    def document(self) -> Document:
        return Document(
            file_id=self.id,
            file_unique_id=self.unique_id,
            file_name=self.name,
            mime_type=self.mime_type,
            file_size=len(self.data),
        )

    def description(self) -> File:
        return File(
            file_id=self.id,
            file_unique_id=self.unique_id,
            file_size=len(self.data),
            file_path=self.path,
        )


class FileStore:
    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile] = {}

    def photo(self, given: str | InputFile) -> StoredFile:
        """An uploaded picture, or one sent before. Raises: BotApiError if it cannot be a photo."""
        if not isinstance(given, BufferedInputFile):
            return self._sent_before(given)
        if len(given.data) > PHOTO_BYTES:
            raise BotApiError(413, "Request Entity Too Large")
        size = picture_size(given.data)
        if size is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        short, long = sorted(size)
        if short == 0 or sum(size) > PHOTO_SIDES or long > PHOTO_RATIO * short:
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        return self._keep(given, "photos", size)

    def document(self, given: str | InputFile) -> StoredFile:
        """An uploaded file, or one sent before. Raises: BotApiError if it is empty or too big."""
        if not isinstance(given, BufferedInputFile):
            return self._sent_before(given)
        if not given.data:
            raise bad_request("file must be non-empty")
        if len(given.data) > DOCUMENT_BYTES:
            raise BotApiError(413, "Request Entity Too Large")
        return self._keep(given, "documents", (0, 0))

    def find(self, file_id: str) -> StoredFile | None:
        return self._by_id.get(file_id)

    def at_path(self, path: str) -> StoredFile | None:
        return next((file for file in self._by_id.values() if file.path == path), None)

    def _sent_before(self, given: str | InputFile) -> StoredFile:
        file = self._by_id.get(given) if isinstance(given, str) else None
        if file is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return file

    def _keep(self, given: BufferedInputFile, folder: str, size: tuple[int, int]) -> StoredFile:
        number = len(self._by_id)
        unique = sha256(given.data).hexdigest()[:15]
        name = given.filename or "file"
        suffix = name.rpartition(".")[2] if "." in name else "bin"
        file = StoredFile(
            id=f"AgAD{number:06}{unique}",
            unique_id=unique,
            path=f"{folder}/file_{number}.{suffix if suffix.isalnum() else 'bin'}",
            name=name,
            mime_type=picture_type(given.data) if any(size) else _type_of(name),
            data=given.data,
            width=size[0],
            height=size[1],
        )
        self._by_id[file.id] = file
        return file


def _type_of(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
