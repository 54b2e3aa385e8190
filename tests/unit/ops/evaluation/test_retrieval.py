"""`frontdesk eval retrieval`: known figures for a known set, and one sentence for a file that is wrong."""

import json
import sys
from math import log2
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from ingest.index import Embedder
from ingest.settings import IndexSettings
from ops.cli import main
from ops.evaluation.judged import read_judged
from ops.evaluation.measured import bootstrap, show
from ops.evaluation.retrieval import measure
from ops.operations import OperationError

CORPUS = [
    {"_id": "refund", "title": "Refunds", "text": "You get your money back within five business days."},
    {"_id": "dock", "title": "", "text": "The VX-TB4-DOCK drives two monitors over one cable."},
    {"_id": "hours", "title": "Opening hours", "text": "Our stores open at nine in the morning."},
    {"_id": "parcel", "title": "Shipping", "text": "Parcels to Alaska take five to nine days."},
]
QUERIES = [
    {"_id": "q1", "text": "when will I be reimbursed"},
    {"_id": "q2", "text": "VX-TB4-DOCK"},
    {"_id": "unjudged", "text": "is left out"},
]
QRELS = [
    "query-id\tcorpus-id\tscore",
    "q1\trefund\t2",
    "q1\tnot-there\t1",
    "q2\tdock\t1",
    "q2\thours\t0",
    "unjudged\tdock\t0",
]


def files(folder: Path, **changed: str) -> dict[str, Path]:
    """The three files; `changed` replaces one whole."""
    content = {
        "corpus": "\n".join(map(json.dumps, CORPUS)),
        "queries": "\n".join(map(json.dumps, QUERIES)) + "\n\n",
        "qrels": "\n".join(QRELS) + "\n",
    }
    paths = {}
    for name, text in (content | changed).items():
        paths[name] = folder / f"{name}.txt"
        paths[name].write_text(text, encoding="utf-8")
    return paths


def run(paths: dict[str, Path], *options: str) -> Result:
    given = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    return CliRunner().invoke(main, ["eval", "retrieval", *given, *options])


def test_the_command_prints_each_ranking_with_intervals(tmp_path: Path) -> None:
    """A relevant passage that the corpus lacks counts as missed; a query that nothing is relevant to is left out."""
    result = run(files(tmp_path), "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["queries"], report["documents"], report["chunks"]) == (2, 4, 4)
    perfect_but_one = (2 / (2 + 1 / log2(3)) + 1) / 2
    for ranking in ("dense", "ours"):
        found = report[ranking]
        assert found["ndcg@10"] == pytest.approx(perfect_but_one, abs=1e-4), ranking
        assert (found["mrr@10"], found["recall@10"], found["recall@100"]) == (1, 0.75, 0.75)
        assert found["ci"]["recall@10"] == [0.5, 1]
    assert report["sparse"]["mrr@10"] == 0.5  # no word of q1 is in the corpus
    assert report["best_leg"] == "dense"
    assert report["ours-best_leg"]["ndcg@10"] == {"mean": 0, "low": 0, "high": 0}
    assert report["rrf"].keys() == report["ours"].keys()


def test_a_long_passage_counts_once_by_its_best_part(tmp_path: Path, embedder: Embedder) -> None:
    """Thirty parts of one passage do not push the others out of the first ten documents."""
    filler = "Chapter {}. " + "The history of our refunds is long and was told many times. " * 16
    book = " ".join(filler.format(at) for at in range(30)) + " The ombudsman is called Aurelia."
    corpus = [*CORPUS, {"_id": "book", "title": "Refunds", "text": book}]
    queries = [{"_id": "q1", "text": "history of refunds"}, {"_id": "q2", "text": "Who is the ombudsman?"}]
    paths = files(
        tmp_path,
        corpus="\n".join(map(json.dumps, corpus)),
        queries="\n".join(map(json.dumps, queries)),
        qrels="q1\tparcel\t1\nq2\tbook\t1\n",
    )
    judged = read_judged(**paths)
    measured = measure(judged, IndexSettings(), embedder)
    assert measured.chunks > 25
    assert measured.values["ours"]["recall@10"].tolist() == [1, 1]
    assert measured.values["ours"]["mrr@10"][1] == 1
    assert any("ours" in line for line in show(measured))


WRONG = [
    ({"corpus": '{"_id": "a", "text": "x"}\nno json'}, r"corpus.txt, line 2 is not JSON"),
    ({"corpus": '{"_id": "a", "text": "x"}\n\n{"_id": "a", "text": "y"}'}, r"corpus.txt, line 3: the \"_id\" 'a' was"),
    ({"corpus": '{"id": "a", "text": "x"}'}, r'corpus.txt, line 1: "_id" is missing'),
    ({"corpus": '{"_id": "a", "title": "x"}'}, r'corpus.txt, line 1: "text" is missing'),
    ({"corpus": '["a"]'}, r"corpus.txt, line 1"),
    ({"corpus": ""}, r"corpus.txt .* empty"),
    ({"queries": '{"_id": 7, "text": "x"}'}, r'queries.txt, line 1: "_id" is missing or no text'),
    ({"queries": '{"_id": "q1", "text": null}'}, r'queries.txt, line 1: "text"'),
    ({"qrels": "query-id\tcorpus-id\tscore\nq1 refund 1"}, r"qrels.txt, line 2: a line is query-id"),
    ({"qrels": "q1\trefund\tgood"}, r"qrels.txt, line 1: a line is"),
    ({"qrels": "q1\t0\trefund\t1"}, r"qrels.txt, line 1: a line is"),
    ({"qrels": "q1\trefund\t1\nq9\trefund\t1"}, r"qrels.txt, line 2: the query 'q9' is not in .*queries.txt"),
    ({"qrels": "q1\trefund\t0"}, r"qrels.txt has nothing"),
]


@pytest.mark.parametrize(("changed", "sentence"), WRONG)
def test_a_wrong_file_is_named_with_its_line(tmp_path: Path, changed: dict[str, str], sentence: str) -> None:
    with pytest.raises(OperationError, match=sentence) as raised:
        read_judged(**files(tmp_path, **changed))
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_is_one_line_and_status_1(tmp_path: Path) -> None:
    result = run(files(tmp_path) | {"qrels": tmp_path / "none.tsv"})
    assert result.exit_code == 1
    assert "none.tsv can't be read" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_without_the_metrics_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    result = run(files(tmp_path))
    assert result.exit_code == 1
    assert "frontdesk[eval]" in result.stderr


def test_the_interval_is_the_same_each_time_and_narrows_with_more_queries() -> None:
    few, many = (bootstrap(np.tile([0.0, 1.0, 0.5, 0.25], times)) for times in (5, 500))
    assert few == bootstrap(np.tile([0.0, 1.0, 0.5, 0.25], 5))
    assert few.low < many.low < few.mean == many.mean < many.high < few.high
