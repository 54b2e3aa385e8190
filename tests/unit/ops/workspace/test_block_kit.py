"""The tables of Block Kit: each limit just inside and just outside, and nothing that is not in them."""

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.workspace.block_kit import BLOCKS, ELEMENTS, check_blocks, check_chunks, check_view
from ops.workspace.rules import Refused

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def options(count: int, text: str = "One", value: str = "1") -> list[Json]:
    return [{"text": plain(text), "value": value} for _ in range(count)]


def section(text: str = "x", **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(text: str = "Go", **more: Any) -> Json:
    return {"type": "button", "text": plain(text), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def select(count: int = 1, **more: Any) -> Json:
    return {"type": "static_select", "options": options(count), **more}


def confirm(**more: Any) -> Json:
    usual = {"title": plain("Sure?"), "text": mrkdwn("Really?"), "confirm": plain("Yes"), "deny": plain("No")}
    return button(confirm=usual | more)


def rich(*inline: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(inline)}]}


def table(rows: int, columns: int) -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * columns] * rows}


def feedback(value: str = "v", text: str = "Good") -> Json:
    half = {"text": plain(text), "value": value}
    return {"type": "feedback_buttons", "positive_button": half, "negative_button": half}


def task(**more: Any) -> Json:
    return {"type": "task_card", "task_id": "t", "title": "Search", "status": "complete", **more}


