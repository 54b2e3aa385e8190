"""How the upkeep of the sources looks in Slack: progress, outcome, status, and what the admins' channel hears. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.desk.desk_settings import Pause
from bot.desk.freshness import ago, checked
from bot.desk.model import SourceNotice, SourceStatus, SyncResult, SyncStep
from bot.slack.blocks import Block, Message, button, rich, span
from bot.slack.mrkdwn import escape, plain

APPROVE = "sync_approve"  # and a number: the ids of a message's buttons differ
_ROOM = 9_000  # characters of all sources together
_SHOWN = 10  # failed documents of a source, and buttons
_MOST = 40  # sources of a message
_SECRET = re.compile(r"(?<=://)[^/\s@]*@|(?<=\w)\?[^\s”]*=[^\s”]*")  # a password or a token in an address


def progress(step: SyncStep | None) -> Message:
    if step is None:
        return Message("The sync is about to start.")
    share = f", {step.done} of {step.total}" if step.total else ""
    return Message(escape(f"Syncing “{step.source}”: {step.stage}{share}."))


def outcome(results: Sequence[tuple[str, SyncResult | str]]) -> Message:
    """How the sync of each source ended, or why it did not start."""
    parts = [(name, [one] if isinstance(one, str) else ended(one)) for name, one in results]
    held = {name: one.held for name, one in results if isinstance(one, SyncResult) and one.held}
    return _message("", parts, held)


def ended(one: SyncResult) -> list[str]:
    """How a sync ended, in the first line, and what is to be known of it."""
    counts = {"added": one.added, "changed": one.changed, "removed": one.removed}
    changes = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing new"
    first = {"success": "Success", "partial": "Partial", "failed": "Failed"}[one.state]
    lines = [f"{first}: {changes}, {one.unchanged} unchanged ({one.seconds:.1f} s)"]
    lines += [_quoted(one.problem)] if one.problem else []
    return [*lines, *_failures(one.failed), *_held(one.source, one.held)]


def _failures(failed: Sequence[tuple[str, str]]) -> list[str]:
    if not failed:
        return []
    lines = [f"{_documents(len(failed))} could not be read:"]
    lines += [f"• {plain(uri, 100)}: {_quoted(reason, 150)}" for uri, reason in failed[:_SHOWN]]
    return lines + ([f"and {len(failed) - _SHOWN} more"] if len(failed) > _SHOWN else [])


def _held(source: str, held: int) -> list[str]:
    if not held:
        return []
    return [
        f"{_documents(held)} {_are(held)} gone from the source, which is more than its limit. Nothing was removed:"
        f" an admin approves it with the button, or with `frontdesk sync {source} --approve`."
    ]


def status(sources: Sequence[SourceStatus], now: datetime, *, admin: bool, pause: Pause | None = None) -> Message:
    """What is known of the sources; why something failed is for admins. `pause`: since when nothing is answered."""
    parts = [(one.source, known(one, now, admin=admin)) for one in sources]
    parts = [("I'm paused", [paused_since(pause)]), *parts] if pause else parts
    held = {one.source: one.held for one in sources if one.held} if admin else {}
    return _message("What I know", parts, held)


def paused_since(pause: Pause) -> str:
    return f"Since {pause.since:%-d %b, %H:%M} UTC I don't answer questions. The documents are synced all the same."


def known(one: SourceStatus, now: datetime, *, admin: bool) -> list[str]:
    """What is known of one source, a fact a line."""
    states = [
        "being synced now" if one.syncing else "",
        "older than it should be" if one.stale else "",
        "the last sync failed" if one.state == "failed" else "",
        f"{_documents(len(one.failures))} can't be read" if one.failures else "",
        f"{one.held} removals wait for an admin" if one.held else "",
    ]
    said = ", ".join(filter(None, states)) or ("never synced" if one.state is None else "up to date")
    lines = [f"{_documents(one.documents)} · {checked(one.verified_at, now)} · {said}"]
    if admin:
        lines += [_quoted(one.problem)] if one.problem else []
        lines += [f"Next sync: {one.next_due:%-d %b, %H:%M} UTC"] if one.next_due and not one.syncing else []
        lines += [*_failures(one.failures), *_held(one.source, one.held)]
    return lines


def notice_message(notice: SourceNotice, now: datetime) -> Message:
    """What the admins' channel hears of a source. Nothing of a document stands in it."""
    name = notice.source
    if notice.kind == "held" and notice.over:
        lines = ["No removal waits any more: the documents were removed, or are back."]
    elif notice.kind == "held":
        lines = _held(name, notice.held)
    elif notice.over:
        lines = [f"Up to date again: {checked(notice.verified_at, now)}."]
    else:
        lines = [
            f"Last checked {ago(notice.verified_at, now)}. Answers from it say so."
            if notice.verified_at
            else "It could not be synced yet, so answers lack it."
        ]
        lines += [_quoted(notice.problem)] if notice.problem else []
        lines += [f"I tell you when it is well again. To try now: `/sources sync {name}`."]
    return _message(
        "", [(f"Source “{name}”", lines)], {name: notice.held} if notice.kind == "held" and not notice.over else {}
    )


def _message(heading: str, parts: Sequence[tuple[str, Sequence[str]]], held: Mapping[str, int]) -> Message:
    blocks: list[Block] = [rich(span(heading, bold=True))] if heading else []
    texts = [heading] if heading else []
    room = _ROOM
    for name, lines in parts[:_MOST]:
        kept = [line for line in lines if (room := room - len(line)) > 0]
        blocks.append(rich(span(name, bold=True), *_spans("".join(f"\n{line}" for line in kept) or "\n…")))
        texts.append(f"{name}: {' '.join(kept)}")
    if len(parts) > _MOST:
        blocks.append(rich(span(f"and {len(parts) - _MOST} more sources")))
    if held:
        one = len(parts) == 1
        buttons = [
            approve_button(f"{APPROVE}_{at}", *each, alone=one) for at, each in enumerate(list(held.items())[:_SHOWN])
        ]
        blocks.append({"type": "actions", "elements": buttons})
    return Message(escape(plain("\n".join(texts), 2_900)), tuple(blocks))


def _spans(text: str) -> list[Block]:
    """What stands in backticks is code."""
    pieces = enumerate(text.split("`"))
    return [span(piece) | ({"style": {"code": True}} if at % 2 else {}) for at, piece in pieces if piece]


def approve_button(action: str, name: str, count: int, *, alone: bool = True) -> Block:
    """Removes what a sync of a source held back, after a question. Its value: count and name."""
    what = _documents(count)
    confirm: Block = {
        "title": {"type": "plain_text", "text": plain(f"Remove {what}?", 100)},
        "text": {
            "type": "plain_text",
            "text": plain(f"They are gone from “{name}”. Answers will not use them any more.", 300),
        },
        "confirm": {"type": "plain_text", "text": "Remove"},
        "deny": {"type": "plain_text", "text": "Keep"},
        "style": "danger",
    }
    label = f"Remove {what}" if alone else f"Remove {what} of {name}"
    return button(label, action, f"{count} {name}", "danger", confirm=confirm)


def _quoted(said: str, limit: int = 400) -> str:
    return plain(_SECRET.sub("…", said), limit)


def _documents(count: int) -> str:
    return f"{count:,} document{'s' if count != 1 else ''}"


def _are(count: int) -> str:
    return "are" if count != 1 else "is"
