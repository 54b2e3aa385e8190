"""[desks.NAME.handover]: when a human is called though nobody asked for one."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from bot.section import Section


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]

TOPICS: dict[str, Pattern] = {
    "safety": r"\b(?:smok(?:es|ing)|smoke (?:is |was )?(?:coming|came)|spark(?:s|ing)|on fire|caught fire"
    r"|electric(?:al)? shock|got (?:burn(?:ed|t)|shocked|injured|hurt)|explod(?:ed|ing)"
    r"|(?:battery|phone|laptop) (?:is |has |looks )?(?:swollen|swelling|bulging))\b",
    "legal": r"\b(?:my (?:lawyer|attorney|solicitor)|legal action|lawsuit|small claims"
    r"|(?:will|going to|gonna) sue|take you to court)\b",
    "damaged delivery": r"\b(?:my|our|it|the (?:parcel|package|box|screen|item|tv))\b"
    r".{0,40}\b(?:arrived|came|was delivered)\b"
    r".{0,20}\b(?:damaged|broken|cracked|smashed|shattered|crushed|dented)\b",
}


class HandoverSettings(Section):
    """A topic is what one of its regular expressions finds in the question, whatever the case of its letters."""

    abstentions: Annotated[int, Field(ge=0, le=20)] = 2  # in one thread; 0: never for that
    topics: dict[str, Pattern] = Field(TOPICS, examples=[{"safety": "smoke|sparks"}])  # {}: none
    refund_above: float | None = Field(None, gt=0, examples=[500])  # dollars, euros or pounds that the question names
    feedback_wrong: bool = True  # somebody says that an answer was wrong
    # of a complaint that a human must look at, says its triage; 0: never for that
    triage_severity: Annotated[int, Field(ge=0, le=5)] = 4
