"""Writes the ONNX golden of the weights module's tests: the ways in which a graph stores weights.

Needs: pip install numpy onnx==1.23.2
Run from the repository root: python tools/goldens/onnx_golden.py
"""

import pathlib

import numpy as np
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path("weights/src/test/resources/dev/heed/weights")


def raw(name, dtype, values):
    return numpy_helper.from_array(np.array(values, dtype), name)


def listed(name, data_type, dims, values):
    return helper.make_tensor(name, data_type, dims, values)


counted = np.arange(6, dtype="float32").reshape(2, 3)
initialisers = [
    raw("float", "float32", [1.5, -2.25]),
    raw("double", "float64", [1 / 3]),
    raw("half", "float16", [1.0, -2.5]),
    raw("long", "int64", [-(2**63), 7]),
    raw("bool", "bool", [True, False]),
    raw("scalar", "float32", 42.0),
    raw("empty", "float32", np.zeros((0, 4))),
    listed("listed.float", TensorProto.FLOAT, [2], [1.5, -2.25]),
    listed("listed.double", TensorProto.DOUBLE, [1], [1 / 3]),
    listed("listed.long", TensorProto.INT64, [2], [-(2**63), 7]),
    listed("listed.int", TensorProto.INT32, [2], [-(2**31), 5]),
    listed("listed.short", TensorProto.INT16, [1], [-32768]),
    listed("listed.char", TensorProto.INT8, [1], [-128]),
    listed("listed.byte", TensorProto.UINT8, [1], [255]),
    listed("listed.bool", TensorProto.BOOL, [2], [True, False]),
    listed("listed.half", TensorProto.FLOAT16, [2], [1.0, -2.5]),
    listed("listed.bfloat16", TensorProto.BFLOAT16, [1], [3.140625]),
    # By the node's path.
    raw("onnx::MatMul_10", "float32", counted),
    # By the bias that is added, either way round: exporters before PyTorch 1.13.
    raw("11", "float32", counted + 10),
    raw("old.query.bias", "float32", [0, 0, 0]),
    raw("12", "float32", counted + 20),
    raw("old.key.bias", "float32", [0, 0, 0]),
    # Shared by two layers.
    raw("onnx::MatMul_13", "float32", counted + 30),
    # Nothing tells whose it is.
    raw("onnx::MatMul_14", "float32", counted + 40),
    # Two matrices under one path: no linear layer.
    raw("onnx::MatMul_15", "float32", counted + 50),
    raw("onnx::MatMul_16", "float32", counted + 60),
    # A parameter that kept its name is not transposed.
    raw("named.weight", "float32", counted + 70),
]


def node(operation, inputs, output, name=""):
    return helper.make_node(operation, inputs, [output], name=name)


nodes = [
    node("MatMul", ["x", "onnx::MatMul_10"], "a", "/encoder/layer.0/dense/MatMul"),
    node("MatMul", ["x", "11"], "b", "MatMul_3"),
    node("Add", ["b", "old.query.bias"], "b2", "Add_4"),
    node("MatMul", ["x", "12"], "c"),
    node("Add", ["old.key.bias", "c"], "c2"),
    node("MatMul", ["x", "onnx::MatMul_13"], "d", "/shared/first/MatMul"),
    node("MatMul", ["x", "onnx::MatMul_13"], "e", "/shared/second/MatMul"),
    node("MatMul", ["x", "onnx::MatMul_14"], "f"),
    node("MatMul", ["x", "onnx::MatMul_15"], "g", "/double/MatMul"),
    node("MatMul", ["x", "onnx::MatMul_16"], "h", "/double/MatMul_1"),
    node("MatMul", ["x", "named.weight"], "i", "/other/MatMul"),
]
graph = helper.make_graph(
    nodes,
    "golden",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2])],
    [helper.make_tensor_value_info("a", TensorProto.FLOAT, [1, 3])],
    initialisers,
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
(OUT / "all-types.onnx").write_bytes(model.SerializeToString())

external = raw("weight", "float32", counted)
external.ClearField("raw_data")
external.data_location = TensorProto.EXTERNAL
entry = external.external_data.add()
entry.key, entry.value = "location", "../elsewhere"
graph = helper.make_graph([], "external", [], [], [external])
(OUT / "external.onnx").write_bytes(helper.make_model(graph).SerializeToString())
