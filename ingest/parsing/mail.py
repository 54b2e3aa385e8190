"""E-mail: the mail is a document, and each readable attachment is one of its own."""

from datetime import UTC
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath

from ingest.model import Block, ParseError
from ingest.parsing.archive import add_part
from ingest.parsing.html import parse as parse_html
from ingest.parsing.parsed import Found, Parsed, ReadPart
from ingest.parsing.text import clean, paragraphs

_HEADERS = ("From", "To", "Cc", "Date", "Subject")


def parse(content: bytes, read_part: ReadPart, readable: frozenset[str]) -> Found:
    """The mail without a key, its attachments by their names; what is in no format that we read is left out."""
    message = BytesParser(policy=policy.default).parsebytes(content)
    if not isinstance(message, EmailMessage) or not any(message[name] for name in ("From", "Date", "Subject")):
        raise ParseError("It is not an e-mail: it has no sender, date or subject.")
    found = Found([_mail(message)], [])
    for attachment in _attachments(message):
        name, data = _name_and_content(attachment)
        if PurePosixPath(name).suffix.lower() not in readable:
            continue
        try:
            add_part(found, name, read_part(name, data))
        except ParseError as error:
            found.problems.append((name, str(error)))
    return found


def _mail(message: EmailMessage) -> Parsed:
    headers = [f"{name}: {' '.join(str(message[name]).split())}" for name in _HEADERS if message[name]]
    blocks = [Block("\n".join(headers)), *_body(message)]
    return Parsed(clean(str(message["Subject"] or "")), blocks, changed_at=_sent_at(message))


def _body(message: EmailMessage) -> list[Block]:
    body = message.get_body(("plain", "html"))
    if body is None:
        return []
    text = _text(body)
    if body.get_content_subtype() == "html":
        return list(parse_html(text).blocks)
    return [Block("\n".join(lines)) for _, lines in paragraphs(text.replace("\r\n", "\n"))]


def _text(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):  # a character set that nobody knows
        payload = part.get_payload(decode=True)
        return payload.decode(errors="replace") if isinstance(payload, bytes) else ""


def _attachments(message: EmailMessage) -> list[EmailMessage]:
    """Every named part and every forwarded mail, wherever in the tree it hangs."""
    found: list[EmailMessage] = []
    waiting = [message]
    while waiting:
        part = waiting.pop()
        if part is not message and (part.get_filename() or part.get_content_type() == "message/rfc822"):
            found.append(part)
        elif part.is_multipart():
            waiting.extend(child for child in reversed(list(part.iter_parts())) if isinstance(child, EmailMessage))
    return found


def _name_and_content(attachment: EmailMessage) -> tuple[str, bytes]:
    name = clean(attachment.get_filename() or "").replace("\\", "/").rsplit("/", 1)[-1]
    if attachment.get_content_type() == "message/rfc822":
        inner = attachment.get_content()
        return (name or clean(str(inner["Subject"] or "forwarded")).replace("/", " ")).removesuffix(".eml") + ".eml", (
            inner.as_bytes()
        )
    payload = attachment.get_payload(decode=True)
    return name, payload if isinstance(payload, bytes) else b""


def _sent_at(message: EmailMessage) -> str | None:
    try:
        sent = parsedate_to_datetime(str(message["Date"]))
    except (ValueError, TypeError, IndexError):
        return None
    return (sent if sent.tzinfo else sent.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