IMAGE = {"type": "image", "image_url": "https://x.example/i.png", "alt_text": "a picture"}
LIMITS: list[tuple[str, Any, Any]] = [
    ("section.text.text.max_3000", section("x" * 3000), section("x" * 3001)),
    ("section.text.text.min_1", section("x"), section("")),
    ("section.one_of_text_fields", section(), {"type": "section"}),
    ("section.fields.at_most_10", section(fields=[mrkdwn("x")] * 10), section(fields=[mrkdwn("x")] * 11)),
    ("section.fields.text.max_2000", section(fields=[mrkdwn("x" * 2000)]), section(fields=[mrkdwn("x" * 2001)])),
    ("section.block_id.max_255", section(block_id="x" * 255), section(block_id="x" * 256)),
    ("header.text.text.max_150", {"type": "header", "text": plain("x" * 150)}, {"type": "header", "text": plain("x" * 151)}),
    ("header.text.type.one_of", {"type": "header", "text": plain("x")}, {"type": "header", "text": mrkdwn("x")}),
    ("context.elements.at_most_10", {"type": "context", "elements": [mrkdwn("x")] * 10}, {"type": "context", "elements": [mrkdwn("x")] * 11}),
    ("context.elements.unknown_type.button", {"type": "context", "elements": [IMAGE]}, {"type": "context", "elements": [button()]}),
    ("actions.elements.at_most_25", actions(*[button()] * 25), actions(*[button()] * 26)),
    ("actions.elements.at_least_1", actions(button()), actions()),
    ("actions.elements.unknown_type.plain_text_input", actions(select()), actions({"type": "plain_text_input"})),
    ("button.text.text.max_75", actions(button("x" * 75)), actions(button("x" * 76))),
    ("button.text.type.one_of", actions(button()), actions(button() | {"text": mrkdwn("Go")})),
    ("button.value.max_2000", actions(button(value="x" * 2000)), actions(button(value="x" * 2001))),
    ("button.url.max_3000", actions(button(url="https://x/" + "x" * 2990)), actions(button(url="https://x/" + "x" * 2991))),
    ("button.url.form", actions(button(url="https://x")), actions(button(url="javascript:alert(1)"))),
    ("button.action_id.max_255", actions(button(action_id="x" * 255)), actions(button(action_id="x" * 256))),
    ("button.style.one_of", actions(button(style="danger")), actions(button(style="green"))),
    ("button.unknown_field.href", actions(button()), actions(button(href="https://x"))),
    ("button.accessibility_label.max_75", actions(button(accessibility_label="x" * 75)), actions(button(accessibility_label="x" * 76))),
    ("button.confirm.title.text.max_100", actions(confirm(title=plain("x" * 100))), actions(confirm(title=plain("x" * 101)))),
    ("button.confirm.text.text.max_300", actions(confirm(text=plain("x" * 300))), actions(confirm(text=plain("x" * 301)))),
    ("button.confirm.deny.text.max_30", actions(confirm(deny=plain("x" * 30))), actions(confirm(deny=plain("x" * 31)))),
    ("static_select.options.at_most_100", actions(select(100)), actions(select(101))),
    ("static_select.options.text.text.max_75", actions(select() | {"options": options(1, "x" * 75)}), actions(select() | {"options": options(1, "x" * 76)})),
    ("static_select.options.value.max_150", actions(select() | {"options": options(1, value="x" * 150)}), actions(select() | {"options": options(1, value="x" * 151)})),
    ("static_select.placeholder.text.max_150", actions(select(placeholder=plain("x" * 150))), actions(select(placeholder=plain("x" * 151)))),
    ("static_select.one_of_options_option_groups", actions(select()), actions({"type": "static_select"})),
    ("overflow.options.at_most_5", actions({"type": "overflow", "options": options(5)}), actions({"type": "overflow", "options": options(6)})),
    ("radio_buttons.options.at_most_10", actions({"type": "radio_buttons", "options": options(10)}), actions({"type": "radio_buttons", "options": options(11)})),
    ("checkboxes.options.at_most_10", actions({"type": "checkboxes", "options": options(10)}), actions({"type": "checkboxes", "options": options(11)})),
    ("datepicker.initial_date.form", actions({"type": "datepicker", "initial_date": "2026-11-23"}), actions({"type": "datepicker", "initial_date": "23.11.2026"})),
    ("context_actions.elements.at_most_5", {"type": "context_actions", "elements": [feedback()] * 5}, {"type": "context_actions", "elements": [feedback()] * 6}),
    ("context_actions.elements.unknown_type.button", {"type": "context_actions", "elements": [feedback()]}, {"type": "context_actions", "elements": [button()]}),
    ("feedback_buttons.positive_button.value.max_2000", {"type": "context_actions", "elements": [feedback("x" * 2000)]}, {"type": "context_actions", "elements": [feedback("x" * 2001)]}),
    ("icon_button.icon.one_of", {"type": "context_actions", "elements": [{"type": "icon_button", "icon": "trash", "text": plain("Delete")}]}, {"type": "context_actions", "elements": [{"type": "icon_button", "icon": "skull", "text": plain("Delete")}]}),
    ("image.alt_text.max_2000", IMAGE | {"alt_text": "x" * 2000}, IMAGE | {"alt_text": "x" * 2001}),
    ("image.alt_text.required", IMAGE, {"type": "image", "image_url": "https://x.example/i.png"}),
    ("markdown.text.max_12000", {"type": "markdown", "text": "x" * 12_000}, {"type": "markdown", "text": "x" * 12_001}),
    ("table.rows.at_most_100", table(100, 2), table(101, 2)),
    ("table.rows.at_most_20", table(2, 20), table(2, 21)),
    ("table.rows.unknown_type.mrkdwn", table(1, 1), table(1, 1) | {"rows": [[mrkdwn("x")]]}),
    ("task_card.status.one_of", task(), task(status="done")),
    ("plan.tasks.at_most_50", {"type": "plan", "title": "Plan", "tasks": [task()] * 50}, {"type": "plan", "title": "Plan", "tasks": [task()] * 51}),
    ("card.body.text.max_200", {"type": "card", "body": mrkdwn("x" * 200)}, {"type": "card", "body": mrkdwn("x" * 201)}),
    ("card.one_of_hero_image_title_actions_body", {"type": "card", "title": mrkdwn("x")}, {"type": "card", "subtitle": mrkdwn("x")}),
    ("carousel.elements.at_most_10", {"type": "carousel", "elements": [{"type": "card", "title": plain("x")}] * 10}, {"type": "carousel", "elements": [{"type": "card", "title": plain("x")}] * 11}),
    ("link.url.form", rich({"type": "link", "url": "https://x"}), rich({"type": "link", "url": "data:text/html,x"})),
    ("broadcast.range.one_of", rich({"type": "broadcast", "range": "here"}), rich({"type": "broadcast", "range": "world"})),
    ("rich_text_section.elements.unknown_type.script", rich({"type": "text", "text": "x"}), rich({"type": "script", "text": "x"})),
    ("blocks.unknown_type.marquee", section(), {"type": "marquee"}),
    ("blocks.unknown_type.alert", section(), {"type": "alert", "text": plain("x")}),
    ("blocks.unknown_type.", section(), "section"),
]  # fmt: skip
WHOLE: list[tuple[str, str, list[Json], list[Json]]] = [
    ("invalid_blocks", "blocks.at_most_50", [{"type": "divider"}] * 50, [{"type": "divider"}] * 51),
    ("invalid_blocks", "blocks.unique_block_id", [section(block_id="a"), section(block_id="b")], [section(block_id="a")] * 2),
    ("invalid_blocks", "blocks.unique_action_id", [actions(button(action_id="a"), button(action_id="b"))], [actions(button(action_id="a")), section(accessory=button(action_id="a"))]),
    ("msg_blocks_too_long", "blocks.max_13200", [*[section("x" * 3000)] * 4, section("x" * 1200)], [*[section("x" * 3000)] * 4, section("x" * 1201)]),
    ("msg_blocks_too_long", "markdown.all.max_12000", [{"type": "markdown", "text": "x" * 6000}] * 2, [{"type": "markdown", "text": "x" * 6001}] * 2),
    ("invalid_attachments", "table.one_a_message", [table(1, 1)], [table(1, 1)] * 2),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "inside", "outside"), LIMITS, ids=[one[0] for one in LIMITS])
