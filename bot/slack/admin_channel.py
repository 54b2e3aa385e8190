"""The admins' channel: each notice once, found again by its key after a crash or a lost reply (rule 2)."""

from bot.desk.gaps import GapsNotice
from bot.desk.model import AdminNotice, BudgetNotice, OutboxNotice
from bot.desk.ports import Clock
from bot.slack.blocks import Message
from bot.slack.budget_blocks import budget_message
from bot.slack.client import SlackClients, slack_errors
from bot.slack.gaps_blocks import gaps_message
from bot.slack.outbox_blocks import outbox_message
from bot.slack.sync_blocks import notice_message

_EVENT_TYPE = "frontdesk_notice"


class SlackAdminChannel:
    """bot.desk.ports.AdminChannel over the Web API. Raises SlackUnavailable and SlackRefused."""

    def __init__(self, clients: SlackClients, channel: str, clock: Clock) -> None:
        self._clients = clients
        self._channel = channel
        self._clock = clock

    async def tell(self, notice: AdminNotice) -> None:
        message = self._message(notice)
        with slack_errors():
            await self._clients.poster.chat_postMessage(
                channel=self._channel,
                text=message.text,
                blocks=list(message.blocks),
                metadata={"event_type": _EVENT_TYPE, "event_payload": {"notice": notice.key}},
                unfurl_links=False,
                unfurl_media=False,
            )

    def _message(self, notice: AdminNotice) -> Message:
        if isinstance(notice, BudgetNotice):
            return budget_message(notice)
        if isinstance(notice, OutboxNotice):
            return outbox_message(notice)
        if isinstance(notice, GapsNotice):
            return gaps_message(notice)
        return notice_message(notice, self._clock())

    async def told(self, notice: AdminNotice) -> bool:
        oldest, cursor = f"{notice.since.timestamp() - 60:.6f}", ""  # Slack's clock is not ours
        while True:
            with slack_errors():
                page = await self._clients.web.conversations_history(
                    channel=self._channel, oldest=oldest, cursor=cursor, include_all_metadata=True, limit=200
                )
            for one in page.get("messages") or []:
                payload = (one.get("metadata") or {}).get("event_payload") or {}
                if payload.get("notice") == notice.key:
                    return True
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return False
