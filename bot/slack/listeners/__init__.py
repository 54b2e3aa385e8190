"""The surfaces, one file each. Undecorated functions, registered here, so that tests can call them directly."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack.blocks import CALL_HUMAN, CLAIM, FEEDBACK, RESOLVE, SHARE
from bot.slack.listeners.app_home import AppHome
from bot.slack.listeners.feedback import FeedbackButtons
from bot.slack.listeners.humans import HumanButtons
from bot.slack.listeners.sources_command import SourcesCommand
from bot.slack.listeners.sync_command import SyncCommand
from bot.slack.sync_blocks import APPROVE

Ack = Callable[..., Awaitable[Any]]


async def nothing(ack: Ack) -> None:
    """A surface that nobody listens to: acked, so that Slack does not show an error or send it again."""
    await ack()


def register(
    app: AsyncApp,
    home: AppHome,
    feedback: FeedbackButtons,
    humans: HumanButtons,
    sources: SourcesCommand,
    syncs: SyncCommand | None,
) -> None:
    """Messages are not here: they are stored by a middleware before they are acked (rule 1)."""
    app.event("app_home_opened")(home.opened)
    app.action(re.compile(rf"^{FEEDBACK}(_positive|_negative)?$"))(feedback.pressed)  # see forms.py
    app.action(CALL_HUMAN)(humans.call)
    app.action(CLAIM)(humans.claim)
    app.action(RESOLVE)(humans.resolve)
    app.command("/sources")(sources.run)
    app.action(SHARE)(sources.share)
    if syncs is not None:
        app.action(re.compile(rf"^{APPROVE}_\d+$"))(syncs.approve)
    app.event(re.compile(".*"))(nothing)
    for surface in (app.action, app.command, app.shortcut, app.view, app.view_closed, app.options):
        surface(re.compile(".*"))(nothing)
