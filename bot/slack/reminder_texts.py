"""What a reminder says, and to whom. Pure."""

from datetime import timedelta

from bot.desk.due import DueKind, Reminder
from bot.desk.human_path import EscalationState
from bot.slack.mrkdwn import escape, moment


def beside_the_brief(reminder: Reminder, asker: str) -> str:
    """For those who are to answer, as mrkdwn. `asker` is a name; ids of the configuration are mentioned."""
    one, who = reminder.escalation, escape(asker)
    taken = one.state is EscalationState.CLAIMED and one.owner
    owner = f"<@{one.owner}>" if taken else ""
    until = moment(reminder.due.until) if reminder.due.until else ""
    match reminder.due.key.kind:
        case DueKind.HALF if owner:
            return f"{owner} {who} waits for an answer until {until}."
        case DueKind.HALF:
            return f"Nobody has taken this yet. {who} waits for an answer until {until}."
        case DueKind.LEAD:
            has = f"{owner} has it." if owner else "Nobody has taken it."
            return f"<@{reminder.lead}> {who} was to have an answer by {until}, and has none. {has}"
        case _:
            group = f"<!subteam^{reminder.group}> " if reminder.group else ""
            has = f"{owner} has it{': can somebody help?' if group else '.'}" if owner else "Who takes it?"
            return f"{group}{who} was to have an answer by {until}, and has none. {has}"


def to_the_lead(reminder: Reminder, asker: str, link: str | None) -> str:
    """The same for the lead alone, with the way there."""
    one = reminder.escalation
    has = f"<@{one.owner}> has it" if one.state is EscalationState.CLAIMED and one.owner else "nobody has taken it"
    until = moment(reminder.due.until) if reminder.due.until else "by now"
    where = f"<{link}|Open the request>." if link else f"It is in <#{one.brief_channel}>."
    return f"{escape(asker)} was to have an answer from a human by {until}, and {has}. {where}"


def to_the_asker(reminder: Reminder, owner: str) -> str:
    """For their thread. `owner` is a name."""
    one, due = reminder.escalation, reminder.due
    asker = "" if one.channel.startswith("D") else f"<@{one.asker}> "
    left = due.until - due.at if due.until else timedelta()
    days = max(round(left / timedelta(days=1)), 1)
    within = "a day" if days == 1 else f"{days} days"
    said = f"{asker}{escape(owner)} still needs your answer to go on. Please write it here, in this thread."
    return f"{said} If I hear nothing within {within}, I close your request; you can come back to it after that."
