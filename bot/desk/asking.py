"""The questions that one message asks, each so that it can be looked up alone. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.desk.sentences import split_sentences
from bot.desk.words import content_words, flat

MOST = 5
ASKS = (
    r"(?:what|whats|what's|wat|when|how|where|which|who|why|(?:do|does|did|is|are|can|could|will|would|should|may|has"
    r"|have) (?:i|we|you|they|it|he|she|the|there|this|that|your|our|my|a|an|any|gift|someone|somebody|one|those)\b)"
)
_BEGINS = re.compile(rf"(?:and |but |also |or |plus |so |then |if [^,?]+, )*{ASKS}\b", re.IGNORECASE)
_VERB = r"(?:do|does|did|is|are|can|could|will|would|should|may|must|has|have)\b"
_JOINT = re.compile(rf"(?:,? (?:and|plus|&|but)|[,;.]) (?:also )?(?={ASKS})|, and (?={_VERB})", re.IGNORECASE)
_NUMBER = re.compile(r"^\s*\d{1,2}[.)]\s+")
_POINTS = re.compile(
    r"\b(?:it|its|they|them|their|that|those|this|these|(?<!is )(?<!are )there|one|the other|same|either|both)\b",
    re.IGNORECASE,
)
_SEEKS = re.compile(
    r"(?:(?:hi|hey|hello|so|ok|okay|quick question|question|all|team|folks|everyone|everybody|guys|there|sorry|@here"
    r"|@channel|@everyone)[\s,:!.-]+)*(?:(?:does|do|did|has|have|can|could|would) (?:any(?:one|body)|some(?:one|body))"
    r"|any(?:one|body) (?:know|knows|here|have|has)|i(?:'m| am| was)? (?:wonder(?:ing)?|not sure)|wondering"
    r"|(?:i )?(?:don't|do not|can't|cannot|can not) (?:know|find|figure|see|understand)|any (?:idea|chance|way|news)"
    r"|looking for|where's|what's|how's|who's|is (?:it|there|that|this)|" + ASKS + r")\b",
    re.IGNORECASE,
)
_STANDS_FOR_IT = re.compile(r"\b(?:it|its|they|them|their|those|these)\b", re.IGNORECASE)
_EXPLETIVE = re.compile(
    r"\bit (?:possible|allowed|true|ok|okay|free|worth|enough|too|better|safe|necessary)\b", re.IGNORECASE
)
_BEFORE_SUBJECT = re.compile(
    r"(?:(?:and|but|also|or|plus|so|then) )*"
    r"(?:how(?: (?:long|much|many|often|far|soon|late|fast|heavy|big|large|old|high))?|what|which|when|where|who|why)?"
    r"(?:'s| )*\b(?:(?:is|are|was|were|does|do|did|can|could|will|would|should|may|must|has|have)\b ?)?"
    r"(?:(?:i|you|we|they|it|he|she|there)\b ?)?(?:(?:have|need|want|get|sell|offer|take)\b ?(?:to )?)?",
    re.IGNORECASE,
)
_ASKER = re.compile(
    r" (?:do|does|did|can|could|will|would|may|must|should) (?:i|you|we)(?: (?:have|get|need|take))?\b", re.IGNORECASE
)
_SAID_OF_IT = re.compile(
    r"(?: (?:takes?|costs?|lasts?|valid|works?|weighs?|included|covered|open|expires?|available|allowed|possible))+$",
    re.IGNORECASE,
)
_FEW = 2  # content words: a question with no more leans on the one that it is joined to
_SHORT = 3  # words: and a sentence of its own too


def questions_in(text: str) -> tuple[str, ...]:
    """The questions of a message, at most five, each with what the message says before it; one: the text as it is."""
    asked, told = _pieces(text)
    if len(asked) < 2:
        return (text.strip(),)
    first = asked[0].text
    return tuple(" ".join([*told, _whole(one, first) if at else first]) for at, one in enumerate(asked[:MOST]))


def left_out(text: str) -> tuple[str, ...]:
    """The questions of a message beyond those."""
    return tuple(piece.text for piece in _pieces(text)[0][MOST:])


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    joined: bool  # to another one, in its sentence


def _pieces(text: str) -> tuple[list[_Piece], list[str]]:
    """What asks, and what only tells."""
    told: list[str] = []
    asked: list[_Piece] = []
    for sentence in split_sentences(flat(text)):
        pieces = _together([piece.strip() for piece in _JOINT.split(_NUMBER.sub("", sentence)) if piece.strip()])
        question = sentence.rstrip().endswith("?")
        for at, piece in enumerate(pieces):
            begins = _BEGINS.match(piece.rpartition(": ")[2])
            if piece.endswith("?") or begins or (question and re.match(_VERB, piece, re.IGNORECASE)):
                asked.append(_Piece(piece, at > 0))
            elif asked and len(pieces) > 1:
                asked[-1] = replace(asked[-1], text=f"{asked[-1].text} {piece}")
            else:
                told.append(piece)
    return [piece for piece in asked if content_words(piece.text)], told


def _together(pieces: Sequence[str]) -> list[str]:
    """A piece that names nothing belongs to the one before it: "student discount, how much?" """
    kept: list[str] = []
    for piece in pieces:
        if kept and not content_words(piece):
            kept[-1] += f", {piece}"
        else:
            kept.append(piece)
    return kept


def asks(text: str) -> bool:
    """Whether a message asks something, by its question mark or by how a sentence of it begins."""
    sentences = [sentence.strip() for sentence in split_sentences(flat(text))]
    return any(sentence.rstrip(" )\"'*_").endswith("?") or _SEEKS.match(sentence) for sentence in sentences)


def _whole(piece: _Piece, first: str) -> str:
    """A question that leans on the first one, with what that is about, and no more of it: else it would find the first
    one's answer again."""
    few = len(content_words(piece.text)) <= _FEW and (piece.joined or len(piece.text.split()) <= _SHORT)
    return _about(piece.text, _subject(first)) if few or _POINTS.search(piece.text) else piece.text


def _subject(asked: str) -> str:
    """ "how long does standard shipping take" -> "standard shipping"; where nothing is left, the question."""
    bare = asked.rstrip("?!. ")
    begun = _BEFORE_SUBJECT.match(bare)
    about = _SAID_OF_IT.sub("", _ASKER.sub("", bare[begun.end() if begun else 0 :]))
    return about if content_words(about) else bare


def _about(piece: str, subject: str) -> str:
    """In the place of the word that points to it, where that can be told; else after the question."""
    if _EXPLETIVE.search(piece) or not _STANDS_FOR_IT.search(piece):
        return f"{piece} {subject}"
    return _STANDS_FOR_IT.sub(lambda word: f"{subject}'s" if word[0].lower() in ("its", "their") else subject, piece, 1)


def focus(text: str) -> str:
    """The sentence that asks, where what it says is enough to be compared; else the whole message."""
    asked = [sentence.strip() for sentence in split_sentences(text) if sentence.rstrip().endswith("?")]
    return asked[-1] if asked and len(content_words(asked[-1])) > _FEW else text
