"""What an older version says otherwise is told, and nothing that it does not say of the same thing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.desk.model import Citation, DraftSentence, Passage
from bot.desk.older_versions import OLDER, older_notice

CHANGED = datetime(2026, 3, 1, tzinfo=UTC)
WINDOW = "You can return most items within 30 days of delivery with a receipt."
OLD_VERSION = "v2.1, January 2024 (superseded by v3.2, 1 March 2026)"
SAYS = "An older version (v2.1, January 2024, superseded by v3.2, 1 March 2026) says "


def page(title: str, text: str, version: str | None = None, **changed: object) -> Passage:
    slug = f"{title} {version}".lower().replace(" ", "-")
    passage = Passage(f"{slug}-0", slug, "docs", title, "", text, f"https://x.example/{slug}", CHANGED, 0, 1.0, version)
    return replace(passage, **changed)  # type: ignore[arg-type]


def current(text: str, title: str = "Returns policy", **changed: object) -> Passage:
    return page(title, text, "v3.2, 1 March 2026", **changed)


def older(text: str, title: str = "Returns policy v2.1, effective January 2024", **changed: object) -> Passage:
    return page(title, text, str(changed.pop("version", OLD_VERSION)), **changed)


def said(text: str, passage: Passage, at: int = 0, quote: str = "") -> DraftSentence:
    return DraftSentence(text, (Citation(at, quote or text, passage.title, passage.url, "", CHANGED),))


def line(new: str, old: Passage, text: str = "", *, question: str = "", title: str = "Returns policy") -> str:
    """The line under an answer that quotes `new`, and says it as `text`."""
    passage = current(new, title)
    notice, used = older_notice(question, [said(text or new, passage, quote=new)], [passage], [old])
    assert used == ((old,) if notice else ())
    return notice.removeprefix(SAYS) if notice else ""


@pytest.mark.parametrize(
    ("new", "old", "told"),
    [
        (WINDOW, "Under this version, products could be returned within 14 days of delivery.", "14 days."),
        (WINDOW, "Products could be returned within two weeks of delivery.", "two weeks."),
        (
            "For any other mailed return we deduct $6.95 from the refund.",
            "A fee of $9.95 was deducted from the refund for every mailed return.",
            "$9.95.",
        ),
        (
            "Premium economy on flights of more than six hours.",
            "Premium economy was paid on flights of more than eight hours.",
            "more than eight hours.",
        ),
        (
            "Core hours are 10:00 to 15:00 local time.",
            "Core hours were 09:00 to 16:00 local time.",
            "“Core hours were 09:00 to 16:00 local time”.",
        ),
        (
            "In every country you can work from home up to three days a week.",
            "In every country people could work from home two remote days a week.",
            "“In every country people could work from home two remote days a week”.",
        ),
        (
            "Hand in the report in Harbor within 30 days of the end of the trip.",
            "Reports had to be handed in within 60 days of the end of the trip.",
            "60 days.",
        ),
        ("Up to 5 days move into the next year in Ireland.", "In all countries up to 10 days moved into the next year.", "up to 10 days."),
    ],
)  # fmt: skip
def test_what_differs_is_told_in_the_older_ones_words(new: str, old: str, told: str) -> None:
    assert line(new, older(old)) == told


@pytest.mark.parametrize(
    ("why", "new", "old"),
    [
        ("the same figure", WINDOW, "Products could be returned within 30 days of delivery."),
        ("the same in other words", "Return it within 14 days of delivery.", "Return it within two weeks of delivery."),
        ("another unit", WINDOW, "Products could be returned within 5 business days of delivery."),
        ("another subject", WINDOW, "Refunds were paid within 10 days of the inspection."),
        ("another kind of item", WINDOW, "Opened earbuds could be exchanged for 14 days."),
        ("no figure", WINDOW, "Products could be returned soon after their delivery."),
        (
            "a name",
            "Members of Plus return items within 60 days of delivery.",
            "You could return items within 14 days.",
        ),
        (
            "another country",
            "In Germany up to 5 days of annual leave move into the next year.",
            "In the Netherlands up to 8 days of annual leave moved into the next year.",
        ),
        (
            "one country's rule is not everybody's",
            "Up to 5 days of annual leave move into the next year.",
            "In Ireland up to 8 days of annual leave moved into the next year.",
        ),
        (
            "another country's line",
            "Germany carries over up to 5 days of annual leave.",
            "Ireland carried over up to 8 days of annual leave.",
        ),
        (
            "a name in the older one",
            "Hand in the reports within 30 days of the end of the trip.",
            "Reports on Pegasus were handed in within 60 days of the end of the trip.",
        ),
        ("one word in common", "Returns: 30 days.", "Returns took 14 days."),
        (
            "half of the words",
            "Broken phones are repaired within 30 days.",
            "Broken consoles went back within 14 days.",
        ),
        (
            "a rule about much more",
            "Opened drones, cameras and lenses that came with a charger, cables and a manual can be returned within 30 "
            "days, less a restocking fee.",
            "Lenses could be returned within 14 days.",
        ),
        (
            "only words about versions in common",
            "In this version the policy's rule is 30 days of window.",
            "In this version the policy's rule was 14 days of notice.",
        ),
        (
            "the current one's word about the past",
            "Products were returned within 45 days of delivery until March.",
            "Products could be returned within 14 days of delivery.",
        ),
        ("another plan", "Pro | Run logs are kept 90 days", "Starter | Run logs are kept 7 days"),
        ("another product", "VX-TB4-DOCK charges a laptop with 96 W.", "VX-TB3-DOCK charged a laptop with 60 W."),
        (
            "several figures against one",
            "Return it within 30 days, or 60 days in a store.",
            "Return it within 14 days.",
        ),
        (
            "a word of the older one about today",
            "The gateway is covered for 24 months from delivery.",
            "Today the gateway is covered for 36 months from delivery.",
        ),
        (
            "least against most",
            "Employees need at least one month of service for remote work.",
            "Employees had up to 6 months of service for remote work.",
        ),
    ],
)
def test_what_may_be_something_else_is_not_told(why: str, new: str, old: str) -> None:
    assert line(new, older(old)) == "", why


def test_only_an_older_version_of_the_same_thing_counts() -> None:
    """One that is superseded, of the same source and the same title but for the version."""
    differs = "Under this version, products could be returned within 14 days of delivery."
    assert line(WINDOW, older(differs)) == "14 days."
    assert line(WINDOW, older(differs, "Counter card 2024", version="v2.1 (superseded by v3.1, 2 May 2025)")) == ""
    assert line(WINDOW, older(differs, version="v2.1, January 2024")) == ""
    assert line(WINDOW, older(differs, source="archive")) == ""
    assert line(WINDOW, older(differs, "v2.1 2024", version="superseded"), title="v3.2 2026") == ""


@pytest.mark.parametrize(
    ("title", "version", "told"),
    [
        ("Counter card 2024", "v2.1 (superseded by v3.2, 1 March 2026)", True),  # number and date of the current one
        ("Returns 2024", "superseded 1 March 2026", True),  # the date, and a word of the title
        ("Returns 2024", "v2.1 (superseded by v3.2)", True),
        ("Counter card 2024", "superseded 1 March 2026", False),
        ("Counter card 2024", "v2.1 (superseded by v3.2)", False),
        ("Returns 2024", "v2.1 (superseded by v3.2, 1 May 2025)", False),
        ("Returns 2024", "superseded", False),
    ],
)
def test_an_older_version_of_another_name_says_what_took_its_place(title: str, version: str, told: bool) -> None:
    passage = current(WINDOW)
    old = older("Under this version, products could be returned within 14 days of delivery.", title, version=version)
    assert bool(older_notice("", [said(WINDOW, passage)], [passage], [old])[0]) is told


LIMITS = "Plan | Requests a minute | Burst\nFree | 30 | 60\nStarter | 120 | 240\nPro | 600 | 1,200"
PRO, STATED = "Pro | 600 | 1,200", "Pro – Requests a minute: 600; Burst: 1,200."
LOGS = "What | Starter | Pro\nRun log (states) | 14 days | 90 days\nAudit log | none | 180 days"
RUNS = "Run log (states) | 14 days | 90 days"


def of_table(
    new: str, row: str, stated: str, old: str, *, question: str = "", section: str = "", then: str = ""
) -> str:
    """What is told under an answer that quotes a `row` of `new`, where the older version has `old` under `then`."""
    passage, gone = current(new, section=section), older(old, section=then)
    notice, _ = older_notice(question, [said(stated, passage, quote=row)], [passage], [gone])
    assert not notice or OLDER.fullmatch(notice)
    return notice.removeprefix(SAYS).rstrip(".")


@pytest.mark.parametrize(
    ("old", "told"),
    [
        ("Plan | Requests a minute in v2\nFree | 15\nPro | 300", "“Pro - Requests a minute in v2: 300”"),
        ("Plan | Burst\nPro | 800", "“Pro - Burst: 800”"),
        (
            "Plan | Burst | Requests a minute (2024)\nPro | 800 | 300",
            "“Pro - Requests a minute (2024): 300; Burst: 800”",
        ),
        ("What | Free | Pro\nRequests a minute | 15 | 300", "“Requests a minute - Pro: 300”"),  # turned
        ("Plan | Requests a minute, peak | Requests a minute, night\nPro | 300 | 400", ""),  # which of the two?
        ("Plan | Requests a minute | Requests a minute, night\nPro | 300 | 400", "“Pro - Requests a minute: 300”"),
        ("Plan | Refused requests a minute and a token\nPro | 300", ""),
        ("Plan | Requests a minute\nPro | 600", ""),
        ("Plan | Requests a minute\nEnterprise | 300", ""),
        ("Plan | Runs a month\nPro | 300", ""),
        ("Plan | Requests a minute\nPro | 5 minutes", ""),
        ("Plan | Requests a minute\nPro | unlimited", ""),
        ("Plan | Requests per minute\nPro | 300", "“Pro - Requests per minute: 300”"),
        ("Plan | Requests a minute, Canada\nPro | 300", ""),
        ("Plan | Requests a minute\nPro | 300\nPro | 400", ""),
        ("Pro had 300 requests.", ""),
    ],
)
def test_a_row_is_compared_cell_by_cell(old: str, told: str) -> None:
    assert of_table(LIMITS, PRO, STATED, old) == told


def test_of_a_row_the_cell_that_was_asked_for_is_told() -> None:
    """A text file draws its table with blanks, under a heading; where the question names no cell, nothing is told."""
    stated = "Run log – Starter: 14 days; Pro: 90 days."
    drawn = "Starter      7 days\nPro          30 days"
    asked = "How long are run logs kept on Pro?"
    assert of_table(LOGS, RUNS, stated, drawn, question=asked, then="RUN LOGS UNDER VERSION 2.1") == "“Pro: 30 days”"
    assert of_table(LOGS, RUNS, stated, drawn, question="How long are logs kept?", then="RUN LOGS") == ""
    assert of_table(LOGS, RUNS, stated, drawn, question=asked, then="AUDIT LOG") == ""
    assert (
        of_table(LOGS, RUNS, "Run logs are kept 90 days on Pro.", drawn, question=asked, then="RUN LOGS")
        == "“Pro: 30 days”"
    )


def test_rows_of_one_letter_are_not_one_row() -> None:
    """Zone A is not zone B, though neither letter is a word."""
    zones, row, stated = "Zone | Full day\nA | 72 euros\nB | 54 euros", "A | 72 euros", "A: 72 euros."
    assert of_table(zones, row, stated, "Zone | Full day\nA | 60 euros\nB | 45 euros") == "“A - Full day: 60 euros”"
    assert of_table(zones, row, stated, "Zone | Full day\nB | 45 euros") == ""


def test_a_cell_is_compared_with_a_sentence_too() -> None:
    table, row = "Country | Remote days a week\nGermany | up to 3\nUnited States | up to 4", "Germany | up to 3"
    told = of_table(table, row, "Germany: up to 3.", "In every country up to two remote days a week were possible.")
    assert told == "“In every country up to two remote days a week were possible”"
    assert of_table(table, row, "Germany: up to 3.", "In Ireland up to two remote days a week were possible.") == ""


def test_the_heading_says_what_a_short_sentence_is_about() -> None:
    """And a semicolon parts two rules."""
    new = "It is free for orders from $49; below that it costs $5.99."
    old = "Under version 2.1 standard shipping was free for orders from $75."
    told = "“Under version 2.1 standard shipping was free for orders from $75”"
    assert of_table(new, new, new, old, section="1. Standard shipping") == told
    assert of_table(new, new, new, old, section="2. Repairs") == ""
    kept, taken = "Kept for 35 days on every plan.", "Taken once a day and kept for 14 days."
    assert of_table(kept, kept, kept, taken, section="Backups", then="BACKUPS") == "14 days"
    assert of_table(kept, kept, kept, taken, section="Backups", then="Exports") == ""


def test_what_the_answer_itself_says_is_no_difference() -> None:
    """Neither a figure that it gives already, nor one of the current document that it does not give."""
    old = older("Products could be returned within 14 days of delivery.")
    assert line(WINDOW, old, "It is 30 days from delivery, no longer 14 days.") == ""
    assert line(WINDOW, old, "You can return most items with a receipt.") == ""
    assert line(WINDOW, old, "You can return most items within 60 days with Plus.") == ""


def test_the_nearest_sentence_of_the_current_version_is_the_one_that_took_its_place() -> None:
    """An exception is not told to have been the older version's rule."""
    exception = "Drones can be returned within 7 days of delivery."
    rule = "Products can be returned within 30 days of delivery."
    passage = current(f"{rule}\n\n{exception}")
    old = older("Products could be returned within 14 days of delivery.")
    assert older_notice("", [said(exception, passage)], [passage], [old])[0] == ""
    assert older_notice("", [said(rule, passage)], [passage], [old])[0] == f"{SAYS}14 days."
    also = older(f"Products from a store could be returned within 10 days of delivery. {old.text}")
    assert older_notice("", [said(rule, passage)], [passage], [also])[0] == f"{SAYS}14 days."


