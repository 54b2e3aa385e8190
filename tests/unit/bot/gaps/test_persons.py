"""Words that look like somebody's name, by capitals."""

import pytest

from bot.gaps.persons import persons_in, without

COMMON = ("sick", "warranty", "redundancy")


@pytest.mark.parametrize(
    ("text", "persons"),
    [
        ("is Joost Becker on sick leave?", {"joost", "becker"}),
        ("Joost Becker on sick leave?", {"joost", "becker"}),
        ("Warranty over. Becker’s salary?", {"becker"}),
        ("sick leave of Anne-Marie", {"anne-mari", "ann", "mari"}),
        ("Xiu on sick leave", {"xiu"}),
        ("Sick leave and the VPN with an iPhone or a TFG-200", set()),
        ("JOOST ON SICK LEAVE, OR LI", {"joost", "sick", "leav", "li"}),
        ("", set()),
    ],
)
def test_capitals_inside_a_sentence(text: str, persons: set[str]) -> None:
    assert persons_in(text, COMMON.__contains__) == persons


def test_no_phrase_goes_across_a_name() -> None:
    assert without("when is joost.becker's leave", {"becker"}) == "when is  .  leave"
