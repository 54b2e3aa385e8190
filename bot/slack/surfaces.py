"""The surfaces over what the edge was given."""

from bot.slack.edge import Edge
from bot.slack.inbound import Identity
from bot.slack.intake import Intake
from bot.slack.listeners import Surfaces
from bot.slack.listeners.answer_anyway import AnswerAnyway
from bot.slack.listeners.app_home import AppHome
from bot.slack.listeners.channel_settings import ChannelSettingsModal
from bot.slack.listeners.feedback import FeedbackButtons
from bot.slack.listeners.home import Home, HomeRecords
from bot.slack.listeners.human_modals import HumanModals
from bot.slack.listeners.humans import HumanButtons
from bot.slack.listeners.learning import LearningButtons
from bot.slack.listeners.message_shortcuts import MessageShortcuts
from bot.slack.listeners.offers import OfferButtons
from bot.slack.listeners.quiet import QuietButtons
from bot.slack.listeners.share_answer import ShareAnswer
from bot.slack.listeners.sources_command import SourcesCommand
from bot.slack.listeners.suggestions import Suggestions
from bot.slack.listeners.sync_command import SyncCommand
from bot.slack.listeners.why import WhyButton
from bot.slack.shared_posts import SharedPosts


def surfaces_of(edge: Edge, me: Identity, intake: Intake) -> Surfaces:
    work, clients, people = edge.work, edge.clients, edge.people
    desks, clock = work.desks, work.clock
    syncs = None
    corrected = [desk.name for desk in desks.all if desk.handover.feedback_wrong and desk.has_humans]
    if edge.sync_desk is not None:
        syncs = SyncCommand(edge.sync_desk, edge.admins, desks, clients, people, me.team, clock, edge.progress_after_s)
    records = HomeRecords(
        desks, edge.escalations, edge.numbers, edge.sync_desk, edge.admins, expectations=edge.expectations
    )
    home = Home(records, clients, people, me, clock)
    quiet = QuietButtons(work.threads, clients, me, clock)
    suggestions, posts = Suggestions(clients, desks), SharedPosts(clients, edge.shares)
    sources = SourcesCommand(edge.look_up, desks, clients, me, clock, people, posts, quiet, syncs)
    modals = HumanModals(work.humans, clients)
    return Surfaces(
        opened=AppHome(home, suggestions),
        suggestions=suggestions,
        people=people,
        home=home,
        channels=ChannelSettingsModal(desks, home, clients, me, clock),
        quiet=quiet,
        offers=OfferButtons(intake, work.posts, clients, me, clock),
        feedback=FeedbackButtons(edge.feedback, clients, work.humans, edge.records, corrected),
        humans=HumanButtons(work.humans, modals, people, clients, me, clock),
        human_modals=modals,
        anyway=AnswerAnyway(intake, clients, me, clock),
        why=WhyButton(edge.explain, clients, people, me, edge.admins),
        sources=sources,
        shortcuts=MessageShortcuts(intake, sources, clients, me, clock),
        shared=ShareAnswer(edge.records, posts, clients, people, me),
        syncs=syncs,
        learning=LearningButtons(edge.learn, clients) if edge.learn else None,
    )
