"""Who may read which document, decided by where the answer will be seen (rule 6). Pure."""

from bot.desk.model import Place

EVERYONE = "everyone"


def readable_in(place: Place) -> tuple[str, ...]:
    """The audience keywords that everybody who can see `place` has: the least privileged reader decides.

    Nothing is known yet of who is in a channel, so each kind of place reads what everyone may.
    """
    match place.kind:
        case "channel" | "private" | "dm" | "cli":
            return (EVERYONE,)