def test_beside_other_figures_of_its_kind_the_older_sentence_is_told_whole() -> None:
    """ "Says 14 days" would be about either of two."""
    passage = current(f"{WINDOW}\n\nRefunds are paid within 5 days of the inspection.")
    old = older("Products could be returned within 14 days of delivery.")
    sentences = [said(WINDOW, passage), said("Refunds are paid within 5 days of the inspection.", passage)]
    notice, _ = older_notice("", sentences, [passage], [old])
    assert notice == f"{SAYS}“Products could be returned within 14 days of delivery”."
    assert OLDER.fullmatch(notice)


def test_an_answer_from_another_page_is_compared_through_the_current_version() -> None:
    """The handbook says the same as the policy; the policy is what has an older version."""
    hours = "Core hours are 10:00 to 15:00 local time."
    handbook = page("Employee handbook", hours, "v5.1, 1 July 2026")
    policy = current(hours, "Remote work policy")
    old = older("Core hours were 09:00 to 16:00 local time.", "Remote work policy v2.1, February 2024")
    sentences = [said(hours, handbook)]
    assert "09:00 to 16:00" in older_notice("What are core hours?", sentences, [handbook, policy], [old])[0]
    assert older_notice("What are core hours?", sentences, [handbook], [old]) == ("", ())


