"""A small real cross-encoder: an ONNX graph that scores a passage by the share of the question's words that it has.

Its weights are made by hand, its tokenizer is the default embedding model's. `write` gives a folder as
`index.reranker_dir` wants one.
"""

import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ingest.index import minilm

FIRST_WORD = 1996  # of the vocabulary: below are special tokens, figures and punctuation
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "config.json")


def write(folder: Path, models: Path) -> Path:
    """`models`: where the default embedding model is kept."""
    folder.mkdir(parents=True)
    tokenizer = minilm.ensure(models)
    for name in TOKENIZER:
        shutil.copyfile(tokenizer / name, folder / name)
    model = _graph()
    onnx.checker.check_model(model)
    onnx.save(model, str(folder / "model.onnx"))
    return folder


def _graph() -> onnx.ModelProto:
    """Each word of the question: 1 where the passage has it, else 0; their mean, one number a pair."""
    node = helper.make_node
    nodes = [
        node("Unsqueeze", ["input_ids", "two"], ["rows"]),
        node("Unsqueeze", ["input_ids", "one"], ["columns"]),
        node("Equal", ["rows", "columns"], ["same"]),
        node("Cast", ["same"], ["same_f"], to=TensorProto.FLOAT),
        node("Mul", ["token_type_ids", "attention_mask"], ["passage"]),
        node("Cast", ["passage"], ["passage_f"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["passage_f", "one"], ["passage_columns"]),
        node("Mul", ["same_f", "passage_columns"], ["met"]),
        node("ReduceMax", ["met"], ["has"], axes=[2], keepdims=0),
        node("Greater", ["input_ids", "first_word"], ["is_word"]),
        node("Cast", ["is_word"], ["word"], to=TensorProto.FLOAT),
        node("Sub", ["one_f", "passage_f"], ["question"]),
        node("Mul", ["question", "word"], ["asked"]),
        node("Mul", ["has", "asked"], ["answered"]),
        node("ReduceSum", ["answered", "one"], ["found"], keepdims=1),
        node("ReduceSum", ["asked", "one"], ["wanted"], keepdims=1),
        node("Max", ["wanted", "one_f"], ["at_least_one"]),
        node("Div", ["found", "at_least_one"], ["logits"]),
    ]
    constants = {
        "one": np.array([1]),
        "two": np.array([2]),
        "first_word": np.array([FIRST_WORD]),
        "one_f": np.array([1.0], np.float32),
    }
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1])
    held = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "overlap", inputs, [output], held)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
