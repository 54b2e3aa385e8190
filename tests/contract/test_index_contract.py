"""What every index does: Qdrant's engine in the process, the server adapter on qdrant-client's own local engine, and on a
real server when QDRANT_URL is set."""

import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from math import cos, sin
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qdrant_client import QdrantClient

from ingest.index import (
    Collection,
    Current,
    CurrentSearch,
    Embedder,
    IndexInUse,
    IndexUnavailable,
    Payload,
    Point,
    Query,
    Ranking,
    Searched,
    drop_other_collections,
    open_collection,
)
from ingest.index import edge as edge_module
from ingest.index.edge import EdgeCollection
from ingest.index.schema import MIN_CANDIDATES
from ingest.index.server import ServerCollection, connect
from ingest.settings import IndexSettings
from tests.fakes.index import WordEmbedder

KINDS = ["edge", "local", *(["server"] if os.environ.get("QDRANT_URL") else [])]
PAYLOAD = Payload(
    document_id="d1",
    source="docs",
    title="Returns",
    section="Policies > Returns",
    text="",
    url="https://docs.example/returns",
    audience=("everyone",),
    version="v3.2",
    changed_at=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
    generation=1,
    position=0,
)
pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection"),
]

Open = Callable[..., Collection]
Write = Callable[..., Point]


