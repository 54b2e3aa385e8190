"""Whatever a document, a model or a person wrote: no mention, no forged link, nothing beyond a limit."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.slack.mrkdwn import escape, plain, safe_markdown, split, to_mrkdwn

CITED = "https://docs.example/returns"
ALLOWED = {CITED}
FRAGMENTS = [
    "<!channel>", "<!here|x>", "<@U123>", "<#C1|general>", "<!subteam^S1|@team>", "@channel", "@here", "@everyone",
    "[", "]", "(", ")", "](", "[a](", "!", "<", ">", "&", "&lt;", "&#60;", "\\", "`", "``", "```", "~~~", "\n", "\n\n",
    " ", "*", "**", "_", "~~", "|", "|--|--|\n", "# ", "- ", "1. ", "> ", "    ", "\t", "[1]", "[x]: ", "\u2028", "\r",
    "https://evil.example/x", "http://evil.example", "www.evil.example", "mailto:a@evil.example", "HTTPS://EVIL.example",
    "\n    ```", "\n      - x\n", "[Returns](https://docs.example/returns)", "[https://docs.example](https://evil.example)", CITED, f"<{CITED}>",
    f"<{CITED}|x>", f"[x]({CITED} \"t\")", f"[x](<{CITED}>)", f"[![i](https://evil.example/i.png)]({CITED})", "word", "é",
    "javascript://evil.example", "[evil][1]", "<https://evil.example|docs>", "https:", "//evil.example",
]  # fmt: skip
nasty = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=6), max_size=14).map("".join)


def tokens(markdown: str) -> Iterator[Token]:
    """All tokens as CommonMark (with tables and strikethrough) reads them: an oracle that shares no code with ours."""
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown):
        yield token
        yield from token.children or []


def links(markdown: str) -> list[str]:
    found = [
        str(token.attrGet("href") or token.attrGet("src"))
        for token in tokens(markdown)
        if token.type in ("link_open", "image")
    ]
    text = [token.content for token in tokens(markdown) if token.type == "text"]
    return found + [url for one in text for url in re.findall(r"(?:https?://|www\.)[^\s<>`]+", one, re.IGNORECASE)]


@settings(max_examples=400, deadline=None)
@given(nasty)
@example("`a\\``https://evil.example`")
@example("```\n<!channel>\n~~~\nhttps://evil.example")
@example("\\`https://evil.example\\`")
@example("[a](https://evil.example\n)")
@example("|--|--|\n|--|--|\n<https://evil.example|docs>")
@example("|--|--|\n|--|--|\n|`a|https://evil.example`|")
@example("|--|--|\n|--|--|\n|`a|b` `https://evil.example`|")
def test_nothing_becomes_a_mention_or_another_link_in_markdown(text: str) -> None:
    """A CommonMark parser finds no link but to the cited page, and no construct of Slack's that mentions."""
    safe = safe_markdown(text, ALLOWED)
    assert {re.sub(r"[.,;:!?)'\"\]*_~]+$", "", url) for url in links(safe)} <= ALLOWED
    assert not re.search(r"<[@!#]", safe)
    assert not re.search(r"@(channel|here|everyone)\b", safe, re.IGNORECASE)
    assert not [token for token in tokens(safe) if token.type.startswith("html")]


@settings(max_examples=400, deadline=None)
@given(nasty)
def test_nothing_becomes_a_mention_or_another_link_in_mrkdwn(text: str) -> None:
    """Every angle bracket of the mrkdwn belongs to a link to the cited page; bare addresses stand in code."""
    mrkdwn = to_mrkdwn(text, ALLOWED)
    rest = re.sub(rf"<{re.escape(CITED)}(\|[^<>|]+)?>", "", mrkdwn)
    assert "<" not in rest
    assert ">" not in rest
    outside = re.sub(r"`[^`\n]*`", "", re.sub(r"```.*?```", "", rest, flags=re.DOTALL))
    assert {re.sub(r"[.,;:!?)'\"\]*_~]+$", "", url) for url in re.findall(r"https?://[^\s<>|]+", outside)} <= set()
    assert not re.search(r"@(channel|here|everyone)\b", mrkdwn, re.IGNORECASE)


@settings(max_examples=200, deadline=None)
@given(nasty)
def test_making_it_safe_again_changes_nothing(text: str) -> None:
    """So a stream that grows stays a prefix of the finished answer."""
    once = safe_markdown(text, ALLOWED)
    assert safe_markdown(once, ALLOWED) == once


@settings(max_examples=200, deadline=None)
@given(st.lists(nasty | st.text(max_size=400), max_size=8).map("\n\n".join), st.integers(200, 900))
def test_parts_hold_the_limit_and_whole_fences(text: str, limit: int) -> None:
    """No part is longer than allowed, and a code fence that begins in a part ends in it."""
    parts = split(safe_markdown(text), limit)
    assert all(len(part) <= limit for part in parts)
    assert all(len(re.findall(r"^```", part, re.MULTILINE)) % 2 == 0 for part in parts)


