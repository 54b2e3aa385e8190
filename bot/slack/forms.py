"""An answer as messages, each in every form that it can take: what Slack refuses goes out plainer, whole. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from bot.desk.model import Answer
from bot.slack.blocks import (
    CALL_HUMAN,
    HUMAN_LABEL,
    TEXT_LIMIT,
    Block,
    Message,
    button,
    cited,
    closing_blocks,
    links_of,
    source_line,
)
from bot.slack.mrkdwn import escape, safe_markdown, split, to_mrkdwn
from bot.slack.spoken import spoken
from bot.slack.tables import Table, as_text, parts, table_block

SECTION_LIMIT = 3_000
PLAIN_LIMIT = 3_900  # chat.update takes 4,000 characters of text
BUTTONS = "What you can do with this answer"
Page = tuple[str | Table, ...]
Forms = Sequence[list[Message]]  # all of it in each, the best first; the first messages of a plainer one say no more


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around an answer's text: its sources and buttons after it; before it who shows it to whom, and the
    same as mrkdwn."""

    closing: Sequence[Block]
    opening: Sequence[Block] = ()
    said: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One message of an answer; the first one has what opens it, the last one its sources and buttons."""

    page: Page
    allowed: frozenset[str]
    answer: Answer
    frame: Frame
    first: bool
    last: bool

    @property
    def markdown(self) -> str:
        """All of it as Markdown."""
        return "\n\n".join(as_text(one) if isinstance(one, Table) else one for one in self.page)

    @property
    def is_markdown(self) -> bool:
        """Whether it is nothing but Markdown: a stream can hold it."""
        return not any(isinstance(one, Table) for one in self.page)

    @property
    def closing(self) -> list[Block]:
        return list(self.frame.closing) if self.last else []

    def forms(self) -> Iterator[list[Message]]:
        """Best first. The last ones may take several messages: text without blocks, and the buttons in a message of
        their own; then without them."""
        said = spoken(self.markdown)
        opening = self.frame.opening if self.first else ()
        yield [Message(said, (*opening, *_blocks(self.page, self.allowed), *self.closing))]
        said_first = [self.frame.said] if self.first and self.frame.said else []
        sections = [_section(text) for text in (*said_first, *_mrkdwn(self.markdown, self.allowed, SECTION_LIMIT))]
        yield [Message(said, (*sections, *map(_older, self.closing)))]
        texts = [Message(text) for text in _packed(self._lines())]
        if buttons := [block for block in map(_older, self.closing) if block["type"] == "actions"]:
            yield [*texts, Message(BUTTONS, tuple(buttons))]
        yield texts

    def _lines(self) -> Iterator[str]:
        if self.first and self.frame.said:
            yield self.frame.said
        yield from _mrkdwn(self.markdown, self.allowed, PLAIN_LIMIT)
        closing = list(self._closing_lines()) if self.closing else []
        whole = "\n".join(closing)
        yield from closing if len(whole) > PLAIN_LIMIT else [whole] if whole else []

    def _closing_lines(self) -> Iterator[str]:
        yield from map(source_line, cited(self.answer.citations, self.answer.answered_at))
        if self.answer.notice:
            yield from split(escape(self.answer.notice), PLAIN_LIMIT)
        if self.answer.incident:
            yield f"Incident {self.answer.incident}"
        if any(one.get("action_id") == CALL_HUMAN for block in self.closing for one in block.get("elements", ())):
            yield f"To reach a person, write “{HUMAN_LABEL.lower()}” here."


def answer_parts(answer: Answer, key: str, *, humans: bool = True) -> list[Part]:
    """One message, or several for an answer beyond Slack's limits; `humans`: there is somebody who can be called."""
    return framed(answer, Frame(closing_blocks(answer, key, humans=humans)))


def framed(answer: Answer, frame: Frame) -> list[Part]:
    allowed = links_of(answer)
    pages = _pages(safe_markdown(answer.text, allowed))
    most = len(pages)
    return [Part(page, allowed, answer, frame, at == 1, at == most) for at, page in enumerate(pages, 1)]


def whole_forms(answer: Answer, frame: Frame) -> Forms:
    parts = [list(part.forms()) for part in framed(answer, frame)]
    rungs = range(max(map(len, parts)))
    return [[message for forms in parts for message in forms[min(rung, len(forms) - 1)]] for rung in rungs]


def _pages(markdown: str) -> list[Page]:
    """A table is a block of its own, one a message as Slack has it; another one there is text."""
    pages: list[list[str | Table]] = [[]]
    room = TEXT_LIMIT
    for part in parts(markdown):
        tabled = any(isinstance(one, Table) for one in pages[-1])
        whole = isinstance(part, Table) and not tabled and table_block(part, ()) is not None
        items: Sequence[str | Table] = [part] if whole else split(_text(part), TEXT_LIMIT)
        for item in items:
            size = _size(item)
            if pages[-1] and size > room:
                pages.append([])
                room = TEXT_LIMIT
            pages[-1].append(item)
            room -= size
    return [tuple(page) for page in pages]


def _text(part: str | Table) -> str:
    return as_text(part) if isinstance(part, Table) else part


def _size(item: str | Table) -> int:
    if isinstance(item, Table):
        return sum(len(cell) + 1 for row in (item.head, *item.rows) for cell in row)
    return len(item) + 2


def _blocks(page: Page, allowed: Collection[str]) -> list[Block]:
    blocks: list[Block] = []
    for one in page:
        table = table_block(one, allowed) if isinstance(one, Table) else None
        if table is not None:
            blocks.append(table)
        elif text := _text(one).strip():
            if blocks and blocks[-1]["type"] == "markdown":
                blocks[-1]["text"] += f"\n\n{text}"
            else:
                blocks.append({"type": "markdown", "text": text})
    return blocks


def _mrkdwn(markdown: str, allowed: Collection[str], limit: int, size: int | None = None) -> Iterator[str]:
    """As mrkdwn in pieces of at most `limit` characters. What Slack wants escaped makes them longer than they were: a
    piece that is too long then is cut again, as Markdown, to `size`."""
    for piece in split(markdown, size or limit):
        text = to_mrkdwn(piece, allowed)
        if len(text) > limit:
            yield from _mrkdwn(piece, allowed, limit, len(piece) // 2)
        elif text.strip():
            yield text


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _older(block: Block) -> Block:
    """Without what only newer Slacks have: its buttons as ordinary ones."""
    if block["type"] != "context_actions":
        return block
    buttons: list[Block] = []
    for element in block["elements"]:
        if element["type"] == "feedback_buttons":
            for name in ("positive", "negative"):
                one = element[f"{name}_button"]
                pressed = button(one["text"]["text"], f"{element['action_id']}_{name}", one["value"])
                spoken_label = one.get("accessibility_label")
                buttons.append(pressed | ({"accessibility_label": spoken_label} if spoken_label else {}))
        else:
            buttons.append(button(element["text"]["text"], element["action_id"], element.get("value", "")))
    return {"type": "actions", "elements": buttons}


def _packed(lines: Iterator[str]) -> list[str]:
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1]) + 1 + len(line) <= PLAIN_LIMIT:
            texts[-1] += "\n" + line
        else:
            texts.append(line)
    return texts or ["…"]
