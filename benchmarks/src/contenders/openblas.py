"""OpenBLAS through numpy, on one thread: products only."""

import numpy

version = f"numpy {numpy.__version__}"


def open(problem):
    if problem["kind"] != "product":
        raise NotImplementedError("is a library of products, and trains nothing")
    side, stack = problem["side"], problem["stack"]
    matrices = (stack, side, side)
    a, b = (numpy.frombuffer(problem[name], dtype=numpy.float32).reshape(matrices) for name in ("a", "b"))
    if problem["layout"] == "tn":
        a = a.transpose(0, 2, 1)
    if problem["layout"] == "nt":
        b = b.transpose(0, 2, 1)
    row_weights = numpy.frombuffer(problem["rowWeights"], dtype=numpy.float32).reshape(stack, side, 1)
    column_weights = numpy.frombuffer(problem["columnWeights"], dtype=numpy.float32)
    products = numpy.empty(matrices, dtype=numpy.float32)

    def run(count):
        for _ in range(count):
            numpy.matmul(a, b, out=products)
        return float((products.astype(numpy.float64) * column_weights * row_weights).sum())

    return run
