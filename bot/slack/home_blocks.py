"""How App Home looks: what everybody sees, and below it what admins see. Pure; within a view's 100 blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.desk.desk_settings import DayNumbers, Mode, Pause
from bot.desk.freshness import ago
from bot.desk.human_path import Escalation, EscalationState
from bot.desk.model import Outcome, SourceStatus
from bot.slack.blocks import Block, button, note, rich, span, when
from bot.slack.mrkdwn import escape, plain
from bot.slack.sync_blocks import approve_button, known, paused_since

SYNC, APPROVE = "home_sync", "home_approve"  # and a number: the ids of a page's buttons differ
SYNC_ALL, PAUSE, RESUME, CHANNELS = "home_sync_all", "home_pause", "home_resume", "home_channels"
MOST_SOURCES, MOST_REQUESTS, MOST_CHANNELS = 20, 10, 15
NOT_KNOWN = "I can't read that right now. Open this page again in a minute."

_ABOUT = (
    "*What I do*\nI answer questions from the documents of your company and show which ones I used.",
    "*How to ask*\nMention me in a channel, or write to me under Messages. In a thread where you asked me you need"
    " not mention me again until somebody else writes there.\n"
    "Type `/sources` and a few words to look into the documents yourself.",
    "*When I don't know*\nI say so{human}.",
)
_HUMAN = ", and “Talk to a human” under my answers fetches somebody"
_MODES = {
    Mode.MENTIONS: "answers who mentions me",
    Mode.QUESTIONS: "answers questions",
    Mode.OFFER: "offers answers privately",
}
_COUNTED = (Outcome.ANSWERED, Outcome.ABSTAINED, Outcome.ESCALATED, Outcome.FAILED)
_WAITS = {
    EscalationState.OPEN: "nobody has claimed it yet",
    EscalationState.CLAIMED: "claimed",
    EscalationState.WAITING: "waiting for the asker's answer, asked",
    EscalationState.ANSWERED: "answered",
    EscalationState.REOPENED: "reopened, and nobody has claimed it yet",
}


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """What is set for a channel; `desk` is the one that it comes to."""

    channel: str
    mode: Mode
    desk: str


@dataclass(frozen=True, slots=True)
class AdminPart:
    """None: it can't be read now. `due`: when the askers of some of the open ones are to have an answer."""

    open: Sequence[Escalation] | None
    numbers: DayNumbers | None
    day: datetime  # of the numbers
    channels: Sequence[ChannelLine]
    can_sync: bool
    due: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """`site`: where the workspace's links begin. `said`: a line about what was just done. `humans`: a desk has somebody
    who can be called."""

    now: datetime
    site: str
    sources: Sequence[SourceStatus] | None
    requests: Sequence[Escalation] | None
    pause: Pause | None
    admin: AdminPart | None = None
    said: str = ""
    humans: bool = True


def home_blocks(page: Page) -> list[Block]:
    blocks = [note(page.said)] if page.said else []
    if page.pause:
        by = f", by <@{page.pause.by}>" if page.pause.by else ""
        blocks.append(_text(f"*I'm paused*{by}. {paused_since(page.pause)}"))
    about = [line.format(human=_HUMAN if page.humans else "") for line in _ABOUT]
    blocks += [*map(_text, about), *_sources(page), *_requests(page)]
    return blocks + (_admin(page, page.admin) if page.admin else [])


def _sources(page: Page) -> list[Block]:
    if page.sources is None:
        return [_heading("What I know"), note(NOT_KNOWN)]
    admin = page.admin
    lines: list[Block] = []
    for at, one in enumerate(page.sources[:MOST_SOURCES]):
        facts = [escape(line) for line in known(one, page.now, admin=admin is not None)]
        block = _text("\n".join([f"*{_bold(one.source)}*", *facts])[:2_900])
        if admin and admin.can_sync and not one.syncing:
            block["accessory"] = button("Sync now", f"{SYNC}_{at}", one.source)
        lines.append(block)
        if admin and admin.can_sync and one.held:
            lines.append({"type": "actions", "elements": [approve_button(f"{APPROVE}_{at}", one.source, one.held)]})
    if (more := len(page.sources) - MOST_SOURCES) > 0:
        lines.append(note(f"and {more} more sources: /sources status names them"))
    return [_heading("What I know"), *(lines or [note("Nothing yet.")])]


def _requests(page: Page) -> list[Block]:
    heading = _heading("My open requests")
    if page.requests is None:
        return [heading, note(NOT_KNOWN)]
    if not page.requests:
        return [heading, note("None. “Talk to a human” under my answers makes one." if page.humans else "None.")]
    return [heading, *(_request(one, page, "") for one in page.requests)]