def test_a_long_fence_and_table_go_on_with_their_heads() -> None:
    """The language of a fence and the header of a table are repeated; no line is lost."""
    code = "```python\n" + "\n".join(f"line_{n} = {n}" for n in range(60)) + "\n```"
    table = "| a | b |\n|---|---|\n" + "\n".join(f"| row {n} | {n} |" for n in range(60))
    parts = split(f"{code}\n\n{table}", 300)
    fences = [part for part in parts if "```python" in part]
    tables = [part for part in parts if "| row" in part]
    assert len(fences) > 1
    assert len(tables) > 1
    assert all(part.count("```") % 2 == 0 for part in parts)
    assert all("| a | b |\n|---|---|\n" in part for part in tables)
    assert all(any(f"line_{n} = {n}" in part for part in parts) for n in range(60))
    assert all(any(f"| row {n} |" in part for part in parts) for n in range(60))


@pytest.mark.parametrize("inset", ["", "   ", "    ", "      ", "\t"])
def test_a_fence_in_a_list_is_code_however_far_it_stands_in(inset: str) -> None:
    """As it was written, to the letter; what follows it in its item is text, and no cut goes through it."""
    code = ["export A=1 && echo <b>", "", "if x:", "    y()", *(f"line {n}" for n in range(40))]
    fence = "\n".join(inset + line for line in ("```sh", *code, "```"))
    text = f"10. Run:\n{fence}\n{inset}Then wait, and\n{inset}- look.\n11. Done"
    parts = split(safe_markdown(text), 300)
    found = [token for part in parts for token in tokens(part)]
    shown = "".join(token.content for token in found if token.type == "fence").replace("\u200b", "")
    assert shown.split("\n") == [*code, ""]
    assert [token.type for token in found if token.type == "code_block"] == []
    assert "Then wait, and\n- look." in re.sub(r"\n\s+", "\n", parts[-1])
    mrkdwn = "```sh\n" + "\n".join(code[:4]).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert mrkdwn in to_mrkdwn(text).replace("\u200b", "")


def test_a_link_is_never_cut() -> None:
    """A paragraph without other places to break is cut before a link."""
    text = "word " * 50 + f"[the returns policy of this company]({CITED}) " + "word " * 50
    parts = split(text, 270)
    assert any(f"[the returns policy of this company]({CITED})" in part for part in parts)
    assert " ".join(" ".join(parts).split()) == " ".join(text.split())


@pytest.mark.parametrize(
    ("markdown", "mrkdwn"),
    [
        ("**bold** and *it* and ~~no~~", "*bold* and _it_ and ~no~"),
        ("# Head **x**\ntext", "*Head x*\ntext"),
        ("- one\n  - two", "• one\n  • two"),
        (f"see [Returns]({CITED}).", f"see <{CITED}|Returns>."),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("`a < b` and **c**", "`a &lt; b` and *c*"),
        ("```py\nx = a < b\n```", "```py\nx = a &lt; b\n```"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("[click](https://evil.example)", "click"),
        ("at https://evil.example/a, now", "at `https://evil.example/a`, now"),
    ],
)
def test_markdown_as_mrkdwn(markdown: str, mrkdwn: str) -> None:
    """The constructs that both know."""
    assert to_mrkdwn(markdown, ALLOWED) == mrkdwn


def test_ordinary_answers_stay_as_they_are() -> None:
    """Nothing harmless is touched: tables, lists, code, figures, marks, cited links."""
    text = f"**Yes.** Returns take 5 days [1][2].\n\n| a | b |\n|---|---|\n| 1 | `x` |\n\n- *x* [Returns]({CITED})\n- 3 < 4"
    assert safe_markdown(text, ALLOWED).replace("\u200b", "") == text


def test_titles_and_names() -> None:
    """One line, cut with an ellipsis; mrkdwn's control characters are escaped."""
    assert plain("a\n\tb" + "c" * 100, 10) == "a bcccccc…"
    assert escape("<!here> & @channel") == "&lt;!here&gt; &amp; @\u200bchannel"


@pytest.mark.parametrize("text", ["__@channel__", "@channel__", "_@here_", "**@everyone**", "@group_", "~~@channel~~"])
def test_a_broadcast_inside_markup_is_none(text: str) -> None:
    """The markup goes, and what it left must not be one."""
    for shown in (to_mrkdwn(text), safe_markdown(text), to_mrkdwn(safe_markdown(text))):
        assert not re.search(r"@(channel|here|everyone|group)", shown)
