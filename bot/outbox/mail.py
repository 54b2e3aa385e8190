"""A mail for an event. The mails of an escalation are one conversation, and a repeat has the same Message-ID. Pure.

Each refers to a root that is the escalation itself and no mail: where a mailbox hears of some moves only, there is no
first mail that all others could answer.
"""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from bot.desk.outgoing import Delivery
from bot.desk.reasons import in_words

# Not folded at 78: a long Message-ID would be encoded as a word then, and no reply would be found to belong to it.
_POLICY = SMTP.clone(max_line_length=900)
_STATES = {"waiting": "waiting for the asker"}


def mail_of(delivery: Delivery, sender: str, to: tuple[str, ...]) -> EmailMessage:
    data = delivery.event["data"]
    domain = sender.rpartition("@")[2]
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address("Frontdesk", addr_spec=sender)
    mail["To"] = ", ".join(to)
    # The same in all of them, or some clients would begin another conversation; how it stands is the first line.
    mail["Subject"] = f"[{_plain(data['escalation'])}] Request for a human: {_plain(data['desk'])}"
    mail["Date"] = datetime.fromisoformat(delivery.event["timestamp"])
    mail["Message-ID"] = f"<{delivery.escalation_id}.{delivery.number}@{domain}>"
    mail["In-Reply-To"] = mail["References"] = f"<{delivery.escalation_id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # nobody's absence note is to answer it
    mail.set_content(_text(data, delivery.event["timestamp"]), cte="quoted-printable")
    return mail


def _text(data: dict[str, Any], at: str) -> str:
    was = f" (it was {_state(data['before'])})" if data["before"] and data["before"] != data["after"] else ""
    lines = [f"{data['escalation']} is {_state(data['after'])}{was}.", ""]
    facts = {
        "What happened": data["move"].replace("_", " "),
        "By": _name(data["by"]),
        "Owner": _name(data["owner"]),
        "Desk": data["desk"],
        "When": f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M} UTC",
        "Why": in_words(data["move"], data["reason"]),
    }
    lines += [f"{what}: {_plain(said)}" for what, said in facts.items() if said]
    lines += ["", f"{_name(data['asker']) or 'Somebody'} asked:"]
    lines += [f"> {line}" for line in data["question"].splitlines() or ["(not known)"]]
    if link := data["links"]["thread"]:
        lines += ["", f"The thread: {link}"]
    return "\n".join(lines) + "\n"


def _state(state: str) -> str:
    return _STATES.get(state, state)


def _name(somebody: dict[str, str | None] | None) -> str:
    if somebody is None:
        return ""
    return somebody["name"] or {"desk": "the desk", "timer": "the clock"}.get(str(somebody["id"]), str(somebody["id"]))


def _plain(text: str) -> str:
    return " ".join(text.split())
