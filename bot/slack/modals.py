"""What opens over Slack when somebody presses a button: why an answer says that, and what was wrong with it. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.desk.freshness import day
from bot.desk.model import AnswerRecord, Explanation, Outcome, UsedPassage, Verdict
from bot.slack.blocks import Block, note, rich, span
from bot.slack.mrkdwn import plain

View = dict[str, Any]

FEEDBACK_GIVEN = "feedback_given"
REASON, COMMENT = "reason", "comment"  # the blocks of the feedback, and what they are called in its state
WRONG = "wrong"
REASONS = {
    WRONG: "It is wrong",
    "incomplete": "Something is missing",
    "outdated": "It is outdated",
    "not_asked": "It is not what I asked",
}
MOST_COMMENT = 1_000  # characters
_WHY = "Why this answer?"
_MOST_PASSAGES = 12


def feedback_modal(key: str, earlier: Verdict | None) -> View:
    """What was wrong. `earlier` is what the same person said of it before."""
    options = [{"text": _text(label), "value": reason} for reason, label in REASONS.items()]
    reasons: Block = {"type": "radio_buttons", "action_id": REASON, "options": options}
    comment: Block = {"type": "plain_text_input", "action_id": COMMENT, "multiline": True, "max_length": MOST_COMMENT}
    if earlier and earlier.reason in REASONS:
        reasons["initial_option"] = options[list(REASONS).index(earlier.reason)]
    if earlier and earlier.comment:
        comment["initial_value"] = earlier.comment[:MOST_COMMENT]
    return _modal(
        "Not helpful",
        [
            rich(span("Noted: this did not help. What was wrong with it?")),
            {"type": "input", "block_id": REASON, "label": _text("What was wrong"), "element": reasons},
            {
                "type": "input",
                "block_id": COMMENT,
                "optional": True,
                "label": _text("What would have helped"),
                "hint": _text("Those who look after the documents read this. It is kept with the answer."),
                "element": comment,
            },
        ],
        submit="Send",
        callback_id=FEEDBACK_GIVEN,
        private_metadata=key,
    )


def thanks_modal() -> View:
    told = "Thank you. This helps those who look after the documents."
    return _modal("Thank you", [rich(span(told))])


def verdict_of(view: Mapping[str, Any]) -> tuple[str, Verdict]:
    """The answer's key and what was said of it, from a submitted feedback_modal."""
    values = (view.get("state") or {}).get("values") or {}
    chosen = ((values.get(REASON) or {}).get(REASON) or {}).get("selected_option") or {}
    comment = ((values.get(COMMENT) or {}).get(COMMENT) or {}).get("value") or ""
    reason = str(chosen.get("value") or "")
    kept = Verdict("down", reason if reason in REASONS else "", str(comment).replace("\x00", "")[:MOST_COMMENT])
    return str(view.get("private_metadata") or ""), kept


def why_modal(said: str) -> View:
    """One sentence: that it is being looked up, or why there is nothing to see."""
    return _modal(_WHY, [rich(span(said))])


def explained(explanation: Explanation, *, admin: bool) -> View:
    """What was searched for, what it was made from, what was left out, and by which prompt and model."""
    record = explanation.record
    searched = plain(record.searched, 1_000)
    nothing = [span("I searched for nothing: the message asked nothing that documents answer.")]
    blocks: list[Block] = [rich(*([span("I searched for\n", bold=True), span(searched)] if searched else nothing))]
    blocks += _passages(explanation)
    blocks += [note(line) for line in _left_out(explanation)]
    blocks.append(note(_made_by(record)))
    if admin:
        blocks.append(note(_spent(record)))
    return _modal(_WHY, blocks)


def _passages(explanation: Explanation) -> list[Block]:
    shown = explanation.passages[:_MOST_PASSAGES]
    if not shown:
        return []
    answered = explanation.record.answer.outcome is Outcome.ANSWERED
    heading = "I read these passages, best first" if answered else "The nearest passages, none of which answers it"
    return [rich(span(heading, bold=True)), *(rich(*_passage(one)) for one in shown)]


def _passage(one: UsedPassage) -> list[Block]:
    title, section = plain(one.title, 150) or "Untitled", plain(one.section.replace(" > ", " › "), 150)
    marks = "".join(f"[{number}]" for number in one.cited)
    facts = [f"cited as {marks}" if marks else "not cited", f"score {one.score:.3f}"]
    facts += [f"similarity {one.similarity:.2f}"] if one.similarity is not None else []
    name = f"{title} › {section}" if section else title
    return [span(name, bold=bool(marks)), span("\n" + " · ".join(facts))]


def _left_out(explanation: Explanation) -> list[str]:
    lines = []
    if more := len(explanation.passages) - _MOST_PASSAGES:
        lines += [f"And {more} more passages."] if more > 0 else []
    if hidden := explanation.hidden:
        lines.append(f"{_count(hidden, 'passage')} more, which you may not read.")
    if explanation.withheld:
        fit = f"{_count(explanation.withheld, 'more document')} {'fits' if explanation.withheld == 1 else 'fit'} and"
        lines.append(
            f"{fit} {'was' if explanation.withheld == 1 else 'were'} left out: not everybody who sees this may"
        )
        lines[-1] += " read it." if explanation.withheld == 1 else " read them."
    elif explanation.withheld == 0:
        lines.append("No document that fits was left out because somebody here may not read it.")
    return lines


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _made_by(record: AnswerRecord) -> str:
    parts = [
        f"Prompt {record.prompt.name} {record.prompt.version}" if record.prompt else "No prompt",
        f"model {record.model}" if record.model else "no model",
        f"index version {record.index_version}" if record.index_version else "",
        f"answered {_moment(record.answer.created_at)}",
    ]
    return " · ".join(part for part in parts if part)


def _spent(record: AnswerRecord) -> str:
    """For admins."""
    total, usage = record.timings_ms.get("total"), record.usage
    parts = [
        f"Took {total / 1000:.1f} s" if total is not None else "",
        f"cost ${record.cost_usd:.4f}" if record.cost_usd is not None else "cost not known",
        f"{usage.input + usage.cache_read + usage.cache_write:,} tokens in, {usage.output:,} out" if usage else "",
        f"key {record.answer.key}",
    ]
    return " · ".join(part for part in parts if part)


def _moment(at: datetime) -> str:
    return f"{day(at)}, {at:%H:%M} UTC"


def _modal(title: str, blocks: list[Block], *, submit: str | None = None, **more: str) -> View:
    view: View = {"type": "modal", "title": _text(title), "close": _text("Close"), "blocks": blocks, **more}
    return view | ({"submit": _text(submit)} if submit else {})


def _text(text: str) -> Block:
    return {"type": "plain_text", "text": text}
