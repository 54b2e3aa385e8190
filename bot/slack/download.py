"""Fetches a file that was shared in Slack: with the bot's token, from Slack's own hosts, and never too much of it."""

import asyncio
import logging
import re

import aiohttp
from yarl import URL

from bot.desk.errors import FileUnreadable
from bot.slack.client import SlackClients

log = logging.getLogger(__name__)

MOST_BYTES = 10 * 2**20
_REDIRECTS = 3
_TRIES = 2
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)

TOO_LARGE = "It is larger than the {most} MB that I read."
SLOW = "Slack took too long to send it."
NOT_NOW = "Slack could not send it just now."
NOT_GIVEN = "Slack did not give it to me."
ELSEWHERE = "It is not kept in Slack."


class Download:
    """`time_limit_s` is for all of one file."""

    def __init__(self, clients: SlackClients, time_limit_s: float = 15.0) -> None:
        self._clients = clients
        self._time_limit_s = time_limit_s

    async def __call__(self, file_id: str, url: str, size: int, most: int) -> bytes:
        """The file's bytes. `size`: as Slack states it, 0 where it does not. Raises FileUnreadable."""
        try:
            async with asyncio.timeout(self._time_limit_s):
                data = await self._fetched(url, most)
        except TimeoutError as error:
            raise FileUnreadable(SLOW) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: an address that is none
            log.warning("file %s could not be fetched: %s", file_id, type(error).__name__)
            raise FileUnreadable(NOT_NOW) from error
        # Slack says "sign in" with status 200. A page that was shared has the size that Slack states of it.
        if _PAGE.match(data[:1024]) and len(data) != size:
            log.error(
                "instead of file %s Slack gave a page: the bot token lacks files:read, or the app was not installed "
                "again since it has it (ops/slack/manifest.yaml)",
                file_id,
            )
            raise FileUnreadable(NOT_GIVEN)
        return data

    async def _fetched(self, url: str, most: int) -> bytes:
        """Redirects are followed by hand: the token goes to Slack's hosts only."""
        target, tries = URL(url), 1
        for _ in range(_REDIRECTS + _TRIES):
            if not self._clients.is_slacks(target):
                raise FileUnreadable(ELSEWHERE)
            async with self._clients.get(target) as response:
                if response.status in (301, 302, 303, 307, 308):
                    target = target.join(URL(response.headers.get("Location", "")))
                elif (response.status >= 500 or response.status == 429) and tries < _TRIES:
                    tries += 1
                elif response.status >= 500 or response.status == 429:
                    raise FileUnreadable(NOT_NOW)
                elif response.status != 200:
                    raise FileUnreadable(NOT_GIVEN)
                else:
                    return await _body(response, most)
        raise FileUnreadable(NOT_GIVEN)


async def _body(response: aiohttp.ClientResponse, most: int) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_chunked(2**16):
        data += chunk
        if len(data) > most:
            raise FileUnreadable(too_large(most))
    return bytes(data)


def too_large(most: int) -> str:
    return TOO_LARGE.format(most=f"{most / 2**20:.3g}")
