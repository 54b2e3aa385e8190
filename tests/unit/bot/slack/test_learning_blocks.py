"""The offer of what a resolved thread taught."""

from dataclasses import replace

import pytest

from bot.slack.learning_blocks import OFFER, offer_message
from ops.workspace.block_kit import check_blocks
from tests.scenarios.test_slack_learning_desk import LEARNING


@pytest.mark.parametrize(
    ("answer", "warned"),
    [("I can offer you 10% off a different pair.", True), ("Opened ones can't be returned.", False)],
)
def test_an_approver_is_warned_of_what_was_for_one_person(answer: str, warned: bool) -> None:
    message = offer_message(replace(LEARNING, answer=answer), 12)
    check_blocks(list(message.blocks))
    assert (OFFER in str(message.blocks)) is warned
