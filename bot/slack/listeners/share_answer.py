"""Share in the thread: an answer that somebody got alone, shown to those who can see the message (rule 6)."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.desk.errors import DeskError, NotForThem
from bot.desk.model import Answer, AnswerRecord
from bot.desk.ports import AnswerRecords
from bot.desk.sharing import to_share
from bot.slack.blocks import Message
from bot.slack.client import SlackClients, SlackRefused
from bot.slack.inbound import Identity
from bot.slack.listeners.feedback import whisper
from bot.slack.mrkdwn import escape
from bot.slack.people import People
from bot.slack.plainer import in_some_form
from bot.slack.private_blocks import shared_forms
from bot.slack.shared_posts import SharedPosts

log = logging.getLogger(__name__)

SHARED = "Shared in the thread."
ALREADY = "This answer is in the thread already."
NOT_KEPT = "I keep no record of this answer, so I can't share it. Ask about the message again."
NOT_THERE = "I'm not in that conversation, so I can't post there. Invite me with `/invite`, then share it again."
REFUSED = "Slack does not let me post there, so nothing was shared."


class ShareAnswer:
    def __init__(
        self, records: AnswerRecords, posts: SharedPosts, clients: SlackClients, people: People, me: Identity
    ) -> None:
        self._records = records
        self._posts = posts
        self._clients = clients
        self._people = people
        self._me = me

    async def pressed(self, ack: Callable[..., Awaitable[Any]], body: Mapping[str, Any]) -> None:
        """What came of it is told to whoever pressed, alone."""
        await ack()
        key, user = str(body["actions"][0].get("value") or ""), str(body["user"]["id"])
        try:
            said = await self._shared(key, user)
        except SlackRefused as error:
            log.warning("%s can't be shared: %s", key, error.code)
            said = NOT_THERE if error.code in ("not_in_channel", "channel_not_found") else REFUSED
        except DeskError as error:
            log.error("%s was not shared: %s", key, error)
            said = f"{escape(error.public)} Nothing was shared. Please try again in a minute."
        await whisper(self._clients, body, said)

    async def _shared(self, key: str, user: str) -> str:
        """Where to is in the record and not in the button: a button can't lead it anywhere else."""
        record = await self._records.record(key)
        if record is None:
            return NOT_KEPT
        if user != record.answer.asker:
            return escape(NotForThem.public)
        there = await self._people.readable_by(record.channel, user, self._me.team)
        answer = to_share(record, there)
        if isinstance(answer, str):
            return answer
        return SHARED if await self._post(record, answer) else ALREADY

    async def _post(self, record: AnswerRecord, answer: Answer) -> bool:
        key, user = record.answer.key, record.answer.asker

        async def post(messages: Sequence[Message]) -> bool:
            return await self._posts.post(key, user, record.channel, record.thread_ts, messages)

        return await in_some_form(key, shared_forms(answer, key, user), post)