def test_each_limit_holds_to_the_character(rule: str, inside: Any, outside: Any) -> None:
    check_blocks([inside])
    with pytest.raises(Refused) as refused:
        check_blocks([outside])
    assert (refused.value.error, refused.value.rule) == ("invalid_blocks", rule)
    assert refused.value.path[0] == "0"


@pytest.mark.parametrize(("error", "rule", "inside", "outside"), WHOLE, ids=[one[1] for one in WHOLE])
def test_each_limit_of_a_whole_message_holds(error: str, rule: str, inside: list[Json], outside: list[Json]) -> None:
    check_blocks(inside)
    with pytest.raises(Refused) as refused:
        check_blocks(outside)
    assert (refused.value.error, refused.value.rule) == (error, rule)


@pytest.mark.parametrize("kind", BLOCKS)
def test_no_block_takes_a_field_that_slack_does_not_know(kind: str) -> None:
    with pytest.raises(Refused) as refused:
        check_blocks([{"type": kind, "onclick": "x"}], view=kind in ("alert", "input"))
    assert refused.value.rule.startswith(f"{kind}.")


@pytest.mark.parametrize("kind", ELEMENTS)
def test_no_element_takes_a_field_that_slack_does_not_know(kind: str) -> None:
    with pytest.raises(Refused):
        ELEMENTS[kind]({"type": kind, "onclick": "x"}, kind)


def test_a_refusal_says_where_it_is() -> None:
    with pytest.raises(Refused) as refused:
        check_blocks([section(), actions(button(), button("x" * 76))])
    assert "json-pointer:/1/elements/1/text/text" in refused.value.message
    assert "[rule: button.text.text.max_75]" in refused.value.message


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain("Title"), "blocks": list(blocks), **more}


