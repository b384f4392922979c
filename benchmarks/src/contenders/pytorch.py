"""PyTorch as a contender: a child process that answers JSON lines as worker.ts does, on one thread.

It is sent weights and data instead of making them, so that they cannot differ from the others'.
With --cold it takes one opening message, and answers with the time from before the import to the first step.
"""

import base64
import json
import math
import sys
import time


def answer(message):
    reading = message.get("reading")
    # JSON knows no NaN; the harness takes null for one.
    if reading is not None and not math.isfinite(reading):
        message["reading"] = None
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def tensor(torch, sent):
    values = torch.frombuffer(bytearray(base64.b64decode(sent["values"])), dtype=torch.float32)
    return values.reshape(sent["shape"])


def open_training(torch, sent):
    functional = torch.nn.functional
    weights = {name: tensor(torch, value) for name, value in sent["weights"].items()}
    data, targets = tensor(torch, sent["data"]), tensor(torch, sent["targets"])
    inputs, hidden = weights["hiddenWeights"].shape
    outputs = weights["outputBias"].shape[0]
    activation = torch.nn.Sigmoid() if sent["activation"] == "sigmoid" else torch.nn.ReLU()
    model = torch.nn.Sequential(torch.nn.Linear(inputs, hidden), activation, torch.nn.Linear(hidden, outputs))
    with torch.no_grad():
        for layer, name in ((model[0], "hidden"), (model[2], "output")):
            layer.weight.copy_(weights[name + "Weights"].t())
            layer.bias.copy_(weights[name + "Bias"])
    if outputs == 1:
        criterion = functional.binary_cross_entropy_with_logits
    else:
        criterion = functional.cross_entropy
        targets = targets.argmax(1)
    size = sent["batch"]
    batches = [(data[at : at + size], targets[at : at + size]) for at in range(0, len(data), size)]
    optimizer = torch.optim.SGD(model.parameters(), lr=sent["learningRate"])
    position = 0

    def run(count):
        nonlocal position
        for _ in range(count):
            x, y = batches[position]
            position = (position + 1) % len(batches)
            optimizer.zero_grad(set_to_none=True)
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        return loss.item()

    return run


def open_product(torch, sent):
    a, b, weights = (tensor(torch, sent[name]) for name in ("a", "b", "checksumWeights"))
    if sent["kind"] == "tn":
        a = a.t()
    if sent["kind"] == "nt":
        b = b.t()
    product = torch.empty(a.shape[0], b.shape[1])

    def run(count):
        for _ in range(count):
            torch.mm(a, b, out=product)
        return (product.double().flatten() * weights.double()).sum().item()

    return run


def blas_name():
    """Which BLAS Debian's alternatives chose decides PyTorch's speed, so it belongs to its version."""
    try:
        with open("/proc/self/maps") as maps:
            mapped = maps.read().lower()
    except OSError:
        return "an unknown BLAS"
    for sign, name in (
        ("openblas", "OpenBLAS"),
        ("libmkl", "MKL"),
        ("blis", "BLIS"),
        ("atlas", "ATLAS"),
        ("libblas", "the reference BLAS, which is several times slower than OpenBLAS"),
    ):
        if sign in mapped:
            return name
    return "an unknown BLAS"


def load():
    import torch

    torch.set_num_threads(1)
    return torch


def open_case(torch, sent):
    return (open_product if "kind" in sent else open_training)(torch, sent)


def main():
    if "--cold" in sys.argv:
        sent = json.loads(sys.stdin.readline())["problem"]
        started = time.perf_counter()
        reading = open_case(load(), sent)(1)
        answer({"milliseconds": (time.perf_counter() - started) * 1e3, "reading": reading})
        return
    run = torch = None
    for line in sys.stdin:
        message = json.loads(line)
        try:
            if message["do"] == "open":
                torch = torch or load()
                torch.mm(torch.ones(8, 8), torch.ones(8, 8))
                run = open_case(torch, message["problem"])
                answer({"version": f"torch {torch.__version__} on {blas_name()}"})
            else:
                started = time.perf_counter()
                reading = run(message["count"])
                answer({"milliseconds": (time.perf_counter() - started) * 1e3, "reading": reading})
        except Exception as error:
            answer({"error": f"{type(error).__name__}: {error}"})


try:
    main()
except KeyboardInterrupt:
    sys.exit(130)
