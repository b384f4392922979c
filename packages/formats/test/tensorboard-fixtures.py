"""Makes the fixtures of the TensorBoard formats with TensorBoard itself: python3 tensorboard-fixtures.py, beside this file.

Written with TensorBoard 2.21.0, protobuf 7.36.2 and NumPy 2.4.6.
"""

from pathlib import Path

import numpy as np
from google.protobuf import text_format
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
from tensorboard.summary.writer.record_writer import RecordWriter

fixtures = Path(__file__).parent / "fixtures"

graph = GraphDef()


def node(name, op, inputs, shape, **attributes):
    node = graph.node.add(name=name, op=op, input=inputs)
    dimensions = node.attr["_output_shapes"].list.shape.add()
    for size in shape:
        dimensions.dim.add(size=size)
    for key, (field, value) in attributes.items():
        if isinstance(value, list):
            getattr(node.attr[key].list, field).extend(value)
        else:
            setattr(node.attr[key], field, value)


node("x_0", "Placeholder", [], [4, 2])
node("layer1/weights", "VariableV2", [], [2, 3])
node("layer1/matmul", "MatMul", ["x_0", "layer1/weights"], [4, 3], transposeA=("b", False), transposeB=("b", False))
node('größe "b\\"\n', "VariableV2", [], [3])
node("layer1/add", "Add", ["layer1/matmul", 'größe "b\\"\n'], [4, 3])
node("layer1/gelu", "Gelu", ["layer1/add"], [4, 3], approximate=("s", b"tanh"))
node("leakyRelu", "LeakyRelu", ["layer1/gelu"], [4, 3], negativeSlope=("f", 0.25))
node("pad", "Pad", ["leakyRelu"], [5, 5], mode=("s", b"constant"), paddings=("i", [0, 1, 2, 0]), value=("i", -1))
node("y_2", "VariableV2", [], [5, 5])
node("constant", "Const", [], [], value=("f", 0.5))
node("mul", "Mul", ["y_2", "constant"], [5, 5])
node("mul_2", "Mul", ["pad", "mul"], [5, 5])
node("mean", "Mean", ["mul_2"], [], axes=("i", [0, 1]), keepDims=("b", False))
node("y", "Identity", ["leakyRelu"], [4, 3])
node("cost", "Identity", ["mean"], [])


def histogram(tag, values):
    values = np.array(values, np.float64)
    least, most = values.min(), values.max()
    counts, edges = np.histogram(values, bins=30) if least < most else ([len(values)], [least, most])
    return Summary.Value(
        tag=tag,
        histo=HistogramProto(
            min=least,
            max=most,
            num=len(values),
            sum=values.sum(),
            sum_squares=(values**2).sum(),
            bucket_limit=edges[1:],
            bucket=counts,
        ),
    )


scalars = {
    "loss": 0.1,
    "metrics/absolute, mean": np.nan,
    "metrics/f1": 0.75,
    "validation/loss": 1e-7,
    "validation/accuracy": 1,
}
events = [
    Event(wall_time=1700000000.25, file_version="brain.Event:2"),
    Event(wall_time=1700000001, graph_def=graph.SerializeToString(deterministic=True)),
    Event(
        wall_time=1700000002.5,
        step=2**40,
        summary=Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]),
    ),
    Event(
        wall_time=1700000003,
        step=300,
        summary=Summary(
            value=[
                # Multiples of 1/16, of which sums are exact, and none but the ends at the edge of a bucket.
                histogram("layer1/weights", [(index * 37 % 98) / 16 - 2 for index in range(300)]),
                histogram("layer1/bias", [0.5] * 3),
                histogram("half lost", [-1, 2]),
            ]
        ),
    ),
]

with open(fixtures / "run.tfevents", "wb") as file:
    writer = RecordWriter(file)
    for event in events:
        writer.write(event.SerializeToString())
(fixtures / "graph.pbtxt").write_text(text_format.MessageToString(graph, as_utf8=True))
