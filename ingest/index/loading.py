"""Where an embedding model comes from: the installed weights, a folder, or fastembed's own list."""

import hashlib
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.index import minilm
from ingest.index.contract import IndexUnavailable

if TYPE_CHECKING:
    from fastembed import TextEmbedding

HUB_TIMEOUT_S = 5.0


def open_model(name: str, cache: Path) -> "TextEmbedding":
    """Load a model from disk, or download a built-in one. Raises IndexUnavailable with one sentence."""
    if name in (minilm.NAME, minilm.INT8_NAME):
        return _open(minilm.NAME, minilm.ensure(cache, int8=name == minilm.INT8_NAME), cache)
    if Path(name).is_dir():
        return _open_folder(Path(name).resolve(), cache)
    return _open_builtin(name, cache)


def _open(name: str, folder: Path | None, cache: Path) -> "TextEmbedding":
    from fastembed import TextEmbedding  # noqa: PLC0415 - 0.3 s that a command without a query does not pay

    try:
        return TextEmbedding(
            name,
            cache_dir=str(cache),
            threads=1,  # a batch a thread beats a batch over all threads, which wait for each other at every layer
            specific_model_path=None if folder is None else str(folder),
            local_files_only=True,
            enable_cpu_mem_arena=False,  # it keeps the memory of the largest batch for good, and gains nothing
        )
    except Exception as error:  # onnxruntime, tokenizers and fastembed each raise their own
        if folder is None:
            raise
        raise IndexUnavailable(
            f"The embedding model in {folder} cannot be loaded ({error}); "
            + ("delete that folder and start again: it is rebuilt." if name == minilm.NAME else "see its files.")
        ) from error


def _open_folder(folder: Path, cache: Path) -> "TextEmbedding":
    from fastembed import TextEmbedding  # noqa: PLC0415 - see _open
    from fastembed.common.model_description import ModelSource, PoolingType  # noqa: PLC0415 - see _open

    file = onnx_file(folder)
    if file is None or not (folder / "tokenizer.json").is_file():
        raise IndexUnavailable(
            f"[index] embedding_model: {folder} is not a model; it needs model.onnx, tokenizer.json and "
            "tokenizer_config.json."
        )
    name = f"folder:{folder}"
    if name.lower() not in {one["model"].lower() for one in TextEmbedding.list_supported_models()}:
        TextEmbedding.add_custom_model(
            model=name,
            pooling=PoolingType(_pooling(folder)),
            normalization=True,
            sources=ModelSource(hf="local/none"),
            dim=0,  # measured after loading
            model_file=file,
        )
    return _open(name, folder, cache)


def onnx_file(folder: Path) -> str | None:
    """A model's file as its folder names it; None when there is none."""
    found = sorted(folder.glob("*.onnx")) + sorted((folder / "onnx").glob("*.onnx"))
    best = next((one for one in found if one.name == "model.onnx"), found[0] if found else None)
    return str(best.relative_to(folder)) if best else None


def _pooling(folder: Path) -> str:
    """How token vectors become one: as sentence-transformers wrote it beside the model, else their mean."""
    config = folder / "1_Pooling" / "config.json"
    if config.is_file() and json.loads(config.read_text("utf-8")).get("pooling_mode_cls_token"):
        return "CLS"
    return "MEAN"


def _open_builtin(name: str, cache: Path) -> "TextEmbedding":
    """From the cache; else downloaded, when the hub answers within HUB_TIMEOUT_S."""
    from fastembed import TextEmbedding  # noqa: PLC0415 - see _open
    from huggingface_hub import constants  # noqa: PLC0415 - see _open

    if name.lower() not in {one["model"].lower() for one in TextEmbedding.list_supported_models()}:
        raise IndexUnavailable(
            f"[index] embedding_model: {name!r} is neither a folder nor a model that fastembed knows; "
            f"example: {minilm.NAME!r}, which needs no network."
        )
    try:
        return _open(name, None, cache)
    except Exception as missing:
        problem = _hub_problem(constants.ENDPOINT) if not constants.HF_HUB_OFFLINE else "HF_HUB_OFFLINE is set"
        if problem:
            raise IndexUnavailable(
                f"The embedding model {name} is not in {cache} and its hub cannot be reached ({problem}); "
                f"connect to the network once, name a folder that holds the model, or use {minilm.NAME}."
            ) from missing
    try:
        return TextEmbedding(name, cache_dir=str(cache), threads=1, enable_cpu_mem_arena=False)
    except Exception as error:
        raise IndexUnavailable(f"The embedding model {name} could not be downloaded ({error}); try again.") from error


def _hub_problem(endpoint: str) -> str:
    """Why the hub does not answer; empty when it does. Asked first because its client retries for 39 seconds."""
    try:
        with urllib.request.urlopen(  # noqa: S310 - an https address from the client's own settings
            urllib.request.Request(endpoint, method="HEAD"),  # noqa: S310
            timeout=HUB_TIMEOUT_S,
        ):
            return ""
    except urllib.error.HTTPError:
        return ""  # it answers
    except OSError as error:
        return str(getattr(error, "reason", error))


def weights_sha256(folder: Path, description: object) -> str:
    """One hash over the model's file, its external data and its tokenizer."""
    names = [getattr(description, "model_file", ""), *getattr(description, "additional_files", ()), "tokenizer.json"]
    digest = hashlib.sha256()
    for path in sorted({folder / name for name in names}):
        if path.is_file():
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
