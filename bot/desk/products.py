"""Which product a text names, by its code or by its name in a catalogue. Pure.

A catalogue's rows have titles such as "Orrin 9 Pro phone, 256 GB, black", and people write "my Orrin 9 Pro". So what
counts as a name is how the title begins: as far as the first comma, as far as its words are written like names, and
as far as each of those that has a figure.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from bot.desk.words import flat

_CODE = re.compile(r"(?=.*[A-Z])(?=.*[\d-])[A-Z0-9-]{4,}")
_ENDS = re.compile(r"[.,;:!?()\[\]\"]+(?:\s|$)|\n")  # no name goes on over them
_WORD = re.compile(r"[^\W_]+")
_MAKER = 3  # longer names that begin with one without a figure: it is who makes them

Words = tuple[str, ...]


class Products:
    """`rows`: key and title of what catalogues list; those whose key is no code, such as a store's, are no products.
    `others`: the keys of other tables' rows, such as codes of errors."""

    def __init__(self, rows: Iterable[tuple[str, str]] = (), others: Iterable[str] = ()) -> None:
        known = [(key.strip(), flat(title)) for key, title in rows if _CODE.fullmatch(key.strip())]
        codes = {_words(key): key for key, _ in known}
        names = {_words(name): name for _, title in known for name in _names(title)}
        begun = Counter(words[:length] for words in names for length in range(1, len(words)))
        names = {words: name for words, name in names.items() if not _is_maker(words, begun[words])}
        no_product = {_words(key): "" for key in others if _CODE.fullmatch(key)}
        self._known: tuple[Mapping[Words, str], ...] = codes, names, no_product
        self._longest = max(map(len, (*codes, *names, *no_product)), default=0)

    def within(self, text: str) -> str | None:
        """As the catalogue spells it: the first code, else the first name; each as long as it goes. "": none, but
        something that is no product has a code there; None: nothing is known."""
        return next((found for known in self._known for found in self._found(text, known)), None)

    def _found(self, text: str, known: Mapping[Words, str]) -> Iterator[str]:
        for part in _ENDS.split(text):
            words = _words(part)
            for at in range(len(words)):
                runs = (words[at : at + length] for length in range(min(self._longest, len(words) - at), 0, -1))
                yield from (known[run] for run in runs if run in known)


def _words(text: str) -> Words:
    return tuple(_WORD.findall(flat(text).lower()))


def _names(title: str) -> Iterator[str]:
    """Of two words at least: one alone is a maker's, or any word."""
    head = re.split(r",|\(", title, maxsplit=1)[0].split()
    proper = next((at for at, word in enumerate(head) if not _is_proper(word)), len(head))
    ends = {at for at in range(proper) if re.search(r"\d", head[at])} | {proper - 1, len(head) - 1}
    yield from (" ".join(head[: at + 1]) for at in sorted(ends) if proper and at > 0)


def _is_proper(word: str) -> bool:
    return word[0].isupper() or any(map(str.isdigit, word))


def _is_maker(words: Words, longer: int) -> bool:
    return longer >= _MAKER and not any(re.search(r"\d", word) for word in words)
