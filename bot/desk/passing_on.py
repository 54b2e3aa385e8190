"""What an asker adds, in a direct message, while a human is to come: theirs to read, and nothing to look up. Pure."""

from bot.desk.asking import asks
from bot.desk.courtesy import courtesy, wants_human
from bot.desk.model import Turn

PASSED_ON = "I've passed that on."
_BEGUN = (Turn("asker", ""),)  # in a running conversation a short message is no riddle


def only_tells(text: str) -> bool:
    """A thanks or a greeting has its own reply; what asks something is answered as well."""
    return not (asks(text) or wants_human(text) or courtesy(text, len(text), _BEGUN))
