"""Answers and source lists as messages in Block Kit, within Slack's limits. Pure.

What documents and people wrote goes into rich_text and plain_text, which have no syntax, or through safe_markdown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.desk.freshness import freshness, stale_notice
from bot.desk.model import Answer, Citation, Outcome, SourceHit
from bot.slack.mrkdwn import escape, is_linkable, plain

Block = dict[str, Any]

# A markdown block holds 12,000, all blocks of a message about 13,200: the sources and buttons need the rest.
TEXT_LIMIT = 9_500
SOURCES_LIMIT = 2_500

FEEDBACK, CALL_HUMAN, WHY = "answer_feedback", "human_call", "answer_why"
MORE, QUIET = "answer_more", "quiet"  # the menu beside them, and its entry
HUMAN_LABEL, WHY_LABEL = "Talk to a human", "Why this answer?"
SHARE = "sources_share"
SHARE_IN_THREAD = "sources_share_thread"


@dataclass(frozen=True, slots=True)
class Message:
    """`text` is what notifications show and what remains where the blocks are refused."""

    text: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A line of a list of sources."""

    title: str
    section: str
    url: str
    freshness: str
    mark: str = ""
    snippet: str = ""


def links_of(answer: Answer) -> frozenset[str]:
    """The only addresses that this answer may link to."""
    return frozenset(one.uri for one in answer.citations if is_linkable(one.uri)) | frozenset(
        one.url for one in answer.nearest if is_linkable(one.url)
    )


def closing_blocks(answer: Answer, key: str, *, humans: bool = True) -> list[Block]:
    """What follows the text: sources, notices, feedback, the way to a human, and why it says that."""
    answered = answer.outcome in (Outcome.ANSWERED, Outcome.ABSTAINED)
    blocks = [*evidence(answer), *([feedback_buttons(key)] if answered else [])]
    buttons = [why_button(key)] if answered else []
    if answer.outcome not in (Outcome.ASKED, Outcome.ESCALATED) or HUMAN_LABEL in answer.text:
        human = [button(HUMAN_LABEL, CALL_HUMAN, key)] if humans else []
        buttons = [*human, *buttons, _more()]
    return [*blocks, *([{"type": "actions", "elements": buttons}] if buttons else [])]


def evidence(answer: Answer) -> list[Block]:
    """The sources, and what is to be known of the answer."""
    blocks: list[Block] = []
    if answer.citations:
        blocks.append(source_list("Sources", cited(answer.citations, answer.answered_at)))
    if plain(answer.notice, 1_000):
        blocks.append(note(answer.notice))
    if answer.incident:
        blocks.append(note(f"Incident {answer.incident}"))
    return blocks


def why_button(key: str) -> Block:
    return button(WHY_LABEL, WHY, key)


def note(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "plain_text", "text": plain(text, 1_000), "emoji": False}]}


def button(label: str, action: str, value: str, style: str | None = None, *, confirm: Block | None = None) -> Block:
    element: Block = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": plain(label, 75)},
        "value": value,
    }
    return element | ({"style": style} if style else {}) | ({"confirm": confirm} if confirm else {})


def _more() -> Block:
    text = {"type": "plain_text", "text": "Keep quiet in this thread"}
    return {"type": "overflow", "action_id": MORE, "options": [{"text": text, "value": QUIET}]}


def feedback_buttons(key: str) -> Block:
    def choice(label: str, verdict: str, spoken: str) -> Block:
        text = {"type": "plain_text", "text": label}
        return {"text": text, "value": f"{verdict} {key}", "accessibility_label": spoken}

    buttons = {
        "type": "feedback_buttons",
        "action_id": FEEDBACK,
        "positive_button": choice("Helpful", "up", "Mark this answer as helpful"),
        "negative_button": choice("Not helpful", "down", "Mark this answer as not helpful"),
    }
    return {"type": "context_actions", "elements": [buttons]}


