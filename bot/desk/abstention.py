"""What the desk says when it has no answer: what it searched for, the nearest sources and how fresh they are, a human.

Pure. What people or documents wrote is quoted as plain text: nothing in it can be a link, a mention or markup.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from bot.desk.freshness import freshness
from bot.desk.model import Answer, Desk, Outcome, Passage, PromptRef, Retrieval
from bot.desk.words import flat

OFFER = "Press *Talk to a human* and somebody takes it from here."
NOT_FOUND = "I couldn't find an answer to that in our documents."
LOOSE_UNDERSCORE = r"(?<![^\W_])_|_(?![^\W_])"  # one within a word, as in step_timeout, is no markup
_SHOWN = 3
_SEARCHED = 160  # characters


def abstain(
    desk: Desk,
    searched: str,
    found: Retrieval,
    prompt: PromptRef | None,
    said: str = NOT_FOUND,
    now: datetime | None = None,
) -> Answer:
    """`said` is the first line: why there is no answer. `now`: when that is said."""
    nearest = found.passages or found.nearest
    parts = [said, f"I searched for “{plain(searched, _SEARCHED)}”."]
    if nearest:
        parts[-1] += " The nearest pages I have:\n" + "\n".join(_lines(nearest, now))
    parts.append(offer(desk))
    return Answer(
        Outcome.ABSTAINED,
        "\n\n".join(part for part in parts if part),
        nearest=tuple(nearest),
        prompt=prompt,
        index_version=found.index_version,
        searched=searched,
    )


def hand_over(desk: Desk) -> Answer:
    """The asker called for a human."""
    if desk.has_humans:
        return Answer(Outcome.ESCALATED, "I'm passing this on to a human.")
    return Answer(Outcome.ABSTAINED, "I can't reach a human from here: this desk has nobody connected to it.")


def offer(desk: Desk) -> str:
    return OFFER if desk.has_humans else ""


def plain(text: str, limit: int) -> str:
    """Somebody else's words on one line, without what Markdown or Slack would act on."""
    bare = re.sub(rf"[<>`*~\[\]|\\@]|{LOOSE_UNDERSCORE}|\w+://", "", flat(text)).strip()
    return bare if len(bare) <= limit else bare[:limit].rsplit(" ", 1)[0] + "…"


def _lines(passages: Sequence[Passage], now: datetime | None) -> list[str]:
    named: dict[tuple[str, str], str] = {}
    for passage in passages:
        section = f" › {plain(passage.section.replace(' > ', ' › '), 80)}" if passage.section else ""
        line = f"- {plain(passage.title, 80)}{section} ({plain(freshness(passage, now), 160)})"
        named.setdefault((passage.document_id, passage.section), line)
    return list(named.values())[:_SHOWN]