@pytest.fixture(params=KINDS)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens empty collections of the adapter under test; those of one test share a folder or a server."""
    made: list[Collection] = []
    client = {
        "edge": lambda: None,
        "local": lambda: QdrantClient(":memory:"),
        "server": lambda: QdrantClient(url=os.environ["QDRANT_URL"], api_key=os.environ.get("QDRANT_API_KEY")),
    }[request.param]()

    def make(name: str = "frontdesk-tests", dimensions: int = 384) -> Collection:
        if client is None:
            made.append(EdgeCollection(tmp_path / "index" / name, dimensions))
        else:
            if request.param == "server":
                client.delete_collection(name)
            made.append(ServerCollection(client, name, dimensions))
        return made[-1]

    yield make
    for collection in made:
        collection.close()


@pytest.fixture
def collection(opened: Open) -> Collection:
    return opened()


@pytest.fixture
def write(embedder: Embedder) -> Write:
    return lambda text, **changes: point(text, embedder.embed([text])[0].tolist(), **changes)


def point(text: str, dense: Sequence[float], **changes: object) -> Point:
    payload = replace(PAYLOAD, text=text, **changes)  # type: ignore[arg-type]
    key = f"{payload.document_id}/{payload.generation}/{payload.position}/{text!r}"
    return Point(str(uuid.uuid5(uuid.NAMESPACE_URL, key)), dense, text, payload)


def ask(embedder: Embedder, text: str, **changes: object) -> Query:
    return replace(Query(text, embedder.embed([text])[0].tolist(), ("everyone",)), **changes)  # type: ignore[arg-type]


def documents(collection: Collection, query: Query) -> list[str]:
    return [hit.payload.document_id for hit in collection.search(query)]


def test_what_is_written_is_read_back_whole(collection: Collection, write: Write, embedder: Embedder) -> None:
    """Every field, Unicode, no version, and a time of another zone as the same instant."""
    oslo = datetime(2026, 3, 1, 13, 30, tzinfo=timezone(timedelta(hours=1)))
    written = write("Rückgabe ☕ 返品 in 30 Tagen", audience=("everyone", "staff"), version=None, changed_at=oslo)
    collection.upsert([written])
    [hit] = collection.search(ask(embedder, "Rückgabe"))
    assert (hit.id, hit.payload) == (written.id, written.payload)


CORPUS = {
    "dock": "The VX-TB4-DOCK drives two monitors over one cable.",
    "hub": "The VX-USB3-HUB has four ports and a power supply.",
    "refund": "You get your money back within five business days.",
    "hours": "Our stores open at nine in the morning.",
    "shipping": "Parcels to Alaska take five to nine days.",
}


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("VX-TB4-DOCK", "dock"),  # by its words: the model has never seen the code
        ("does vx-usb3-hub need power", "hub"),
        ("when will I be reimbursed", "refund"),  # by its meaning: no word in common
        ("when can I visit a shop", "hours"),
    ],
)
def test_codes_are_found_by_words_and_paraphrases_by_meaning(
    collection: Collection, write: Write, embedder: Embedder, question: str, best: str
) -> None:
    collection.upsert([write(text, document_id=name) for name, text in CORPUS.items()])
    assert documents(collection, ask(embedder, question))[0] == best


def test_rrf_scores_are_reciprocal_ranks_with_k_60_and_similarity_is_the_cosine(
    collection: Collection, embedder: Embedder
) -> None:
    """First in both legs: 2/60 (not qdrant-client's default k of 2). A hit of the sparse leg alone has its cosine too."""
    away = [0.0] * 383 + [1.0]
    near, slanted = [1.0] + [0.0] * 383, [0.6, 0.8] + [0.0] * 382
    collection.upsert(
        [point("zebra crossing", near, document_id="d1"), point("other words", slanted, document_id="d2")]
    )
    first, second = collection.search(Query("zebra", near, ("everyone",), ranking=Ranking.RRF))
    assert (first.payload.document_id, first.score) == ("d1", pytest.approx(2 / 60))
    assert second.score == pytest.approx(1 / 61)
    assert (first.similarity, second.similarity) == (pytest.approx(1.0), pytest.approx(0.6))
    collection.upsert([point(f"filler {at}", near, document_id=f"f{at}") for at in range(MIN_CANDIDATES)])
    collection.upsert([point("quagga", away, document_id="rare")])
    found = {
        hit.payload.document_id: hit
        for hit in collection.search(Query("quagga", near, ("everyone",), ranking=Ranking.RRF))
    }
    assert (found["rare"].score, found["rare"].similarity) == (pytest.approx(1 / 60), pytest.approx(0.0, abs=1e-6))


def test_fused_scores_are_deviations_of_cosines_and_words_and_the_codes(collection: Collection) -> None:
    """Each leg over its own candidates; none is further than 1 below; words count 0.4, and their lack as -0.5."""
    angles = [0.1, 0.5, 0.9, 1.5]
    texts = ["alpha beta zebra", "zebra alpha alpha gamma delta epsilon", "beta", "gamma"]
    collection.upsert(
        [
            point(text, [cos(at), sin(at)] + [0.0] * 382, document_id=text)
            for text, at in zip(texts, angles, strict=True)
        ]
    )
    asked = Query("zebra alpha", [1.0] + [0.0] * 383, ("everyone",))
    words = {hit.payload.text: hit.score for hit in collection.search(replace(asked, ranking=Ranking.SPARSE))}
    assert set(words) == set(texts[:2])
    cosines = {hit.payload.text: hit.score for hit in collection.search(replace(asked, ranking=Ranking.DENSE))}
    assert cosines == pytest.approx({text: cos(at) for text, at in zip(texts, angles, strict=True)}, abs=1e-5)
    deviations, common = standardised(cosines), standardised(words)
    assert min(deviations.values()) < -1.1
    expected = {text: max(deviations[text], -1) + 0.4 * common.get(text, -0.5) for text in texts}
    found = {hit.payload.text: hit.score for hit in collection.search(asked)}
    assert found == pytest.approx(expected, abs=1e-4)


def standardised(scores: dict[str, float]) -> dict[str, float]:
    mean, deviation = statistics.mean(scores.values()), statistics.stdev(scores.values())
    return {name: (score - mean) / deviation for name, score in scores.items()}


@pytest.mark.parametrize("question", ["QX-77", "what does the qx-77 cost", "is 48213 in stock?"])
def test_an_exact_code_is_first_however_far_its_meaning_seems(collection: Collection, question: str) -> None:
    """The only chunk with the code is behind 120 others by meaning, and words of the question are all around it."""
    near, away = [1.0] + [0.0] * 383, [-1.0] + [0.0] * 383
    others = [f"What does the cost of stock number {at} matter" for at in range(120)]
    collection.upsert([point(text, near, document_id=text) for text in others])
    collection.upsert([point("QX-77, also sold as 48213", away, document_id="wanted")])
    assert documents(collection, Query(question, near, ("everyone",)))[0] == "wanted"


@pytest.mark.parametrize("text", ["", "the", "?!"])
def test_a_query_without_words_is_ranked_by_meaning_and_has_no_sparse_hits(
    collection: Collection, write: Write, embedder: Embedder, text: str
) -> None:
    collection.upsert([write("returns"), write("staff only", document_id="d2", audience=("staff",))])
    found = [documents(collection, ask(embedder, text, ranking=ranking)) for ranking in Ranking]
    assert dict(zip(Ranking, found, strict=True)) == {
        Ranking.FUSED: ["d1"],
        Ranking.RRF: ["d1"],
        Ranking.DENSE: ["d1"],
        Ranking.SPARSE: [],
    }


@pytest.mark.parametrize("ranking", Ranking)
def test_a_reader_gets_only_their_audience_and_sources(
    collection: Collection, write: Write, embedder: Embedder, ranking: Ranking
) -> None:
    collection.upsert(
        [
            write("RX-7 returns for everyone", document_id="d1"),
            write("RX-7 returns for staff", document_id="d2", audience=("staff",)),
            write("RX-7 returns elsewhere", document_id="d3", source="wiki", audience=("everyone", "partners")),
        ]
    )
    found = [
        set(documents(collection, ask(embedder, "RX-7 returns", audience=audience, sources=sources, ranking=ranking)))
        for audience, sources in [
            (("everyone",), ()),
            (("everyone",), ("docs",)),
            (("partners",), ()),
            (("staff", "everyone"), ("docs", "wiki")),
            (("staff",), ("wiki",)),
            (("nobody",), ()),
            ((), ()),
        ]
    ]
    assert found == [{"d1", "d3"}, {"d1"}, {"d3"}, {"d1", "d2", "d3"}, set(), set(), set()]


def test_generations_are_counted_listed_and_removed(collection: Collection, write: Write) -> None:
    collection.upsert([write("a", generation=1), write("b", generation=2), write("c", generation=2, position=1)])
    collection.upsert([write("a", document_id="d2")])
    counts = [collection.count(), collection.count(["d1"]), collection.count(["d1"], 2), collection.count(None, 1)]
    assert [*counts, collection.count(["d1"], 3), collection.count(["nothing"])] == [4, 3, 2, 2, 0, 0]
    collection.delete_generations(["d1"], keep=2)
    assert collection.document_ids() == {"d1": {2: 2}, "d2": {1: 1}}
    collection.delete_generations(["d1"], keep=None)
    collection.delete_generations(["nothing"], keep=None)
    assert collection.document_ids() == {"d2": {1: 1}}


def test_writing_again_changes_nothing(collection: Collection, write: Write, embedder: Embedder) -> None:
    for _ in range(2):
        collection.upsert([write("same"), write("other", position=1)])
    collection.upsert([])
    assert collection.count() == 2
    assert len(collection.search(ask(embedder, "same"))) == 2


def test_every_document_is_listed_however_many(opened: Open) -> None:
    """More than 10,000 points: past every default page and the limit that vector store wrappers stop at."""
    collection = opened(dimensions=2)
    points = [
        Point(str(uuid.UUID(int=at + 1)), [1.0, 0.5], "", replace(PAYLOAD, document_id=f"d{at // 2}"))
        for at in range(10_050)
    ]
    for start in range(0, len(points), 2010):
        collection.upsert(points[start : start + 2010])
    found = collection.document_ids()
    assert len(found) == 5025
    assert all(held == {1: 2} for held in found.values())


@pytest.mark.parametrize("text", ["", "   ", "?!", "the", "\x00", "🙂", "a\ud800b", "x" * 20_000])
def test_no_text_breaks_a_write_or_a_search(
    collection: Collection, write: Write, embedder: Embedder, text: str
) -> None:
    """Texts without a word in them are found by meaning alone."""
    collection.upsert([write(text), write("returns", position=1)])
    assert len(collection.search(ask(embedder, text))) == 2


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    collection = EdgeCollection(tmp_path_factory.mktemp("index") / "frontdesk-small", 2)
    yield collection
    collection.close()


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=80), title=st.text(max_size=20), audience=st.lists(st.text(max_size=8), min_size=1))
def test_any_payload_survives(small: Collection, text: str, title: str, audience: list[str]) -> None:
    written = point(text, [1.0, 0.0], title=title, audience=tuple(audience))
    small.upsert([written])
    [hit] = small.search(Query(text, [1.0, 0.0], audience[:1]))
    assert hit.payload == written.payload
    small.delete_generations(["d1"], keep=None)