def cited(citations: Sequence[Citation], now: datetime | None) -> list[Source]:
    """One line a place in a document, with every number that refers to it. `now`: when they were cited."""
    marks: dict[tuple[str, str, str], list[str]] = {}
    for number, one in enumerate(citations, 1):
        marks.setdefault((one.uri, one.title, one.section), []).append(str(number))
    first = {(one.uri, one.title, one.section): one for one in reversed(citations)}
    return [
        Source(one.title, one.section, one.uri, freshness(one, now), "".join(f"[{n}]" for n in marks[place]))
        for place, one in ((place, first[place]) for place in marks)
    ]


def _name(source: Source) -> str:
    title = plain(source.title, 150) or "Untitled"
    section = source.section.strip().replace(" > ", " › ")
    return plain(f"{title} › {section}" if section else title, 150)


def source_line(source: Source) -> str:
    name = escape(f"{source.mark} ".lstrip()) + (
        f"<{escape(source.url)}|{escape(_name(source)).replace('|', '/')}>"
        if is_linkable(source.url)
        else escape(_name(source))
    )
    return f"{name} · {escape(source.freshness)}"


def source_list(heading: str, sources: Sequence[Source]) -> Block:
    """A rich_text block: its elements are typed, so a title can't be anything but text."""
    lines: list[Block] = [span(heading, bold=True)]
    used = 0
    for shown, one in enumerate(sources):
        used += len(_name(one)) + len(one.url) + len(one.freshness) + 20
        if used > SOURCES_LIMIT and shown:
            lines.append(span(f"\nand {len(sources) - shown} more"))
            break
        lines += [span("\n"), *_entry(one)]
    return rich(*lines)


def _entry(source: Source) -> list[Block]:
    name = _name(source)
    return [
        *([span(f"{source.mark} ")] if source.mark else []),
        {"type": "link", "url": source.url, "text": name} if fits(source.url) else span(name),
        span(f" · {source.freshness}"),
        *([span(f"\n{source.snippet}")] if source.snippet else []),
    ]


def rich(*elements: Block) -> Block:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def fits(url: str) -> bool:
    return is_linkable(url) and len(url) <= 1_000


def span(text: str, *, bold: bool = False) -> Block:
    return {"type": "text", "text": text} | ({"style": {"bold": True}} if bold else {})


def when(at: datetime) -> Block:
    """An element of rich text: a time that each reader sees in their own zone."""
    return {
        "type": "date",
        "timestamp": int(at.timestamp()),
        "format": "{date_short}, {time}",
        "fallback": f"{at:%-d %b, %H:%M} UTC",
    }


def found(
    hits: Sequence[SourceHit],
    words: str,
    now: datetime,
    *,
    share: str | None = None,
    thread_ts: str | None = None,
    by: str | None = None,
    notice: str = "",
) -> Message:
    """The private list of /sources; `share` is what the Share button searches for again, `thread_ts` the thread that it
    shows it in; `by` is the id of who shared it."""
    sources = [
        Source(one.title, one.section, one.url, freshness(one, now), f"{number}.", plain(one.snippet, 200))
        for number, one in enumerate(hits, 1)
    ]
    heading = f"Documents about “{plain(words, 100)}”"
    shared = [rich({"type": "user", "user_id": by}, span(" shared this from the documents:"))] if by else []
    # A block a source, so that no limit of one list hides a document.
    blocks: list[Block] = [*shared, rich(span(heading, bold=True)), *(rich(*_entry(one)) for one in sources)]
    blocks += [note(line) for line in (stale_notice(hits, now), notice) if line]
    if share is not None:
        here = button("Share in this channel", SHARE, share)
        there = button("Share in the thread", SHARE_IN_THREAD, f"{thread_ts} {share}")
        blocks.append({"type": "actions", "elements": [there if thread_ts else here]})
    return Message(escape(heading), tuple(blocks))
