"""Writes the small cases of ONNX models that `mvn verify` runs: onnx/src/test/resources/cases.zip.

Usage: python generate.py ../../onnx/src/test/resources/cases.zip        (needs onnx 1.23 and numpy)

Each case is a graph of a few operators on seeded inputs; the expected outputs are those of the onnx package's reference
evaluator. The layout is that of the ONNX project's own tests.
"""
import sys
import zipfile

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

TYPES = {np.dtype(k): v for k, v in {
    "float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE, "float16": TensorProto.FLOAT16, "int64": TensorProto.INT64,
    "int32": TensorProto.INT32, "int8": TensorProto.INT8, "uint8": TensorProto.UINT8, "bool": TensorProto.BOOL}.items()}
CASES = {}


def case(name, nodes, inputs, outputs=("y",), initializers=None, opset=21):
    CASES[name] = (nodes, inputs, outputs, initializers or {}, opset)


def node(op, inputs, outputs=("y",), **attributes):
    return helper.make_node(op, list(inputs), list(outputs), **attributes)


def graph(nodes, inputs, outputs, name="body"):
    return helper.make_graph(nodes, name, inputs, outputs)


def value(name, elem=TensorProto.FLOAT, shape=None):
    return helper.make_tensor_value_info(name, elem, shape)