class Known:
    """Generations that a test sets: a ledger of one table."""

    def __init__(self, **generations: int) -> None:
        self.generations = generations

    def current(self, document_ids: Sequence[str]) -> dict[str, Current]:
        return {name: Current(self.generations[name], None) for name in document_ids if name in self.generations}

    def index_version(self) -> int:
        return 7


def texts(search: CurrentSearch, limit: int) -> list[str]:
    return [hit.payload.text for hit in search.search("returns", audience=["everyone"], limit=limit)]


def test_a_search_sees_the_current_generation_only(collection: Collection, write: Write, embedder: Embedder) -> None:
    """Before the switch the old text, after it the new one, never both; an unknown document not at all."""
    collection.upsert([write("returns in 14 days", generation=1), write("returns in 30 days", generation=2)])
    collection.upsert([write("returns of a removed document", document_id="gone")])
    assert texts(CurrentSearch(Searched(collection, embedder, Known(d1=1))), 5) == ["returns in 14 days"]
    assert texts(CurrentSearch(Searched(collection, embedder, Known(d1=2))), 5) == ["returns in 30 days"]
    assert texts(CurrentSearch(Searched(collection, embedder, Known())), 5) == []
    assert CurrentSearch(Searched(collection, embedder, Known())).version() == 7


def test_a_search_looks_further_when_most_hits_are_stale(
    collection: Collection, write: Write, embedder: Embedder
) -> None:
    """150 better hits of an old generation do not push out the three current ones."""
    stale = write("returns", document_id="d9", generation=1)
    collection.upsert(
        [
            replace(stale, id=str(uuid.UUID(int=at + 1)), payload=replace(stale.payload, position=at))
            for at in range(150)
        ]
    )
    collection.upsert([write(f"our shops take things back, {at}", generation=2, position=at) for at in range(3)])
    assert len(texts(CurrentSearch(Searched(collection, embedder, Known(d1=2))), 3)) == 3


