"""Mails through a real SMTP server of ours: one conversation an escalation, repeated under the same id, in order, with
nobody's words in the headers."""

import logging
from collections.abc import AsyncIterator
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.desk.outgoing import Delivery, Subscription, with_whereabouts
from bot.outbox.deliveries import Deliveries
from bot.outbox.email import Email
from bot.outbox.mail import mail_of
from bot.outgoing_settings import EmailSettings
from bot.store import Store, open_store
from tests.fakes.receivers import MailServer, mailing

from .conftest import START, Clock, Slack, change

TEAM = ("ops@example.com", "boss@example.com")
PASSWORD = "correct horse battery"


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    subscriptions = tuple(Subscription("email", mailbox) for mailbox in TEAM)
    store = await open_store(f"sqlite:///{tmp_path}/frontdesk.sqlite3", clock, subscriptions=subscriptions)
    yield store
    await store.close()


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mailing() as server:
        yield server


def deliveries(store: Store, server: MailServer, clock: Clock, **more: Any) -> Deliveries:
    given = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "desk@example.org", "to": TEAM}
    email = Email(EmailSettings.model_validate(given | more))
    return Deliveries(store.outbox, {"email": email}, Slack(), clock, jitter=lambda: 0.0)


async def run(deliveries: Deliveries) -> None:
    while await deliveries.begin():
        await deliveries.settled()


def of(server: MailServer, mailbox: str) -> list[EmailMessage]:
    return [mail for recipient, mail in server.mails if recipient == mailbox]


def conversation(mail: EmailMessage) -> tuple[str, str, str]:
    return mail["In-Reply-To"], mail["References"], mail["Subject"]


async def test_the_mails_of_an_escalation_are_one_conversation(store: Store, server: MailServer, clock: Clock) -> None:
    for number in (1, 2, 3):
        await change(store, "E-1", number)
    await run(deliveries(store, server, clock))
    first, second, third = of(server, "ops@example.com")
    assert first["Message-ID"] == "<E-1.1@example.org>"
    assert {conversation(mail) for _, mail in server.mails} == {
        ("<E-1@example.org>", "<E-1@example.org>", "[E-1] Request for a human: support")
    }
    assert first["From"] == "Frontdesk <desk@example.org>"
    assert first["To"] == ", ".join(TEAM)
    assert first["Auto-Submitted"] == "auto-generated"
    assert [mail["Message-ID"] for mail in of(server, "boss@example.com")] == [
        mail["Message-ID"] for mail in (first, second, third)
    ]
    assert second.get_content().replace("\r\n", "\n") == (
        "E-1 is claimed (it was open).\n\n"
        "What happened: claim\nBy: Alex Moreno\nOwner: Alex Moreno\nDesk: support\nWhen: 2026-11-23 10:00 UTC\n\n"
        "Dana Whitfield asked:\n> Where is\n> my parcel?\n\n"
        "The thread: https://slack.test/archives/C1/p1.0\n"
    )


async def test_a_mailbox_that_hears_of_some_moves_has_one_conversation_too(
    tmp_path: Path, server: MailServer, clock: Clock
) -> None:
    """Its mails refer to none that it was never sent."""
    claims = Subscription("email", "ops@example.com", moves=frozenset({"claim"}))
    store = await open_store(f"sqlite:///{tmp_path}/other.sqlite3", clock, subscriptions=(claims,))
    for number in (1, 2, 3):
        await change(store, "E-1", number)
    await run(deliveries(store, server, clock))
    await store.close()
    claimed, again = of(server, "ops@example.com")
    assert (claimed["Message-ID"], again["Message-ID"]) == ("<E-1.2@example.org>", "<E-1.3@example.org>")
    assert conversation(claimed) == conversation(again)
    sent = {"<E-1.1@example.org>", claimed["Message-ID"], again["Message-ID"]}
    assert not sent & {claimed["References"], again["References"]}


@pytest.mark.parametrize("reply", ["421 come back later", "451 try again", "cut"])
async def test_a_server_that_comes_back_gets_every_mail_in_order(
    store: Store, server: MailServer, clock: Clock, reply: str
) -> None:
    server.script = [reply] * 2
    for number in (1, 2):
        await change(store, "E-1", number)
    sending = deliveries(store, server, clock)
    await run(sending)
    assert server.mails == []
    assert len(await store.outbox_upkeep.undelivered()) == 4
    clock.later(hours=1)
    await run(sending)
    for mailbox in TEAM:
        assert [mail["Message-ID"] for mail in of(server, mailbox)] == ["<E-1.1@example.org>", "<E-1.2@example.org>"]


