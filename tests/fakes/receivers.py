"""Systems outside that are told of escalations: a webhook receiver and a mail server, which misbehave as told.

`script` holds what the next requests, or mails, come to; after that everything is taken.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Literal

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from standardwebhooks import Webhook

Mishap = int | Literal["stall", "cut"]


@dataclass
class Request:
    id: str
    headers: dict[str, str]
    body: Any  # as the specification's own library read it, once it had found the signature good


@dataclass
class Receiver:
    """A webhook's other end. A mishap is a status, no answer, or a connection that is cut; `taken` are the requests
    that it said yes to, `refused` the others, all of them verified."""

    secret: str
    url: str = ""
    script: list[Mishap] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)  # of the mishaps
    taken: list[Request] = field(default_factory=list)
    refused: list[Request] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    gate: asyncio.Event | None = None
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        # Raises where the signature is not good: then it is a 500.
        read = Request(headers["webhook-id"], headers, Webhook(self.secret).verify(body, headers))
        mishap = self.script.pop(0) if self.script else None
        if mishap is not None:
            self.refused.append(read)
            self.moved.set()
            if mishap == "stall":
                await self.closing.wait()
            if mishap == "cut":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            return web.Response(status=int(mishap), headers=self.headers)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.moved.set()
        if self.gate is not None:
            await self.gate.wait()
        self.at_once -= 1
        self.taken.append(read)
        self.moved.set()
        return web.Response(status=204)

    async def until(self, ready: Callable[[], object]) -> None:
        while not ready():
            self.moved.clear()
            await self.moved.wait()

    @property
    def said(self) -> list[tuple[str, str]]:
        """Of each event that was taken: which escalation, and what it is now."""
        return [(one.body["data"]["escalation"], one.body["data"]["after"]) for one in self.taken]


@contextlib.asynccontextmanager
async def receiving(secret: str) -> AsyncIterator[Receiver]:
    receiver = Receiver(secret)
    application = web.Application()
    application.router.add_post("/hook", receiver.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        receiver.closing.set()
        await runner.cleanup()


@dataclass
class MailServer:
    """`script`: what DATA is answered with, "cut" for none and a closed connection; `refuses` mailboxes, by reply.
    `gate`: what was taken is answered when it opens; `taken` is set when a mail waits there."""

    port: int = 0
    script: list[str] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    authentication: str = ""  # what every password is answered with; "" takes them all
    tried: list[tuple[str, str]] = field(default_factory=list)
    server: asyncio.Server | None = None
    gate: asyncio.Event | None = None
    taken: asyncio.Event = field(default_factory=asyncio.Event)

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword
    ) -> AuthResult:
        self.tried.append((given.login.decode(), given.password.decode()))
        if self.authentication:
            return AuthResult(success=False, handled=False, message=self.authentication)
        return AuthResult(success=True)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self.refuses.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        reply = self.script.pop(0) if self.script else "250 OK"
        if reply == "cut":
            assert server.transport is not None
            server.transport.abort()
        elif reply.startswith("250"):
            assert isinstance(envelope.content, bytes)
            mail = message_from_bytes(envelope.content, policy=default)
            self.mails += [(recipient, mail) for recipient in envelope.rcpt_tos]
            self.taken.set()
            if self.gate is not None:
                await self.gate.wait()
        return reply

    async def open(self) -> None:
        """On the port that it had, if it had one."""
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(
            lambda: SMTP(
                self,
                hostname="mail.test",
                enable_SMTPUTF8=True,
                auth_require_tls=False,
                authenticator=self.authenticate,
                auth_exclude_mechanism=("LOGIN",),
                loop=loop,
            ),
            "127.0.0.1",
            self.port,
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Whoever connects is refused."""
        if self.server is not None:
            self.server.close()
            await self.server.wait_closed()


@contextlib.asynccontextmanager
async def mailing() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.open()
    try:
        yield server
    finally:
        await server.close()
