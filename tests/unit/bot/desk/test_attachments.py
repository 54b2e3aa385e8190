"""What of a file joins the search, what is said of it, and how much of it is used."""

import pytest

from bot.desk.attachments import (
    CONDENSED,
    MOST_TEXT,
    file_name,
    names_of,
    searched_with,
    told_with,
    unread,
    what_about,
    within_budget,
)
from bot.desk.model import Attachment
from tests.scenarios.scripted_desk import page

LOG = """2026-11-22T10:00:03.120Z INFO worker 5f3c2a9b-1d2e-4f5a-8b7c-001122334455 began
2026-11-22T10:00:04.001Z INFO connected to 10.0.0.7:443
2026-11-22T10:00:05.870Z ERROR handshake failed: certificate expired, code GW-4031
2026-11-22T10:00:06.001Z INFO bye
"""


def of(text: str, name: str = "a.log") -> Attachment:
    return Attachment(name, text)


def test_the_line_that_names_the_trouble_is_searched_for() -> None:
    """Without the time, the address and the id, which no document has."""
    searched = searched_with("What does this mean?", [of(LOG)])
    assert searched == "What does this mean? ERROR handshake failed: certificate expired, code GW-4031"


def test_a_question_that_needs_no_file_is_not_led_away() -> None:
    """Of its file only the codes join the search."""
    asked = "How much is the Team plan for ten seats?"
    assert searched_with(asked, [of(LOG)]) == f"{asked} GW-4031"
    passages = (page("Plans", "The Team plan: code GW-4031 failed, certificate expired."),)
    assert told_with(asked, [of(LOG)], passages) == f"{asked} GW-4031"


def test_a_text_without_troubles_gives_its_beginning() -> None:
    text = "The blue kettle\nboils dry\n" + "and then some more of it follows\n" * 50
    searched = searched_with("", [of(text)])
    assert searched.startswith("The blue kettle boils dry")
    assert len(searched) <= CONDENSED


def test_several_files_share_the_room() -> None:
    searched = searched_with("Why?", [of("error one " * 10), of("Model KX-200 failed")])
    assert "KX-200" in searched
    assert len(searched) <= CONDENSED + len("Why? ")


def test_a_file_in_another_language_does_not_change_the_questions() -> None:
    """It gives its codes, so that an English question is not taken for a German one."""
    text = "Die Verbindung mit dem Gateway ist nicht möglich, Fehler GW-4031, bitte die Zeit prüfen und es noch einmal"
    assert searched_with("What does this mean for the gateway?", [of(text)]).endswith("gateway? GW-4031")
    assert "Verbindung" in searched_with("", [of(text)])


def test_a_question_is_told_with_what_the_passages_know() -> None:
    """What they do not know would only say that nothing is known of the question."""
    passages = (page("Gateway errors", "GW-4031: the certificate has expired."),)
    told = told_with("What does this mean?", [of(LOG.replace("bye", "error XY-9999"))], passages)
    assert "GW-4031" in told
    assert "certificate" in told
    assert "XY-9999" not in told
    assert told_with("What now?", [of(LOG)], (page("Returns", "Within 30 days."),)) == "What now?"


def test_long_texts_are_cut_to_what_all_may_have() -> None:
    short, long, other = within_budget([of("s" * 100), of("l" * 50_000), of("o" * 20_000)])
    assert (len(short.text), short.cut) == (100, False)
    assert len(short.text) + len(long.text) + len(other.text) <= MOST_TEXT
    assert long.cut
    assert len(long.text) == len(other.text) == (MOST_TEXT - 100) // 2
    assert within_budget([]) == ()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("error_log-2.txt", "error_log-2.txt"),
        ("<!channel>.txt", "!channel.txt"),
        ("@here `x` [a](b)", "here x a(b)"),
        ("http:<//evil.example", "evil.example"),
        ("\u202egnp.exe", "gnp.exe"),
        ("line\nbreak.txt", "line break.txt"),
        ("", "a file without a name"),
        ("\u200b", "a file without a name"),
        ("n" * 100 + ".log", "n" * 48 + "…" + "n" * 7 + ".log"),
    ],
)
def test_a_name_is_plain_text(name: str, shown: str) -> None:
    assert file_name(name) == shown


def test_names_are_listed() -> None:
    assert names_of([of("", "a.txt")]) == "`a.txt`"
    assert names_of([of("", "a.txt"), of("", "b.txt"), of("", "c.txt")]) == "`a.txt`, `b.txt` and `c.txt`"


def test_what_was_read_is_asked_about_and_what_was_not_is_told() -> None:
    files = [of("text", "a.txt"), Attachment("b.exe", problem="Files of its kind are not read.")]
    assert what_about(files) == "I have read `a.txt`. What would you like to know about it?"
    assert unread(files) == "I couldn't read “b.exe”: Files of its kind are not read."
    assert unread([Attachment("long.txt", "x", cut=True)]) == "“long.txt” is long: I read only its beginning."
    assert unread([of("text")]) == ""
