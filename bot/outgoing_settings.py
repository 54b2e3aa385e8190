"""[[webhooks]] and [email]: which systems outside Slack are told of escalations."""

import re
from base64 import b64decode
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from bot.section import Section


def _duration(text: object) -> object:
    """Such as "3d"; what is no such thing is left to pydantic, which refuses it."""
    found = re.fullmatch(r"(\d+)([smhd])", text) if isinstance(text, str) else None
    return timedelta(seconds=int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[found[2]]) if found else text


GiveUpAfter = Annotated[timedelta, BeforeValidator(_duration), Field(gt=timedelta(0), le=timedelta(days=30))]


def _web_address(url: str) -> str:
    """https, or http to this machine. The address may hold no secret: it stands in the file."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError("not an address") from error
    if not host or parts.scheme not in ("http", "https") or not url.isascii() or " " in url:
        raise ValueError("not an address that begins with https://")
    if parts.username or parts.password:
        raise ValueError("an address with a user's name or password in it; requests are signed instead")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("http is for this machine only; use https")
    return url


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


Mailbox = Annotated[str, Field(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$")]
Mailboxes = Annotated[tuple[Mailbox, ...], Field(min_length=1)]


def secret_variable(webhook: str) -> str:
    return f"FRONTDESK_WEBHOOK_SECRET_{webhook.upper().replace('-', '_')}"


def signing_keys(secrets: str) -> tuple[bytes, ...]:
    """The keys in one or more of Standard Webhooks' secrets, separated by spaces. Raises ValueError, which repeats none
    of them."""
    keys = tuple(_signing_key(secret) for secret in secrets.split())
    if not keys:
        raise ValueError("empty")
    return keys


def _signing_key(secret: str) -> bytes:
    try:
        key = b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith("whsec_") or len(key) < 24:
        raise ValueError("not whsec_ and at least 24 bytes in base64")
    return key


class WebhookSettings(Section):
    """[[webhooks]]: where changes of escalations are posted to, signed with FRONTDESK_WEBHOOK_SECRET_NAME."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] = Field(examples=["helpdesk"])
    url: Annotated[str, AfterValidator(_web_address)] = Field(examples=["https://helpdesk.example.com/hooks/frontdesk"])
    desks: tuple[str, ...] = ()  # empty: all
    events: tuple[str, ...] = Field((), examples=[["call", "close"]])  # empty: all
    give_up_after: GiveUpAfter = Field(timedelta(days=3), examples=["3d"])
    secret: SecretStr | None = None

    @model_validator(mode="after")
    def _can_be_signed(self) -> Self:
        try:
            if self.secret is not None:
                signing_keys(self.secret.get_secret_value())
        except ValueError as error:
            raise ValueError(f"{secret_variable(self.name)} is {error}; `openssl rand -base64 32` makes such") from None
        return self


class EmailSettings(Section):
    """[email] and SMTP_PASSWORD: who gets a mail for each change of an escalation, and through which server."""

    host: str = Field(examples=["smtp.example.com"])
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Mailbox = Field(examples=["frontdesk@example.com"])
    to: Mailboxes | dict[str, Mailboxes] = Field(examples=[["support@example.com"]])  # all of them, or by desk
    events: tuple[str, ...] = Field((), examples=[["call", "close"]])  # empty: all
    give_up_after: GiveUpAfter = Field(timedelta(days=3), examples=["3d"])
    username: str | None = Field(None, examples=["frontdesk"])
    password: SecretStr | None = None

    @model_validator(mode="after")
    def _keeps_the_password(self) -> Self:
        if self.username and self.security == "none" and not is_loopback(self.host):
            raise ValueError('username needs security = "starttls" or "tls": else the password is sent in the clear')
        return self