def define(r):
    f = lambda *s: r.standard_normal(s).astype(np.float32)
    for op in ("Abs", "Neg", "Exp", "Tanh", "Sigmoid", "Erf", "Softplus", "Softsign", "Relu", "Selu", "Elu", "HardSwish", "Mish",
               "Floor", "Ceil", "Round", "Sin", "Cos", "Atan", "Asinh", "Reciprocal", "Sign"):
        case("unary_" + op.lower(), [node(op, ["x"])], {"x": f(2, 3, 4)})
    for op in ("Add", "Sub", "Mul", "Div", "Max", "Min"):
        case("binary_" + op.lower(), [node(op, ["a", "b"])], {"a": f(2, 3, 4), "b": f(3, 1)})
    integers = lambda: r.integers(-7, 8, (3, 4)).astype(np.int32)
    case("div_integers", [node("Div", ["a", "b"])], {"a": integers(), "b": np.array([-3, 2, -2, 5], np.int32)})
    case("mod_integers", [node("Mod", ["a", "b"])], {"a": integers(), "b": np.array([-3, 2, -2, 5], np.int32)})
    for axes, keep in (([1], 1), ([0, 2], 0)):
        for op in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceL2", "ReduceLogSumExp"):
            case(f"{op.lower()}_{len(axes)}", [node(op, ["x", "axes"], keepdims=keep)], {"x": f(2, 3, 4)},
                 initializers={"axes": np.array(axes)})
    for axis in (0, -1):
        case(f"softmax_{axis}", [node("Softmax", ["x"], axis=axis)], {"x": f(3, 4)})
        case(f"argmax_{axis}", [node("ArgMax", ["x"], axis=axis, keepdims=0, select_last_index=1)],
             {"x": r.integers(0, 3, (3, 4)).astype(np.float32)})
        case(f"cumsum_{axis}", [node("CumSum", ["x", "axis"], exclusive=1, reverse=1)], {"x": f(3, 4)}, initializers={"axis": np.array(axis)})
    case("slice_backwards", [node("Slice", ["x", "s", "e", "a", "t"])], {"x": f(5, 6)},
         initializers={"s": np.array([4, -1]), "e": np.array([0, -100]), "a": np.array([0, 1]), "t": np.array([-2, -1])})
    case("gather_negative", [node("Gather", ["x", "i"], axis=1)], {"x": f(3, 5), "i": np.array([[0, -1], [2, 4]])})
    case("gather_nd", [node("GatherND", ["x", "i"], batch_dims=1)], {"x": f(2, 3, 4), "i": np.array([[1], [-1]])})
    case("scatter_nd_add", [node("ScatterND", ["x", "i", "u"], reduction="add")],
         {"x": f(4, 2), "i": np.array([[1], [3], [1]]), "u": f(3, 2)})
    for mode in ("reflect", "edge", "wrap", "constant"):
        case("pad_" + mode, [node("Pad", ["x", "p"], mode=mode)], {"x": f(3, 4)}, initializers={"p": np.array([1, 2, 2, 1])})
    case("conv", [node("Conv", ["x", "w", "b"], pads=[1, 0, 2, 1], strides=[2, 1], group=2)],
         {"x": f(1, 4, 6, 5)}, initializers={"w": f(6, 2, 3, 3), "b": f(6)})
    case("conv_transpose", [node("ConvTranspose", ["x", "w"], strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])],
         {"x": f(1, 3, 4, 3)}, initializers={"w": f(3, 2, 3, 3)})
    case("max_pool_ceil", [node("MaxPool", ["x"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)], {"x": f(1, 2, 6, 7)})
    case("average_pool_pads", [node("AveragePool", ["x"], kernel_shape=[3, 2], pads=[1, 0, 1, 1], strides=[2, 2])], {"x": f(1, 2, 6, 7)})
    for mode in ("nearest", "linear", "cubic"):
        case("resize_" + mode, [node("Resize", ["x", "", "s"], mode=mode)], {"x": f(1, 1, 4, 5)},
             initializers={"s": np.array([1, 1, 1.5, 2], np.float32)})
    case("layer_norm", [node("LayerNormalization", ["x", "w", "b"])], {"x": f(2, 3, 8)}, initializers={"w": f(8), "b": f(8)})
    case("batch_norm", [node("BatchNormalization", ["x", "w", "b", "m", "v"])], {"x": f(2, 3, 4, 4)},
         initializers={"w": f(3), "b": f(3), "m": f(3), "v": np.abs(f(3))})
    case("gemm", [node("Gemm", ["a", "b", "c"], alpha=0.5, beta=2.0, transB=1)], {"a": f(3, 4)}, initializers={"b": f(5, 4), "c": f(5)})
    case("quantize", [node("QuantizeLinear", ["x", "s", "z"], axis=1)], {"x": 3 * f(4, 3)},
         initializers={"s": np.array([0.02, 0.1, 0.5], np.float32), "z": np.array([0, 120, 255], np.uint8)})
    case("matmul_integer", [node("MatMulInteger", ["a", "b", "p"])],
         {"a": r.integers(0, 255, (3, 40)).astype(np.uint8), "b": r.integers(-128, 127, (40, 5)).astype(np.int8)},
         initializers={"p": np.array(113, np.uint8)})
    then, other = (graph([node(op, ["x"], ["t"])], [], [value("t")]) for op in ("Neg", "Exp"))
    case("if", [node("If", ["c"], then_branch=then, else_branch=other)], {"c": np.array(False), "x": f(3)})
    body = graph([node("Mul", ["s", "s"], ["s2"]), node("Identity", ["c"], ["c2"]), node("Identity", ["s2"], ["e"])],
                 [value("i", TensorProto.INT64, []), value("c", TensorProto.BOOL, []), value("s")],
                 [value("c2", TensorProto.BOOL, []), value("s2"), value("e")])
    case("loop", [node("Loop", ["n", "t", "x"], ["y", "all"], body=body)], {"x": np.array([0.9, 1.1], np.float32)}, ("y", "all"),
         {"n": np.array(4), "t": np.array(True)})
    case("network", [node("MatMul", ["x", "w1"], ["h"]), node("Add", ["h", "b1"], ["hb"]), node("Relu", ["hb"], ["r"]), node("Gemm", ["r", "w2", "b2"])],
         {"x": f(5, 6)}, initializers={"w1": f(6, 7), "b1": f(7), "w2": f(7, 2), "b2": f(2)})


def main(out):
    define(np.random.default_rng(7))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        def write(name, data):
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)

        for name, (nodes, inputs, outputs, initializers, opset) in sorted(CASES.items()):
            made = graph(nodes, [value(k, TYPES[v.dtype], v.shape) for k, v in inputs.items()], [value(o, 0) for o in outputs], name)
            made.initializer.extend(numpy_helper.from_array(v, k) for k, v in initializers.items())
            model = helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
            results = ReferenceEvaluator(model).run(None, inputs)
            for output, result in zip(model.graph.output, results):
                output.CopyFrom(value(output.name, TYPES[np.asarray(result).dtype], np.asarray(result).shape))
            write(f"{name}/model.onnx", model.SerializeToString())
            for kind, values in (("input", inputs.values()), ("output", results)):
                for i, v in enumerate(values):
                    write(f"{name}/test_data_set_0/{kind}_{i}.pb", numpy_helper.from_array(np.asarray(v)).SerializeToString())


if __name__ == "__main__":
    main(sys.argv[1])
