"""Any Markdown, in every form that an answer can take: nothing lost, no fence cut open, nothing beyond Slack's limits."""

import re
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.desk.model import Answer, Citation, Outcome
from bot.slack.blocks import Message
from bot.slack.forms import answer_parts
from bot.slack.spoken import spoken
from bot.slack.tables import MOST_ROWS
from ops.workspace.block_kit import check_blocks, strings

KEY = "T0ELECTRO:C0SUPPORT:1700000000.000100"
WHEN = datetime(2026, 3, 12, tzinfo=UTC)
CITED = Citation(0, "q", "Returns", "https://docs.example/returns", "Refunds", WHEN)
word = st.sampled_from(
    ["return", "Überweisung", "退貨政策", "🙂👍🏽", "x" * 700, "a&b", "1<2", "naïve", "**bold**", "it's"]
)
words = st.lists(word, min_size=1, max_size=60).map(" ".join)
line = words.map(lambda one: one[:900])
paragraph = words
fence = st.lists(line, min_size=1, max_size=60).map(lambda lines: "\n".join(["```python", *lines, "```"]))
bullets = st.lists(line, min_size=1, max_size=20).map(lambda lines: "\n".join(f"- {one}" for one in lines))
numbers = st.lists(line, min_size=1, max_size=20).map(
    lambda lines: "\n".join(f"{n}. {one}" for n, one in enumerate(lines))
)


@st.composite
def tables(draw: st.DrawFn) -> str:
    columns = draw(st.integers(1, 24))
    cell = st.sampled_from(
        ["12 days", "免運費", "**free**", "", "a \\| b", "[Returns](https://docs.example/returns)", "x" * 90]
    )
    rows = draw(st.lists(st.lists(cell, min_size=columns, max_size=columns), max_size=120))
    drawn = ["h" + str(n) for n in range(columns)], [":-:"] * columns, *rows
    return "\n".join("| " + " | ".join(row) + " |" for row in drawn)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Markdown, and marks that stand in it once, one at the end of each line."""
    parts = draw(st.lists(paragraph | fence | bullets | numbers | tables(), min_size=1, max_size=8))
    marks: list[str] = []

    def marked(text: str) -> str:
        mark = f"m{len(marks):04}e"
        if text.startswith(("```", "| h0", "| :-:")):  # a head may be told with every row
            return text
        marks.append(mark)
        return f"{text[:-2]} {mark} |" if text.startswith("|") else f"{text} {mark}"

    return "\n\n".join("\n".join(map(marked, part.split("\n"))) for part in parts), marks


def text_of(messages: list[Message]) -> str:
    """What people read: of a message with blocks those, else its text."""
    return "\n".join("\n".join(strings(list(one.blocks))) if one.blocks else one.text for one in messages)


def fenced(message: Message) -> list[str]:
    """Every text of a message that may hold a fence."""
    texts = [block["text"] for block in message.blocks if block["type"] == "markdown"]
    texts += [block["text"]["text"] for block in message.blocks if block["type"] == "section"]
    return texts or [message.text]


def buttons(message: Message) -> list[str]:
    return [
        element["type"] for block in message.blocks for element in block.get("elements", []) if "action_id" in element
    ]


@settings(max_examples=80, deadline=None)
@given(documents())
def test_nothing_is_lost_in_any_form(document: tuple[str, list[str]]) -> None:
    """Every line is there once, in order, in each form; fences are closed; sources and buttons stand in the last
    message, or the buttons after it; the plainest has none and says how to reach a person."""
    markdown, marks = document
    parts = answer_parts(Answer(Outcome.ANSWERED, markdown, citations=(CITED,), answered_at=WHEN), KEY)
    forms = [list(part.forms()) for part in parts]
    assert [len(one) for one in forms] == [*([3] * (len(parts) - 1)), 4]
    for rung in range(4):
        messages = [message for one in forms for message in one[min(rung, len(one) - 1)]]
        if rung == 2:
            after = messages.pop()
            assert len(buttons(after)) == 5
            check_blocks(list(after.blocks))
        assert re.findall(r"m\d{4}e", text_of(messages)) == marks
        for message in messages:
            if rung < 2:
                check_blocks(list(message.blocks)) if rung == 0 else check_each(message)
            assert len(message.text) <= 4_000
            assert all(len(re.findall(r"^```", text, re.MULTILINE)) % 2 == 0 for text in fenced(message))
        last = messages[-1]
        assert "docs.example/returns" in text_of([last])
        if rung < 2:
            assert "button" in buttons(last)
            assert len(buttons(last)) == (4 if rung == 0 else 5)  # the thumbs are one element, or two ordinary buttons
            assert all(not buttons(message) for message in messages[:-1])
        else:
            assert "talk to a human" in last.text


def test_a_fence_that_grows_when_it_is_escaped_is_not_cut_open() -> None:
    """As Markdown it just fits a section, as mrkdwn it does not."""
    code = ["x" * 760, "x" * 714, "x" * 714, f"return return {'x' * 700} a&b {'return ' * 7}", "y" * 26]
    markdown = "\n".join(["```python", *code, "```"])
    assert len(markdown) == 3_000
    for part in answer_parts(Answer(Outcome.ANSWERED, markdown), KEY):
        for messages in part.forms():
            texts = [text for one in messages for text in fenced(one)]
            assert all(len(re.findall(r"^```", text, re.MULTILINE)) == 2 for text in texts if "```" in text)


def check_each(message: Message) -> None:
    """Each section within its limit. All of them may pass a message's: then Slack refuses, and the text goes out."""
    for block in message.blocks:
        assert block["type"] in ("section", "rich_text", "context", "actions")
        check_blocks([block])