FIELD = {"type": "input", "label": plain("Why"), "element": {"type": "plain_text_input"}}
VIEWS: list[tuple[str, Any, Any]] = [
    ("view.title.text.max_24", modal(title=plain("x" * 24)), modal(title=plain("x" * 25))),
    ("view.title.required", modal(), {"type": "modal", "blocks": []}),
    ("view.private_metadata.max_3000", modal(private_metadata="x" * 3000), modal(private_metadata="x" * 3001)),
    ("view.callback_id.max_255", modal(callback_id="x" * 255), modal(callback_id="x" * 256)),
    ("view.submit.required", modal(FIELD, submit=plain("Send")), modal(FIELD)),
    ("view.type.one_of", modal(), {"type": "home", "blocks": []}),
    ("view.unknown_field.onload", modal(), modal(onload="x")),
    ("blocks.at_most_100", modal(*[{"type": "divider"}] * 100), modal(*[{"type": "divider"}] * 101)),
    ("blocks.unknown_type.markdown", modal(section()), modal({"type": "markdown", "text": "x"})),
    ("alert.text.text.max_200", modal({"type": "alert", "text": plain("x" * 200)}), modal({"type": "alert", "text": plain("x" * 201)})),
    ("alert.level.one_of", modal({"type": "alert", "text": plain("x"), "level": "info"}), modal({"type": "alert", "text": plain("x"), "level": "loud"})),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "inside", "outside"), VIEWS, ids=[one[0] for one in VIEWS])
def test_each_limit_of_a_modal_holds(rule: str, inside: Any, outside: Any) -> None:
    check_view(inside, "modal")
    with pytest.raises(Refused) as refused:
        check_view(outside, "modal")
    assert (refused.value.error, refused.value.rule) == ("invalid_arguments", rule)


def test_a_view_has_a_size() -> None:
    """Each block within its limits, all of them too much."""
    with pytest.raises(Refused) as refused:
        check_view(modal(*[section("x" * 3000)] * 90), "modal")
    assert refused.value.error == "view_too_large"


@pytest.mark.parametrize(
    "chunk",
    [
        {"type": "markdown_text", "text": "x" * 12_001},
        {"type": "markdown_text"},
        {"type": "task_update", "id": "t", "title": "T", "status": "done"},
        {"type": "plan_update", "title": "x" * 257},
        {"type": "blocks", "blocks": [{"type": "divider"}] * 51},
        {"type": "blocks", "blocks": [{"type": "marquee"}]},
        {"type": "video"},
    ],
)
def test_chunks_have_limits_too(chunk: Json) -> None:
    check_chunks([{"type": "markdown_text", "text": "x" * 12_000}, {"type": "blocks", "blocks": [section()]}])
    with pytest.raises(Refused) as refused:
        check_chunks([chunk])
    assert refused.value.error == "invalid_chunks"


@settings(max_examples=60)
@given(st.integers(0, 13_000), st.sampled_from("xé😀\n"))
def test_a_text_is_taken_up_to_its_limit_whatever_its_letters(length: int, letter: str) -> None:
    """Characters are counted, not bytes."""
    for block, most in ((section(letter * length), 3000), ({"type": "markdown", "text": letter * length}, 12_000)):
        if 1 <= length <= most:
            check_blocks([block])
        else:
            with pytest.raises(Refused):
                check_blocks([block])


KEYS = [
    "type",
    "text",
    "elements",
    "element",
    "accessory",
    "options",
    "rows",
    "fields",
    "block_id",
    "blocks",
    "confirm",
]
KINDS = st.sampled_from([*BLOCKS, *ELEMENTS, "plain_text", "mrkdwn", "raw_text"])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | KINDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=300)
@given(ANY_JSON)
def test_any_json_is_taken_or_refused_and_nothing_else(value: Any) -> None:
    """A crash of the workspace would pass for an outage of Slack."""
    for check in (check_blocks, check_chunks, lambda view: check_view(view, "modal")):
        with contextlib.suppress(Refused):
            check(value)
