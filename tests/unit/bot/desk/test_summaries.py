"""A summary says no figure that nobody wrote, however it is spelt, and none is dropped for other words."""

import pytest

from bot.desk.summaries import unstated

ENGLISH = (
    "Order EM-104250 from 3 March: the TV (2 of them, $1,499.99 each) is dead after two weeks.\n"
    "I called on Tuesday at 3pm, em 104251 is fine. Refund within 10 business days?"
)
GERMAN = "Ich habe am 3. März zwei Fernseher für 1.499,99 € bestellt, EM-104250, und warte seit 14 Tagen auf Dienstag."


@pytest.mark.parametrize(
    ("wrote", "summary"),
    [
        (ENGLISH, "Both televisions of EM-104250, bought on March 3 for $1,499.99, died after 14 days."),
        (ENGLISH, "They want their money in 10 business days. EM-104251 works. They called at 15:00 on Tuesday."),
        (ENGLISH, "They ask for two things: a refund of 2 televisions and an apology."),
        (ENGLISH, ""),
        (ENGLISH, "They have two complaints: a dead TV and a slow refund."),
        (ENGLISH, "They describe three separate issues, and contacted support two times."),
        ("It's been a month and nobody calls!", "They have waited 30 days."),
        ("It's been a month and nobody calls!", "They have waited for one month."),
        ("I have waited 30 days.", "They have waited for one month."),
        ("I pay $10 monthly.", "They pay $10 a month."),
        ("I bought it a week ago.", "They bought it 7 days ago."),
        (GERMAN, "They bought two televisions (EM-104250) on 3 March for €1,499.99 and have waited for 14 days."),
        ("Kupiłem to 14 dni temu i nie działa, co mogę zrobić?", "They bought it 14 days ago and it does not work."),
    ],
)
def test_what_was_written_may_be_said_in_other_words(wrote: str, summary: str) -> None:
    assert unstated(summary, wrote) == ""


@pytest.mark.parametrize(
    ("wrote", "summary", "invented"),
    [
        (ENGLISH, "Their TV (EM-104252) is dead.", "EM-104252"),
        (ENGLISH, "They want $1,599.99 back.", "$1,599.99"),
        (ENGLISH, "It died after 15 days.", "15 days"),
        (ENGLISH, "They want it back within 10 days.", "10 days"),
        (ENGLISH, "They bought it on 4 March.", "4 March"),
        (ENGLISH, "They called on Wednesday.", "Wednesday"),
        (ENGLISH, "They called at 4 pm again.", "4 pm"),
        (ENGLISH, "They have three TVs.", "three"),
        (GERMAN, "They bought four televisions.", "four"),
        (GERMAN, "They want 1,499.98 EUR.", "1,499.98 EUR"),
        ("A human, please.", "They have waited 3 weeks.", "3 weeks"),
        ("A human, please.", "They have waited 30 days.", "30 days"),
        ("I have waited a week.", "They have waited one month.", "one month"),
        (ENGLISH, "They wrote five times.", "five"),
    ],
)
def test_what_nobody_wrote_is_found(wrote: str, summary: str, invented: str) -> None:
    assert unstated(summary, wrote) == invented