async def test_a_server_that_refuses_connections(store: Store, server: MailServer, clock: Clock) -> None:
    await change(store)
    sending = deliveries(store, server, clock)
    await server.close()
    await run(sending)
    assert "Error connecting to 127.0.0.1" in (await store.outbox_upkeep.undelivered())[0].last_error
    await server.open()
    clock.later(hours=1)
    await run(sending)
    assert len(server.mails) == 2


async def test_a_mailbox_that_is_not_there_is_given_up_and_the_others_are_told(
    store: Store, server: MailServer, clock: Clock
) -> None:
    """One that is only full for now is tried again."""
    server.refuses = {"boss@example.com": "550 no\x07body of that name"}
    await change(store)
    sending = deliveries(store, server, clock)
    await run(sending)
    assert [recipient for recipient, _ in server.mails] == ["ops@example.com"]
    [given_up] = await store.outbox_upkeep.undelivered()
    assert given_up.due_at is None
    assert given_up.last_error == "the mail server said 550 no body of that name"
    server.refuses = {"boss@example.com": "452 full"}
    await store.outbox_upkeep.retry(None)
    await run(sending)
    [waiting] = await store.outbox_upkeep.undelivered()
    assert waiting.due_at is not None


async def test_nothing_leaves_in_the_clear_where_it_should_not(store: Store, server: MailServer, clock: Clock) -> None:
    """A server that has no STARTTLS gets no mail, and no password."""
    await change(store)
    asked = {"security": "starttls", "username": "frontdesk", "password": SecretStr(PASSWORD)}
    await run(deliveries(store, server, clock, **asked))
    assert server.mails == []
    assert "STARTTLS" in (await store.outbox_upkeep.undelivered())[0].last_error


async def test_a_password_that_is_refused_is_not_told(
    store: Store, server: MailServer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server.authentication = f"535 {PASSWORD} is wrong"
    await change(store)
    sending = deliveries(store, server, clock, username="frontdesk", password=SecretStr(PASSWORD))
    await run(sending)
    assert server.tried == [("frontdesk", PASSWORD)] * 2
    [one, _] = await store.outbox_upkeep.undelivered()
    assert one.last_error == "the mail server refused username and password (535)"
    assert PASSWORD not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("bot"))
    server.authentication = ""
    clock.later(hours=1)
    await run(sending)
    assert len(server.mails) == 2


NASTY = "Bcc: all@example.com\r\n\r\n.\r\nMAIL FROM:<x@example.com>\r\n\u2028Naïve ☕"


async def test_what_people_write_makes_no_header_and_ends_no_mail(
    server: MailServer, clock: Clock, tmp_path: Path
) -> None:
    event = {
        "version": 1, "type": "escalation.call", "timestamp": START.isoformat(),
        "data": {
            "escalation": "E-1\r\nBcc: x@example.com", "number": 1, "desk": "désk\nX: 1", "before": None,
            "after": "open", "move": "call", "reason": NASTY, "by": {"id": "U1", "name": None}, "owner": None,
            "asker": {"id": "U1", "name": None}, "question": NASTY, "thread": {},
        },
    }  # fmt: skip
    told = with_whereabouts(event, {"U1": NASTY}, "https://slack.test/x")
    delivery = Delivery("d", "email", "ops@example.com", "E-1", 1, told, 1, 1, START)
    settings = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "d@example.org", "to": TEAM}
    await Email(EmailSettings.model_validate(settings)).send(delivery)
    [(recipient, mail)] = server.mails
    assert recipient == "ops@example.com"
    assert set(mail.keys()) <= {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
        "MIME-Version", "X-Peer", "In-Reply-To", "References",
    }  # fmt: skip
    assert mail["Subject"] == "[E-1 Bcc: x@example.com] Request for a human: désk X: 1"
    assert "> Naïve ☕" in mail.get_content()
    assert "\n> MAIL FROM:<x@example.com>" in mail.get_content()


def test_a_long_message_id_is_left_whole() -> None:
    """Folded or encoded, no reply would be found to belong to it."""
    domain = "a-rather-long-name-of-a-department." * 3 + "example.org"
    event = {"timestamp": START.isoformat(), "data": {
        "escalation": "E-" + "a" * 30, "desk": "support", "before": "open", "after": "claimed", "move": "claim",
        "reason": "", "by": None, "owner": None, "asker": None, "question": "", "links": {"thread": None},
    }}  # fmt: skip
    delivery = Delivery("d", "email", "x", "E-" + "a" * 30, 7, event, 1, 1, START)
    sent = mail_of(delivery, f"desk@{domain}", ("ops@example.com",)).as_bytes(policy=WIRE.clone(max_line_length=900))
    for own in ("", ".7"):
        assert f"<E-{'a' * 30}{own}@{domain}>".encode() in sent
