"""Which documents badly rated answers stood on, for whoever may read them. Pure."""

from collections import Counter
from collections.abc import Sequence

from bot.desk.audience import may_read
from bot.desk.gaps import RATED, RatedDocument, Unmet


def ratings_of(questions: Sequence[Unmet], readers: Sequence[str]) -> tuple[tuple[RatedDocument, ...], int]:
    """Which documents were cited and rated badly, the worst first, of those that `readers` (audience keywords) may
    read; and how many others were (rule 6)."""
    rated = [(cited, rating) for one in questions for rating in one.ratings for cited in one.cited]
    counted = Counter((cited.title, rating) for cited, rating in rated if may_read(cited.audience, readers))
    found = [RatedDocument(title, rating, times) for (title, rating), times in counted.items()]
    restricted = {cited.title for cited, _ in rated if not may_read(cited.audience, readers)}
    return tuple(sorted(found, key=lambda one: (-one.times, RATED.index(one.rating), one.title))), len(restricted)
