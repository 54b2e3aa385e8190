"""A desk with a cross-encoder of its own: asked, started, examined and measured, with the real fastembed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ops.cli import main
from tests.fakes import cross_encoder

DOCS = {
    "a": "# Drones\n\nYou can send back a drone that you do not like, and we pay the postage for that.",
    "b": "# Opened drone\n\nAn opened drone: the returned drone costs a fee of 15% of its price.",
}
ASK = "What fee for an opened drone that is returned?"


@pytest.fixture
def folder(tmp_path: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration with two documents; the model's folder is beside it."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    (tmp_path / "docs").mkdir()
    for name, text in DOCS.items():
        (tmp_path / "docs" / f"{name}.md").write_text(text)
    cross_encoder.write(tmp_path / "reranker", model_dir)
    return tmp_path


def configure(folder: Path, reranker: str | None) -> Path:
    lines = ['[desks.support]\nprompt = "electromart"', '[sources.docs]\nkind = "folder"\npath = "docs"']
    lines += [f'[index]\nreranker_dir = "{reranker}"'] if reranker else []
    path = folder / "frontdesk.toml"
    path.write_text("\n\n".join(lines))
    return path


def run(config: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), *words])


def test_an_answer_is_made_of_what_the_reranker_put_first(folder: Path) -> None:
    """Its scores are what the passages bear: the share of the question's words."""
    assert run(configure(folder, None), "sync").exit_code == 0
    plain = json.loads(run(configure(folder, None), "ask", ASK, "--json").stdout)
    reranked = json.loads(run(configure(folder, "reranker"), "ask", ASK, "--json").stdout)
    assert reranked["outcome"] == "answered"
    assert "15%" in reranked["text"]
    scores = [passage["score"] for passage in reranked["passages"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert [one["score"] for one in plain["passages"]] != scores


@pytest.mark.parametrize("command", [("ask", "What fee?"), ("sources", "drone"), ("sync",)])
def test_a_folder_that_is_no_reranker_is_said_before_anything_is_asked(folder: Path, command: tuple[str, ...]) -> None:
    result = run(configure(folder, "no-such"), *command)
    assert result.exit_code == 1
    assert f"[index] reranker_dir: {folder / 'no-such'} is not a cross-encoder" in result.stderr


def test_doctor_tries_it(folder: Path) -> None:
    def said(reranker: str | None) -> dict[str, tuple[str, str]]:
        result = run(configure(folder, reranker), "doctor", "--json")
        return {one["name"]: (one["verdict"], one["said"]) for one in json.loads(result.stdout)}

    assert "reranker" not in said(None)
    assert said("reranker")["reranker"] == ("ok", str(folder / "reranker"))
    (folder / "reranker" / "model.onnx").write_bytes(b"cut short")
    verdict, why = said("reranker")["reranker"]
    assert verdict == "failed"
    assert "can't be used as a cross-encoder" in why


def test_it_is_measured_beside_the_others(folder: Path) -> None:
    """And its own gain over ours; where none is configured, the report is as it was."""
    corpus = [
        {"_id": "far", "title": "Refunds", "text": "You get refunded as soon as we have the item back; refunds are paid at once."},
        {"_id": "near", "title": "", "text": "When do you close? Do tell me."},
    ]  # fmt: skip
    files = {
        "corpus": "\n".join(map(json.dumps, corpus)),
        "queries": json.dumps({"_id": "q", "text": "when do you refund me"}),
        "qrels": "query-id\tcorpus-id\tscore\nq\tnear\t1\n",
    }
    given = []
    for name, text in files.items():
        (folder / name).write_text(text)
        given += [f"--{name}", str(folder / name)]
    without = run(configure(folder, None), "eval", "retrieval", *given, "--json")
    report = json.loads(run(configure(folder, "reranker"), "eval", "retrieval", *given, "--json").stdout)
    assert "reranked" not in json.loads(without.stdout)
    assert report["reranked"]["mrr@10"] == 1
    assert report["ours"]["mrr@10"] == 0.5
    assert report["reranked-ours"]["mrr@10"]["mean"] == 0.5
    assert {"dense", "sparse", "rrf", "ours"} <= report.keys()
    shown = run(configure(folder, "reranker"), "eval", "retrieval", *given).stdout
    assert "reranked - ours" in shown
