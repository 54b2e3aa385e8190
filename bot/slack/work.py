"""What those who answer questions work with."""

from dataclasses import dataclass

from bot.desk.human_path import Humans
from bot.desk.metering import NO_METER
from bot.desk.ports import Answers, Clock, Inbox, Meter, Posts, Threads
from bot.desk.triage import TriageRows
from bot.settings import AnsweringSettings
from bot.slack.attached import AttachedFiles
from bot.slack.desks import Desks
from bot.slack.private_asks import AnswerQuestion


@dataclass(frozen=True, slots=True)
class Work:
    """What the workers work with."""

    inbox: Inbox
    posts: Posts
    answers: Answers
    threads: Threads
    triages: TriageRows
    humans: Humans
    answer_question: AnswerQuestion
    desks: Desks
    settings: AnsweringSettings
    clock: Clock
    attached: AttachedFiles
    meter: Meter = NO_METER