@pytest.fixture
def closed(tmp_path: Path) -> Collection:
    """Whatever asks it gets an error; closing twice is allowed."""
    made = EdgeCollection(tmp_path / "frontdesk-closed", 2)
    made.close()
    made.close()
    return made


def test_how_much_a_reader_may_not_read_is_a_number(collection: Collection, write: Write, embedder: Embedder) -> None:
    """Current documents, each once, near enough, of the sources that are searched."""
    staff = [
        write(f"returns for staff, part {at}", document_id="d2", position=at, audience=("staff",)) for at in (0, 1)
    ]
    collection.upsert(
        [
            write("returns for everyone"),
            *staff,
            write("returns for partners", document_id="d3", audience=("partners",), source="wiki"),
            write("returns as they were", document_id="old", audience=("staff",)),
            write("a cat on a sofa", document_id="cat", audience=("staff",)),
        ]
    )
    search = CurrentSearch(Searched(collection, embedder, Known(d1=1, d2=1, d3=1, cat=1, old=2)))

    def withheld(*audience: str, text: str = "returns", **others: object) -> int:
        return search.withheld(text, audience=audience, floor=0.3, **others)  # type: ignore[arg-type]

    assert withheld("everyone") == 2
    assert withheld("everyone", sources=("docs",)) == 1
    assert withheld("everyone", "staff") == 1
    assert withheld("everyone", "staff", "partners") == 0
    assert withheld() == 3
    assert withheld("everyone", text="   ") == 0


