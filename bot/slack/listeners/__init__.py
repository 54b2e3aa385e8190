"""The surfaces, one file each. Undecorated functions, registered here, so that tests can call them directly."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack import learning_blocks
from bot.slack.announcements import MORE_HELP, NO_NEED, NOT_YET, SOLVED
from bot.slack.blocks import CALL_HUMAN, FEEDBACK, MORE, SHARE, SHARE_IN_THREAD, WHY
from bot.slack.brief_blocks import CLAIM, HAND_OVER, MORE_MOVES, REPLY, RESOLVE
from bot.slack.channel_modal import MODAL, PICKED
from bot.slack.home_blocks import APPROVE as APPROVE_AT_HOME
from bot.slack.home_blocks import CHANNELS, PAUSE, RESUME, SYNC
from bot.slack.human_modals import HANDED_OVER, REPLIED, RESOLVED
from bot.slack.keeping_quiet import ANSWER_ANYWAY
from bot.slack.listeners.answer_anyway import AnswerAnyway
from bot.slack.listeners.app_home import AppHome
from bot.slack.listeners.channel_settings import ChannelSettingsModal
from bot.slack.listeners.feedback import FeedbackButtons
from bot.slack.listeners.home import Home
from bot.slack.listeners.human_modals import HumanModals
from bot.slack.listeners.humans import HumanButtons
from bot.slack.listeners.learning import LearningButtons
from bot.slack.listeners.message_shortcuts import ASK_ABOUT, SOURCES_FOR, MessageShortcuts
from bot.slack.listeners.offers import OfferButtons
from bot.slack.listeners.quiet import HUSH, WAKE, QuietButtons
from bot.slack.listeners.share_answer import ShareAnswer
from bot.slack.listeners.sources_command import SourcesCommand
from bot.slack.listeners.suggestions import Suggestions
from bot.slack.listeners.sync_command import SyncCommand
from bot.slack.listeners.why import WhyButton
from bot.slack.modals import FEEDBACK_GIVEN
from bot.slack.offers import ANSWER_HERE, ANSWER_ME, NO_ANSWER
from bot.slack.people import People
from bot.slack.private_blocks import SHARE_ANSWER
from bot.slack.sync_blocks import APPROVE

Ack = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surfaces:
    """All that people open, press and type, beside messages. Without `syncs` nobody can sync by a command; without
    `learning` nothing is drafted."""

    opened: AppHome
    suggestions: Suggestions
    people: People
    home: Home
    channels: ChannelSettingsModal
    quiet: QuietButtons
    offers: OfferButtons
    feedback: FeedbackButtons
    humans: HumanButtons
    human_modals: HumanModals
    anyway: AnswerAnyway
    why: WhyButton
    sources: SourcesCommand
    shortcuts: MessageShortcuts
    shared: ShareAnswer
    syncs: SyncCommand | None
    learning: LearningButtons | None

    async def drain(self, seconds: float) -> None:
        """Let the syncs and what is told of humans, which were begun here, end."""
        await self.humans.drain(seconds)
        await self.home.drain(seconds)
        if self.syncs is not None:
            await self.syncs.drain(seconds)


async def nothing(ack: Ack) -> None:
    """A surface that nobody listens to: acked, so that Slack does not show an error or send it again."""
    await ack()


def register(app: AsyncApp, surfaces: Surfaces) -> None:
    """Messages are not here: they are stored by a middleware before they are acked (rule 1)."""
    app.event("app_home_opened")(surfaces.opened.opened)
    app.event("app_context_changed")(surfaces.suggestions.suggest)
    for changed in ("member_joined_channel", "channel_shared", "channel_unshared"):
        app.event(changed)(surfaces.people.changed)
    _register_answers(app, surfaces)
    _register_humans(app, surfaces.humans, surfaces.human_modals)
    app.action(ANSWER_ANYWAY)(surfaces.anyway.pressed)
    _register_offers(app, surfaces.quiet, surfaces.offers)
    _register_sources(app, surfaces)
    _register_home(app, surfaces.home, surfaces.channels)
    if surfaces.learning is not None:
        _register_learning(app, surfaces.learning)
    app.event(re.compile(".*"))(nothing)
    for surface in (app.action, app.command, app.shortcut, app.view, app.view_closed, app.options):
        surface(re.compile(".*"))(nothing)


def _register_answers(app: AsyncApp, surfaces: Surfaces) -> None:
    feedback, humans = surfaces.feedback, surfaces.humans
    app.action(re.compile(rf"^{FEEDBACK}(_positive|_negative)?$"))(feedback.pressed)
    app.view(FEEDBACK_GIVEN)(feedback.given)
    app.action(CALL_HUMAN)(humans.call)
    app.action(WHY)(surfaces.why.pressed)
    app.shortcut(ASK_ABOUT)(surfaces.shortcuts.ask)
    app.action(SHARE_ANSWER)(surfaces.shared.pressed)


def _register_humans(app: AsyncApp, humans: HumanButtons, modals: HumanModals) -> None:
    app.action(CLAIM)(humans.claim)
    app.action(RESOLVE)(humans.resolve)
    app.action(MORE_MOVES)(humans.more)
    app.action(REPLY)(modals.reply)
    app.action(HAND_OVER)(modals.hand_over)
    app.view(REPLIED)(modals.replied)
    app.view(HANDED_OVER)(modals.handed_over)
    app.view(RESOLVED)(modals.resolved)
    app.action(NO_NEED)(humans.resolve)
    app.action(SOLVED)(humans.solved)
    app.action(NOT_YET)(humans.not_yet)
    app.action(MORE_HELP)(humans.not_yet)


def _register_offers(app: AsyncApp, quiet: QuietButtons, offers: OfferButtons) -> None:
    app.action(MORE)(quiet.chosen)
    app.action(re.compile(rf"^{HUSH}_\d+$"))(quiet.hush)
    app.action(WAKE)(quiet.wake)
    app.action(ANSWER_HERE)(offers.here)
    app.action(ANSWER_ME)(offers.me)
    app.action(NO_ANSWER)(offers.no)


def _register_sources(app: AsyncApp, surfaces: Surfaces) -> None:
    app.command("/sources")(surfaces.sources.run)
    app.shortcut(SOURCES_FOR)(surfaces.shortcuts.sources)
    app.action(SHARE)(surfaces.sources.share)
    app.action(SHARE_IN_THREAD)(surfaces.sources.share)
    if surfaces.syncs is not None:
        app.action(re.compile(rf"^{APPROVE}_\d+$"))(surfaces.syncs.approve)


def _register_home(app: AsyncApp, home: Home, channels: ChannelSettingsModal) -> None:
    app.action(re.compile(rf"^{SYNC}_(?:\d+|all)$"))(home.sync)
    app.action(re.compile(rf"^{APPROVE_AT_HOME}_\d+$"))(home.approve)
    app.action(PAUSE)(home.pause)
    app.action(RESUME)(home.resume)
    app.action(CHANNELS)(channels.open)
    app.action(PICKED)(channels.picked)
    app.view(MODAL)(channels.submitted)


def _register_learning(app: AsyncApp, learning: LearningButtons) -> None:
    app.action(learning_blocks.APPROVE)(learning.approve)
    app.action(learning_blocks.EDIT)(learning.edit)
    app.action(learning_blocks.DISCARD)(learning.discard)
    app.action(learning_blocks.RENEW)(learning.renew)
    app.action(learning_blocks.RETIRE)(learning.retire)
    app.view(learning_blocks.SAVED)(learning.saved)