def table_of(rows: int, columns: int = 3) -> str:
    head = ["| " + " | ".join(f"Column {n}" for n in range(columns)) + " |", "|" + " --: |" * columns]
    return "\n".join([*head, *("| " + " | ".join(f"{row}.{n}" for n in range(columns)) + " |" for row in range(rows))])


def blocks_of(text: str) -> list[list[dict[str, Any]]]:
    return [list(next(part.forms())[0].blocks) for part in answer_parts(Answer(Outcome.ASKED, text), KEY)]


def test_a_table_is_a_table_block() -> None:
    """Between its paragraphs, aligned as written; what a cell marks up is marked up."""
    markdown = "Fees [1].\n\n| Item | Fee |\n| :-- | --: |\n| **Drone** | `$10` |\n| Case | |\n\nThat is all."
    [[before, table, after]] = blocks_of(markdown)
    assert (before["text"], after["text"]) == ("Fees [1].", "That is all.")
    assert [column["align"] for column in table["column_settings"]] == ["left", "right"]
    assert table["rows"][0] == [{"type": "raw_text", "text": "Item"}, {"type": "raw_text", "text": "Fee"}]
    [bold] = table["rows"][1][0]["elements"][0]["elements"]
    assert bold == {"type": "text", "text": "Drone", "style": {"bold": True}}
    assert table["rows"][2][1] == {"type": "raw_text", "text": " "}


def test_a_second_table_and_a_large_one_are_text() -> None:
    """Slack takes one table block a message, of 100 rows and 20 columns."""
    [blocks] = blocks_of(f"{table_of(3)}\n\nAnd\n\n{table_of(4)}")
    assert [block["type"] for block in blocks] == ["table", "markdown"]
    assert "```\nColumn 0  Column 1  Column 2" in blocks[1]["text"]
    assert all(block["type"] == "markdown" for blocks in blocks_of(table_of(MOST_ROWS)) for block in blocks)
    [[wide]] = blocks_of(table_of(2, 21))
    assert wide["text"].startswith("- Column 0: 0.0; Column 1: 0.1;")


def test_a_table_in_a_fence_stays_code() -> None:
    [[block]] = blocks_of(f"```\n{table_of(1)}\n```")
    assert block["type"] == "markdown"


def test_what_a_notification_says() -> None:
    """The beginning in plain words: no markup, no link, no fence; a table row by row; nobody is notified."""
    markdown = (
        "## Returns\n\n**30 days** with `receipt`, see [the policy](https://docs.example/returns). `https://evil.example`\n\n"
        "- one <!channel>\n\n| Item | Fee |\n|---|---|\n| Drone | 10% |\n\n```sh\nls\n```"
    )
    assert spoken(markdown) == (
        "Returns\n\n30 days with receipt, see the policy. `https://evil.example`\n\n• one &lt;!channel&gt;\n"
        "• Item: Drone; Fee: 10%\nls"
    )
    assert spoken("") == "…"
    assert len(spoken("&" * 9_000)) <= 4_000