def test_what_is_listed_is_named_once(collection: Collection, write: Write, embedder: Embedder) -> None:
    """Of items that hold several documents, those of the current generation, and whether its columns are a product's;
    a "#" in a key is the key's."""
    catalogue = {"document_id": "docs:list.csv#ORR-9", "title": "Orrin 9 phone"}
    collection.upsert(
        [
            write("returns"),
            write("sku: ORR-9\nname: Orrin 9 phone", **catalogue),
            write("more of it", **catalogue, position=1),
            write(
                "sku: ORR-9\nname: the phone as it will be",
                **catalogue | {"title": "Orrin 9 phone, black"},
                generation=2,
            ),
            write("sku: ORR-8", document_id="docs:list.csv#ORR-8", title="Orrin 8 phone"),
            write("name: Odd\nlist_price (USD): 3", document_id="docs:list.csv#A#1", title="Odd"),
            write("code: TF-4001\nmeaning: part: of the JSON", document_id="docs:e.csv#TF-4001", title="TF-4001 bad"),
            write("id: POL-12\nitem: Return policy\nparty: sales", document_id="docs:p.csv#POL-12", title="Returns"),
        ]
    )
    rows = "list.csv#ORR-9", "list.csv#A#1", "e.csv#TF-4001", "p.csv#POL-12"
    known = Known(**{"d1": 1, **{f"docs:{row}": 1 for row in rows}})
    search = CurrentSearch(Searched(collection, embedder, known))
    assert sorted(search.listed()) == [
        ("A#1", "Odd", True),
        ("ORR-9", "Orrin 9 phone", True),
        ("POL-12", "Returns", False),
        ("TF-4001", "TF-4001 bad", False),
    ]
    known.generations["docs:list.csv#ORR-9"] = 2
    assert ("ORR-9", "Orrin 9 phone, black", True) in search.listed()


def test_a_search_for_nothing_asks_nobody(closed: Collection, embedder: Embedder) -> None:
    search = CurrentSearch(Searched(closed, embedder, Known()))
    assert search.search("  ", audience=["everyone"]) == []
    assert search.search("returns", audience=[]) == []
    with pytest.raises(IndexUnavailable, match="closed"):
        search.search("returns", audience=["everyone"])


def test_likeness_holds_texts_against_a_query_word_by_word(closed: Collection, embedder: Embedder) -> None:
    search = CurrentSearch(Searched(closed, embedder, Known()))
    like = search.likeness("get my money back", ["get my money back", "a refund of the money", "a cat on a sofa"])
    same, near, far = like.cosines
    assert same == pytest.approx(1, abs=1e-2)
    assert near > far
    assert like.words == ("get", "my", "money", "back")
    money = [met[2] for met in like.met]
    assert money[0] == pytest.approx(1, abs=1e-2)
    assert money[1] > 0.5 > money[2]
    assert search.likeness("x", []).cosines == []


def test_vectors_of_two_models_never_meet(opened: Open) -> None:
    """Each has a collection of its own; dropping the others' leaves foreign collections alone."""
    old, new, foreign = opened("frontdesk-old", 2), opened("frontdesk-new", 3), opened("somebody-elses", 2)
    for collection, dense in ((old, [1.0, 0.0]), (new, [1.0, 0.0, 0.0]), (foreign, [0.0, 1.0])):
        collection.upsert([point("returns", dense)])
    with pytest.raises(IndexUnavailable, match=r"(did|could) not write"):
        new.upsert([point("returns", [1.0, 0.0])])
    if isinstance(old, EdgeCollection):
        drop_other_collections(new)
        assert old.count() == 1  # one that is open somewhere is left alone
        old.close()
    drop_other_collections(new)
    assert (new.count(), foreign.count()) == (1, 1)
    assert opened("frontdesk-old", 2).count() == 0


