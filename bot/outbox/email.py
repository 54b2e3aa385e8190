"""E-mail through an SMTP server: one mail an event and recipient."""

from datetime import timedelta

import aiosmtplib

from bot.desk.errors import DeliveryFailed
from bot.desk.outgoing import Delivery
from bot.outbox.mail import mail_of
from bot.outgoing_settings import EmailSettings

_TIMEOUT_S = 10.0  # for each step of the conversation


class Email:
    """bot.desk.outgoing.Target. A connection a mail: there are few, and a stale one is a failure that is none."""

    def __init__(self, settings: EmailSettings) -> None:
        self.give_up_after: timedelta = settings.give_up_after
        self._settings = settings

    async def send(self, delivery: Delivery) -> None:
        """To one recipient; the others that it is to are named in it, and get theirs apart."""
        settings = self._settings
        to = recipients_of(settings, delivery.event["data"]["desk"])
        if delivery.recipient not in to:
            to = (delivery.recipient,)
        mail = mail_of(delivery, settings.sender, to)
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",  # not "if the server can": without it nothing is sent
            username=settings.username,
            password=settings.password.get_secret_value() if settings.password else None,
            timeout=_TIMEOUT_S,
        )
        try:
            async with client:
                await client.send_message(mail, sender=settings.sender, recipients=[delivery.recipient])
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _failure(error) from error

    async def close(self) -> None:
        return None


def recipients_of(settings: EmailSettings, desk: str) -> tuple[str, ...]:
    return settings.to.get(desk, ()) if isinstance(settings.to, dict) else settings.to


def _failure(error: Exception) -> DeliveryFailed:
    """In words that repeat no password: what a server says when it refuses one is left out."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return DeliveryFailed(f"the mail server refused username and password ({error.code})")
    refused = error.recipients[0] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error
    if isinstance(refused, aiosmtplib.SMTPResponseException):
        # Of these a server says that it is of no use to send them again; else it may be about the connection only.
        about_it = isinstance(refused, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError)
        said = f"the mail server said {refused.code} {refused.message}"
        return DeliveryFailed(said, final=about_it and 500 <= refused.code < 600)
    return DeliveryFailed(f"{type(error).__name__}: {error}")
