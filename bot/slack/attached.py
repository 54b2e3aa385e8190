"""The files of a message, as the desk reads them: texts, pictures, and for each other file why it is neither.

Nothing is kept: what was read lives as long as its answer is made.
"""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.desk.attachments import within_budget
from bot.desk.errors import FileUnreadable
from bot.desk.model import Accepted, Attachment
from bot.desk.ports import ReadFile
from bot.slack.client import SlackClients, SlackRefused, SlackUnavailable, slack_errors
from bot.slack.download import MOST_BYTES, NOT_GIVEN, NOT_NOW, Download, too_large

log = logging.getLogger(__name__)

MOST_FILES = 5  # of a message
_LISTING_S = 8.0
_READING_S = 30.0  # a file's text, with the wait for others that are read
# Of the Messages API: 5 MB a picture as base64, and 8,000 pixels a side.
MOST_PICTURE_BYTES = 5 * 2**20 * 3 // 4
MOST_PIXELS = 8_000
_PICTURES = (
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("image/gif", re.compile(rb"GIF8[79]a")),
    ("image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
)
_PICTURE_TYPES = frozenset(kind for kind, _ in _PICTURES)
_KINDS = re.compile(
    r"(?:audio|video|font)/|application/(?:(?:x-)?(?:zip|gzip|tar|bzip2|7z-compressed|rar\S*|xz|executable|msdownload"
    r"|ms-?dos-executable|dosexec|apple-diskimage|java-archive)\b|vnd\.(?:slack-docs|rar|android)\S*)",
    re.IGNORECASE,
)

TOO_MANY = f"I read at most {MOST_FILES} files of a message."
NEEDS_MODEL = "It is a picture, and reading pictures needs a model, which is not configured here."
OTHER_PICTURE = "Of pictures I read PNG, JPEG, GIF and WebP."
TOO_MANY_PIXELS = f"It has more than {MOST_PIXELS:,} pixels on a side."
OTHER_KIND = "Files of its kind are not read."
EMPTY = "It is empty."
TOO_SLOW = "Reading it took too long."
FAILED = "Something went wrong with it."
_BY_MODE = {
    "external": "It is kept outside Slack, where I can't look. Attach the file itself.",
    "hidden_by_limit": "Slack hides it, because the workspace is over its limit.",
    "tombstone": "It was deleted.",
}


class AttachedFiles:
    """`sees`: a model is configured, so pictures can be looked at."""

    def __init__(self, clients: SlackClients, read_file: ReadFile, *, sees: bool, time_limit_s: float = 15.0) -> None:
        self._clients = clients
        self._read_file = read_file
        self._sees = sees
        self._download = Download(clients, time_limit_s)

    async def listed(self, item: Accepted) -> Sequence[Mapping[str, Any]]:
        """The files of a message as Slack describes them. An app_mention leaves them out: the message is read again."""
        files = item.payload.get("files")
        if not files and item.payload.get("type") == "app_mention":
            try:
                async with asyncio.timeout(_LISTING_S):
                    message = await read_again(self._clients, item)
            except (SlackRefused, SlackUnavailable, TimeoutError) as error:
                log.warning("Slack does not tell whether %s has files: %s", item.key, error)
                return ()
            files = message.get("files") if message else None
        return [one for one in files if isinstance(one, Mapping)] if isinstance(files, list) else ()

    async def read(self, files: Sequence[Mapping[str, Any]]) -> tuple[Attachment, ...]:
        """Never raises: what can't be read says why."""
        read = await asyncio.gather(*(self._attachment(one) for one in files[:MOST_FILES]))
        rest = [Attachment(_name(one), problem=TOO_MANY) for one in files[MOST_FILES:]]
        return within_budget((*read, *rest))

    async def _attachment(self, file: Mapping[str, Any]) -> Attachment:
        try:
            return await self._read(await self._seen(file))
        except FileUnreadable as error:
            return Attachment(_name(file), problem=error.public)
        except Exception:
            log.exception("file %s could not be read", file.get("id"))
            return Attachment(_name(file), problem=FAILED)

    async def _seen(self, file: Mapping[str, Any]) -> Mapping[str, Any]:
        """The file with all that Slack says of it: of one from another company it has to be asked (Slack Connect)."""
        access = file.get("file_access")
        if access in (None, "visible"):
            return file
        if access != "check_file_info":
            raise FileUnreadable(NOT_GIVEN)
        try:
            with slack_errors():
                response = await self._clients.web.files_info(file=str(file.get("id")))
        except SlackUnavailable as error:
            raise FileUnreadable(NOT_NOW) from error
        except SlackRefused as error:
            log.warning("Slack tells nothing of file %s: %s", file.get("id"), error)
            raise FileUnreadable(NOT_GIVEN) from error
        return response.get("file") or {}

    async def _read(self, file: Mapping[str, Any]) -> Attachment:
        """Raises FileUnreadable; what is known without the file's bytes is known before they are fetched."""
        mode = "external" if file.get("is_external") else str(file.get("mode"))
        if mode in _BY_MODE:
            raise FileUnreadable(_BY_MODE[mode])
        kind = str(file.get("mimetype") or "").lower()
        if _KINDS.match(kind):
            raise FileUnreadable(OTHER_KIND)
        if kind.startswith("image/") and kind != "image/svg+xml":
            return await self._picture(file, kind)
        data = await self._bytes(file)
        try:
            async with asyncio.timeout(_READING_S):
                return Attachment(_name(file), await self._read_file(_name(file), data))
        except TimeoutError as error:
            raise FileUnreadable(TOO_SLOW) from error

    async def _picture(self, file: Mapping[str, Any], kind: str) -> Attachment:
        if kind not in _PICTURE_TYPES:
            raise FileUnreadable(OTHER_PICTURE)
        if not self._sees:
            raise FileUnreadable(NEEDS_MODEL)
        if max(_number(file.get("original_w")), _number(file.get("original_h"))) > MOST_PIXELS:
            raise FileUnreadable(TOO_MANY_PIXELS)
        data = await self._bytes(file, MOST_PICTURE_BYTES)
        real = next((name for name, magic in _PICTURES if magic.match(data)), None)
        if real is None:
            raise FileUnreadable(OTHER_PICTURE)
        return Attachment(_name(file), media_type=real, data=data)

    async def _bytes(self, file: Mapping[str, Any], most: int = MOST_BYTES) -> bytes:
        size, url = _number(file.get("size")), file.get("url_private_download") or file.get("url_private")
        if size > most:
            raise FileUnreadable(too_large(most))
        if not isinstance(url, str):
            raise FileUnreadable(NOT_GIVEN)
        if not (data := await self._download(str(file.get("id")), url, size, most)):
            raise FileUnreadable(EMPTY)
        return data


async def read_again(clients: SlackClients, item: Accepted) -> Mapping[str, Any] | None:
    """The message itself; None when it is gone. Raises SlackRefused and SlackUnavailable."""
    with slack_errors():
        response = await clients.web.conversations_replies(
            channel=item.channel, ts=item.thread_ts or item.ts, oldest=item.ts, inclusive=True, limit=5
        )
    messages: Sequence[Mapping[str, Any]] = response.get("messages") or []
    return next((one for one in messages if one.get("ts") == item.ts), None)


def _name(file: Mapping[str, Any]) -> str:
    return str(file.get("name") or file.get("title") or "")


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