def test_both_adapters_rank_alike(tmp_path: Path, write: Write, embedder: Embedder) -> None:
    """The same BM25 weights, IDF and fusion in the process and in qdrant-client's own engine."""
    both = [
        EdgeCollection(tmp_path / "frontdesk-x", 384),
        ServerCollection(QdrantClient(":memory:"), "frontdesk-x", 384),
    ]
    things = ["laptop", "phone", "camera", "drone", "charger", "headset"]
    verbs = [
        "returned within 30 days",
        "repaired at the bench",
        "shipped by express",
        "insured by ElectroCare",
        "replaced by CX-100",
    ]
    # No two with as many words: equal scores may come in any order.
    sentences = [f"A {thing} can be {verb}." for thing in things for verb in verbs]
    points = [write(sentence + " Ask us." * 3 * at, document_id=str(at)) for at, sentence in enumerate(sentences)]
    for collection in both:
        collection.upsert(points)
    questions = ("return a drone", "express shipping of a phone", "ElectroCare headset", "camera CX-100", "the")
    for question, ranking in product(questions, Ranking):
        query = ask(embedder, question, limit=len(points), ranking=ranking)
        one, other = (collection.search(query) for collection in both)
        # Float rounding may swap two neighbours in one leg: 1/60 - 1/61 = 0.00027.
        assert {hit.id: hit.score for hit in one} == pytest.approx({hit.id: hit.score for hit in other}, abs=3e-4)
        assert {hit.id: hit.similarity for hit in one} == pytest.approx(
            {hit.id: hit.similarity for hit in other}, abs=1e-5
        )
    for collection in both:
        collection.close()


def test_the_embedded_index_keeps_all_across_a_restart(tmp_path: Path) -> None:
    first = EdgeCollection(tmp_path / "frontdesk-x", 2)
    first.upsert([point("a", [1.0, 0.0])])
    first.delete_generations(["d1"], keep=1)
    first.close()
    again = EdgeCollection(tmp_path / "frontdesk-x", 2)
    assert again.document_ids() == {"d1": {1: 1}}
    assert [hit.payload.text for hit in again.search(Query("a", [1.0, 0.0], ("everyone",)))] == ["a"]
    again.close()


_WRITER = """
import sys, uuid
from dataclasses import replace
from pathlib import Path
from datetime import UTC, datetime
from ingest.index import Payload, Point
from ingest.index.edge import EdgeCollection
collection = EdgeCollection(Path(sys.argv[1]), 4)
for at in range(100_000):
    payload = Payload(f"d{at}", "docs", "", "", "x", "", ("everyone",), None, datetime.now(UTC), 1, 0)
    collection.upsert([Point(str(uuid.UUID(int=at + 1)), [1.0, 0.0, 0.0, 0.0], "word", payload)])
    print(at, flush=True)
"""


