"""What is said where a question is not answered: it failed, or the desk is paused. Pure."""

from bot.desk.model import Answer, Claimed, Desk, Outcome
from bot.slack.blocks import HUMAN_LABEL

TOO_SLOW = "This took too long, so I stopped."
GAVE_UP = "I tried this several times and could not answer it."
STUCK = "I could not get to this in time."
PAUSED = "I'm paused at the moment, so I don't answer questions. Please ask me again later."


def failed(incident: str, what: str, *, humans: bool) -> Answer:
    """The visible notice of a question that could not be answered; `humans`: there is somebody who can be called."""
    human = ", or ask for a human" if humans else ""
    text = f"{what} Your question is recorded; please ask again in a few minutes{human}."
    return Answer(outcome=Outcome.FAILED, text=text, incident=incident)


def unanswered(claimed: Claimed, desk: Desk, *, paused: bool, most_attempts: int) -> Answer | None:
    """What needs no search: that the desk is paused, or gives up. None: it is to be answered."""
    if paused:
        human = f" If it can't wait, press *{HUMAN_LABEL}*." if desk.has_humans else ""
        return Answer(Outcome.ASKED, PAUSED + human)
    return failed(claimed.incident, GAVE_UP, humans=desk.has_humans) if claimed.attempt > most_attempts else None