def _request(one: Escalation, page: Page, who: str, due: datetime | None = None) -> Block:
    asked = plain(one.question, 200) or "(no question in words)"
    owner = [span(" by "), {"type": "user", "user_id": one.owner}] if one.owner else []
    url = f"{page.site.rstrip('/')}/archives/{one.channel}/p{one.thread_ts.replace('.', '')}"
    asker: list[Block] = [{"type": "user", "user_id": who}, span(": ")] if who else []
    # Nobody else can see a direct message, so no link leads there.
    linked = page.site and not (who and one.channel.startswith("D"))
    question: Block = {"type": "link", "url": url, "text": f"“{asked}”"} if linked else span(f"“{asked}”")
    state = span(f" · {ago(one.created_at, page.now)} · {_WAITS[one.state]}")
    is_due = [span(f" · answer {'was ' if due <= page.now else ''}due "), when(due)] if due else []
    return rich(*asker, question, state, *owner, *is_due)


def _admin(page: Page, admin: AdminPart) -> list[Block]:
    return [
        {"type": "divider"},
        _heading("For admins"),
        _buttons(page, admin),
        *_numbers(admin),
        _text("*Open escalations*"),
        *_escalations(page, admin),
        _text("*Channels with settings of their own*"),
        *_channels(admin),
    ]


def _buttons(page: Page, admin: AdminPart) -> Block:
    sure: Block = {
        "title": {"type": "plain_text", "text": "Pause the desk?"},
        "text": {
            "type": "plain_text",
            "text": "Whoever asks me gets one line that I am paused, until an admin resumes me here.",
        },
        "confirm": {"type": "plain_text", "text": "Pause"},
        "deny": {"type": "plain_text", "text": "Go on answering"},
        "style": "danger",
    }
    resume = button("Resume answering", RESUME, "resume", "primary")
    sync = [button("Sync all sources", SYNC_ALL, "all")] if admin.can_sync else []
    pause = resume if page.pause else button("Pause answering", PAUSE, "pause", confirm=sure)
    return {"type": "actions", "elements": [*sync, pause, button("Channel settings", CHANNELS, "channels")]}


def _numbers(admin: AdminPart) -> list[Block]:
    title = _text(f"*Yesterday* ({admin.day:%-d %b}, UTC)")
    numbers = admin.numbers
    if numbers is None:
        return [title, note(NOT_KNOWN)]
    shown = {"Questions": f"{numbers.questions:,}"}
    shown |= {one.value.capitalize(): f"{numbers.of(one.value):,}" for one in _COUNTED}
    if others := numbers.questions - sum(numbers.of(one.value) for one in _COUNTED):
        shown["Asked back, withdrawn or open"] = f"{others:,}"
    shown["Median time to an answer"] = "–" if numbers.median_s is None else f"{numbers.median_s:.1f} s"
    shown["Cost"] = _cost(numbers)
    fields = [{"type": "mrkdwn", "text": f"{name}\n*{value}*"} for name, value in shown.items()]
    return [title, {"type": "section", "fields": fields}]


def _cost(numbers: DayNumbers) -> str:
    if numbers.dollars is None:
        return "unknown" if numbers.unpriced else "–"
    return f"${numbers.dollars:,.2f}" + (f" and {numbers.unpriced} of unknown price" if numbers.unpriced else "")


def _escalations(page: Page, admin: AdminPart) -> list[Block]:
    if admin.open is None:
        return [note(NOT_KNOWN)]
    shown = [_request(one, page, one.asker, admin.due.get(one.id)) for one in admin.open[:MOST_REQUESTS]]
    more = [note("and newer ones")] if len(admin.open) > MOST_REQUESTS else []
    return [*shown, *more] or [note("None.")]


def _channels(admin: AdminPart) -> list[Block]:
    if not admin.channels:
        return [note("None: everywhere I answer who mentions me.")]
    shown = [
        rich({"type": "channel", "channel_id": one.channel}, span(f" · {_MODES[one.mode]} · desk “{one.desk}”"))
        for one in admin.channels[:MOST_CHANNELS]
    ]
    more = len(admin.channels) - MOST_CHANNELS
    return [*shown, *([note(f"and {more} more")] if more > 0 else [])]


def _heading(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


def _text(mrkdwn: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn}}


def _bold(name: str) -> str:
    return escape(plain(name, 80)).replace("*", "")