def test_one_process_owns_the_folder_and_a_kill_loses_nothing_written(tmp_path: Path) -> None:
    """While the writer lives a second process is told so; what upsert returned for survives SIGKILL in mid-write."""
    folder = tmp_path / "frontdesk-x"
    command = [sys.executable, "-c", _WRITER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        written = int(writer.stdout.readline())
        with pytest.raises(IndexInUse, match="Another process"):
            EdgeCollection(folder, 4)
        while written < 200:
            written = int(writer.stdout.readline())
        writer.kill()
        written = max([written, *(int(line) for line in writer.stdout if line.endswith("\n"))])
    after = EdgeCollection(folder, 4)
    assert after.count() >= written + 1
    assert set(after.document_ids()) >= {f"d{at}" for at in range(written + 1)}
    after.close()


def test_a_killed_creation_leaves_nothing_that_looks_like_an_index(tmp_path: Path) -> None:
    folder = tmp_path / "frontdesk-x"
    (folder / "shard.new" / "segments").mkdir(parents=True)
    (folder / "shard.new" / "edge_config.json").write_text("{")
    collection = EdgeCollection(folder, 2)
    assert collection.count() == 0
    collection.close()


@pytest.mark.parametrize("part", ["edge_config.json", "segments", "wal"])
def test_a_damaged_folder_is_an_outage_with_a_remedy(tmp_path: Path, part: str) -> None:
    """And once it is moved away as told, the index can be built again."""
    folder = tmp_path / "frontdesk-x"
    collection = EdgeCollection(folder, 2)
    collection.upsert([point("a", [1.0, 0.0])])
    collection.close()
    damaged = folder / "shard" / part
    for file in [damaged] if damaged.is_file() else [one for one in damaged.rglob("*") if one.is_file()]:
        file.write_bytes(b"garbage" * 8)
    with pytest.raises(IndexUnavailable, match=r"move that folder away and run `frontdesk sync`"):
        EdgeCollection(folder, 2)
    folder.rename(tmp_path / "away")
    EdgeCollection(folder, 2).close()


def test_a_full_disk_stops_writing_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checked before the engine is asked: it writes through memory maps, where a full disk kills the process."""
    collection = EdgeCollection(tmp_path / "frontdesk-x", 2)
    collection.upsert([point("a", [1.0, 0.0])])
    monkeypatch.setattr(edge_module, "MIN_FREE_BYTES", 1 << 62)
    with pytest.raises(IndexUnavailable, match=r"full.*stays searchable"):
        collection.upsert([point("b", [1.0, 0.0])])
    assert [hit.payload.text for hit in collection.search(Query("a", [1.0, 0.0], ("everyone",)))] == ["a"]
    collection.close()
    with pytest.raises(IndexUnavailable, match="full"):
        EdgeCollection(tmp_path / "frontdesk-y", 2)


def test_a_folder_that_cannot_be_made_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexUnavailable, match="cannot be used"):
        EdgeCollection(tmp_path / "file" / "frontdesk-x", 2)


def test_the_settings_choose_the_adapter_and_the_model_names_the_collection(tmp_path: Path, embedder: Embedder) -> None:
    collection = open_collection(IndexSettings(), tmp_path, embedder)
    assert isinstance(collection, EdgeCollection)
    assert (tmp_path / "index" / f"frontdesk-{embedder.fingerprint}").is_dir()
    with pytest.raises(IndexInUse):
        open_collection(IndexSettings(), tmp_path, embedder)
    collection.close()
    remote = open_collection(IndexSettings(qdrant_url="http://127.0.0.1:9"), tmp_path, embedder)
    assert isinstance(remote, ServerCollection)
    assert remote.name.endswith(embedder.fingerprint)
    remote.close()


def test_a_server_that_is_away_fails_calls_and_not_the_start(tmp_path: Path, embedder: Embedder) -> None:
    collection = open_collection(IndexSettings(qdrant_url="http://127.0.0.1:9"), tmp_path, embedder)
    query = Query("x", [1.0] + [0.0] * 383, ("everyone",))
    for call in (lambda: collection.search(query), collection.count, collection.document_ids):
        with pytest.raises(IndexUnavailable, match=r"Qdrant server did not .* check QDRANT_URL"):
            call()
    collection.close()


def test_a_server_that_hangs_is_an_outage_within_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = QdrantClient(url=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=1, check_compatibility=False)
        started = time.monotonic()
        with pytest.raises(IndexUnavailable, match="timed out"):
            ServerCollection(client, "frontdesk-x", 2).count()
        assert time.monotonic() - started < 5
        client.close()


class _Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(401 if self.headers.get("api-key") != "right" else 500)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.mark.parametrize(("key", "status"), [("wrong", "401"), ("right", "500")])
def test_a_server_that_refuses_is_an_outage_that_shows_no_key(key: str, status: str) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = IndexSettings(qdrant_url=f"http://127.0.0.1:{server.server_port}", qdrant_api_key=key)
    assert settings.qdrant_url is not None
    collection = ServerCollection(connect(settings.qdrant_url, settings.qdrant_api_key), "frontdesk-x", 2)
    with pytest.raises(IndexUnavailable, match=status) as caught:
        collection.count()
    assert "wrong" not in str(caught.value)
    assert "\n" not in str(caught.value)
    collection.close()
    server.shutdown()
    server.server_close()


def test_two_installations_on_one_server_keep_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its own collection, and tidying up after a change of model leaves the other's alone."""
    client = QdrantClient(":memory:")
    monkeypatch.setattr("ingest.index.server.connect", lambda *_: client)
    settings = IndexSettings(qdrant_url="http://127.0.0.1:9")
    one, other = (open_collection(settings, tmp_path / name, WordEmbedder()) for name in ("one", "other"))
    assert one.name != other.name
    assert open_collection(settings, tmp_path / "one", WordEmbedder()).name == one.name
    for collection in (one, other):
        collection.upsert([])
        assert collection.count() == 0
    one.drop_others()
    assert {other.name} <= {held.name for held in client.get_collections().collections}
