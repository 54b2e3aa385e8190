"""[desks.NAME.handover]: when a human is called though nobody asked for one."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from bot.handover_topics import TOPICS
from bot.section import Section


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]


class HandoverSettings(Section):
    """A topic is what one of its regular expressions finds in the question, whatever the case of its letters."""

    abstentions: Annotated[int, Field(ge=0, le=20)] = 2  # in one thread; 0: never for that
    topics: dict[str, Pattern] = Field(TOPICS, examples=[{"safety": "smoke|sparks"}])  # {}: none
    refund_above: float | None = Field(None, gt=0, examples=[500])  # dollars, euros or pounds that the question names
    feedback_wrong: bool = True  # somebody says that an answer was wrong
    # of a complaint that a human must look at, says its triage; 0: never for that
    triage_severity: Annotated[int, Field(ge=0, le=5)] = 4
