"""The questions that one message asks, each so that it can be looked up alone. Pure."""

import re

from bot.desk.sentences import split_sentences
from bot.desk.words import content_words, flat

MOST = 3
_ASKS = (
    r"(?:what|whats|what's|wat|when|how|where|which|who|why|(?:do|does|did|is|are|can|could|will|would|should|may|has"
    r"|have) (?:i|we|you|they|it|he|she|the|there|this|that|your|our|my|a|an|any|gift|someone|somebody|one|those)\b)"
)
_BEGINS = re.compile(rf"(?:and |but |also |or |plus |so |then |if [^,?]+, )*{_ASKS}\b", re.IGNORECASE)
_JOINT = re.compile(rf"(?:,? (?:and|plus|&|but)|[,;.]) (?:also )?(?={_ASKS})", re.IGNORECASE)
_POINTS = re.compile(
    r"\b(?:it|its|they|them|their|that|those|this|these|there|one|the other|same|either|both)\b", re.IGNORECASE
)
_SEEKS = re.compile(
    r"(?:(?:hi|hey|hello|so|ok|okay|quick question|question|all|team|folks|everyone|everybody|guys|there|sorry|@here"
    r"|@channel|@everyone)[\s,:!.-]+)*(?:(?:does|do|did|has|have|can|could|would) (?:any(?:one|body)|some(?:one|body))"
    r"|any(?:one|body) (?:know|knows|here|have|has)|i(?:'m| am| was)? (?:wonder(?:ing)?|not sure)|wondering"
    r"|(?:i )?(?:don't|do not|can't|cannot|can not) (?:know|find|figure|see|understand)|any (?:idea|chance|way|news)"
    r"|looking for|where's|what's|how's|who's|is (?:it|there|that|this)|" + _ASKS + r")\b",
    re.IGNORECASE,
)
_FEW = 2  # content words: a question with fewer leans on the one before


def questions_in(text: str) -> tuple[str, ...]:
    """The questions of a message, at most three, each with what the message says before it; one: the text as it is."""
    told: list[str] = []
    asked: list[str] = []
    for sentence in split_sentences(flat(text)):
        pieces = [piece.strip() for piece in _JOINT.split(sentence) if piece.strip()]
        for piece in pieces:
            if piece.endswith("?") or _BEGINS.match(piece):
                asked.append(piece)
            elif asked and len(pieces) > 1:
                asked[-1] += f" {piece}"
            else:
                told.append(piece)
    asked = [piece for piece in asked if content_words(piece)]
    if not 1 < len(asked) <= MOST:
        return (text.strip(),)
    return tuple(_whole(piece, asked[:at], told) for at, piece in enumerate(asked))


def asks(text: str) -> bool:
    """Whether a message asks something, by its question mark or by how a sentence of it begins."""
    sentences = [sentence.strip() for sentence in split_sentences(flat(text))]
    return any(sentence.rstrip(" )\"'*_").endswith("?") or _SEEKS.match(sentence) for sentence in sentences)


def _whole(piece: str, before: list[str], told: list[str]) -> str:
    parts = [*told, piece]
    if before and (_POINTS.search(piece) or len(content_words(piece)) <= _FEW):
        parts.append(before[0])
    return " ".join(parts)


def focus(text: str) -> str:
    """The sentence that asks, where what it says is enough to be compared; else the whole message."""
    asked = [sentence.strip() for sentence in split_sentences(text) if sentence.rstrip().endswith("?")]
    return asked[-1] if asked and len(content_words(asked[-1])) > _FEW else text