def test_a_page_that_says_a_figure_in_its_own_words_is_compared_through_the_current_version() -> None:
    """An FAQ has no versions; the policy has the same figure about the same."""
    short = "30 days from delivery, or from pickup."
    faq, policy = page("Returns FAQ", short), current(WINDOW)
    old = older("Products could be returned within 14 days of delivery.")
    asked = "How long do I have to return something?"
    assert older_notice(asked, [said(short, faq)], [faq, policy], [old])[0] == f"{SAYS}14 days."
    other = current("Plus members can return most items within 60 days of delivery.")
    assert older_notice(asked, [said(short, faq)], [faq, other], [old])[0] == ""


def test_a_version_without_number_or_date_is_named_by_title_and_day() -> None:
    new = "Anything bought from 1 November 2026 can be returned until 31 January 2027."
    old = older(
        "Items bought from 15 November 2025 could be returned until 15 January 2026.",
        "Holiday returns 2025",
        version="superseded",
    )
    passage = current(new, "Holiday returns 2026")
    notice, _ = older_notice("", [said(new, passage)], [passage], [old])
    assert notice == (
        "An older version (“Holiday returns 2025”, superseded, changed 1 Mar 2026) says "
        "“Items bought from 15 November 2025 could be returned until 15 January 2026”."
    )
    assert OLDER.fullmatch(notice)
    assert OLDER.sub("", f"{SAYS}$9.95. I quote the documents.") == " I quote the documents."


def test_what_a_document_wrote_can_do_nothing_in_slack() -> None:
    old = older("Core hours <!channel> were *09:00* to [16:00](https://evil.example) local time.")
    told = line("Core hours are 10:00 to 15:00 local time.", old)
    assert "09:00" in told
    assert not set("<>*[]") & set(told)
    assert "://" not in told


def test_an_answer_from_superseded_documents_alone_says_so() -> None:
    """And not where a current one is cited beside it, or an order."""
    gone = older("Products could be returned within 14 days of delivery.")
    new = current(WINDOW)
    past = said(gone.text, gone)
    assert older_notice("", [past], [gone], [gone]) == (
        "The document that I cite is superseded (v2.1, January 2024, superseded by v3.2, 1 March 2026).",
        (),
    )
    assert older_notice("", [past, said(WINDOW, new, 1)], [gone, new], [gone]) == ("", ())
    assert older_notice("", [DraftSentence("Hello!")], [gone], [gone]) == ("", ())
    order = replace(gone, kind="order", version=None)
    assert older_notice("", [said(gone.text, order)], [order], [gone]) == ("", ())
