"""The surfaces, one file each. Undecorated functions, registered here, so that tests can call them directly."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack.blocks import CALL_HUMAN, CLAIM, FEEDBACK, RESOLVE, SHARE, SHARE_IN_THREAD, WHY
from bot.slack.listeners.app_home import AppHome
from bot.slack.listeners.feedback import FeedbackButtons
from bot.slack.listeners.humans import HumanButtons
from bot.slack.listeners.message_shortcuts import ASK_ABOUT, SOURCES_FOR, MessageShortcuts
from bot.slack.listeners.share_answer import ShareAnswer
from bot.slack.listeners.sources_command import SourcesCommand
from bot.slack.listeners.suggestions import Suggestions
from bot.slack.listeners.sync_command import SyncCommand
from bot.slack.listeners.why import WhyButton
from bot.slack.modals import FEEDBACK_GIVEN
from bot.slack.private_blocks import SHARE_ANSWER
from bot.slack.sync_blocks import APPROVE

Ack = Callable[..., Awaitable[Any]]


async def nothing(ack: Ack) -> None:
    """A surface that nobody listens to: acked, so that Slack does not show an error or send it again."""
    await ack()


def register(
    app: AsyncApp,
    home: AppHome,
    suggestions: Suggestions,
    feedback: FeedbackButtons,
    humans: HumanButtons,
    sources: SourcesCommand,
    syncs: SyncCommand | None,
    shortcuts: MessageShortcuts,
    shared: ShareAnswer,
    why: WhyButton,
) -> None:
    """Messages are not here: they are stored by a middleware before they are acked (rule 1)."""
    app.event("app_home_opened")(home.opened)
    app.event("app_context_changed")(suggestions.suggest)
    app.action(re.compile(rf"^{FEEDBACK}(_positive|_negative)?$"))(feedback.pressed)
    app.view(FEEDBACK_GIVEN)(feedback.given)
    app.action(WHY)(why.pressed)
    app.shortcut(SOURCES_FOR)(shortcuts.sources)
    app.shortcut(ASK_ABOUT)(shortcuts.ask)
    app.action(SHARE_ANSWER)(shared.pressed)
    app.action(CALL_HUMAN)(humans.call)
    app.action(CLAIM)(humans.claim)
    app.action(RESOLVE)(humans.resolve)
    app.command("/sources")(sources.run)
    app.action(SHARE)(sources.share)
    app.action(SHARE_IN_THREAD)(sources.share)
    if syncs is not None:
        app.action(re.compile(rf"^{APPROVE}_\d+$"))(syncs.approve)
    app.event(re.compile(".*"))(nothing)
    for surface in (app.action, app.command, app.shortcut, app.view, app.view_closed, app.options):
        surface(re.compile(".*"))(nothing)
