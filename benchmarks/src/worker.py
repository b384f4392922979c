"""worker.ts for contenders written in Python: opens a module for a problem, then runs and times what it is asked to.

It is sent the numbers of a problem instead of making them, so that they cannot differ from the others'.
"""

import base64
import importlib.util
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


def decode(sent):
    """Arrays come as the base64 of their float32 numbers."""
    if isinstance(sent, dict) and "float32" in sent:
        return bytearray(base64.b64decode(sent["float32"]))
    if isinstance(sent, dict):
        return {name: decode(value) for name, value in sent.items()}
    return [decode(value) for value in sent] if isinstance(sent, list) else sent


def load(path):
    """A contender is a module with `open(problem)`, which returns the function that runs it, and `version()`."""
    spec = importlib.util.spec_from_file_location("contender", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def elapsed(started):
    return (time.perf_counter() - started) * 1e3


def main(path, mode=None):
    run = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "open":
                problem = decode(request["problem"])
                started = time.perf_counter()
                contender = load(path)
                run = contender.open(problem)
                if mode == "cold":
                    reading = run(1)
                    answer({"milliseconds": elapsed(started), "reading": reading})
                else:
                    answer({"version": contender.version()})
            else:
                started = time.perf_counter()
                reading = run(request["count"])
                answer({"milliseconds": elapsed(started), "reading": reading})
        except Exception as error:
            answer({"error": f"{type(error).__name__}: {error}"})


try:
    main(*sys.argv[1:])
except KeyboardInterrupt:
    sys.exit(130)
