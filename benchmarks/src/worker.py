"""worker.ts for contenders written in Python: opens a module for a problem, then runs and times what is requested.

It is sent the numbers of a problem instead of making them, so that they cannot differ from the others'.
"""

import base64
import ctypes
import importlib.util
import json
import math
import re
import resource
import sys
import time
from pathlib import Path


def answer(message):
    reading = message.get("reading")
    # JSON has no NaN; the harness treats null as one.
    if reading is not None and not math.isfinite(reading):
        message["reading"] = None
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def decode(sent):
    """Arrays are sent as base64 of float32."""
    if isinstance(sent, dict) and "float32" in sent:
        return bytearray(base64.b64decode(sent["float32"]))
    if isinstance(sent, dict):
        return {name: decode(value) for name, value in sent.items()}
    return [decode(value) for value in sent] if isinstance(sent, list) else sent


def load(path):
    """A contender is a module with `version` and `open(problem)`, which returns a program."""
    spec = importlib.util.spec_from_file_location("contender", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def elapsed(started):
    return (time.perf_counter() - started) * 1e3


def blas():
    """The BLAS chosen by Debian's alternatives and its kernels determine the speed, so they are part of the version."""
    paths = [line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if ".so" in line]
    for path in paths:
        if "openblas" in path:
            library = ctypes.CDLL(path)
            library.openblas_get_config.restype = ctypes.c_char_p
            return library.openblas_get_config().decode()
    for sign, name in (("libmkl", "MKL"), ("blis", "BLIS"), ("libblas", "the reference BLAS, a slow one")):
        if any(sign in path for path in paths):
            return name
    return "an unknown BLAS"


def peak_memory():
    """Peak memory of this process, in bytes."""
    status = Path("/proc/self/status")
    peak = re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.exists() else None
    return 1024 * int(peak[1]) if peak else 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def figure(path, request):
    """The figures of worker.ts under the same names."""
    problem = decode(request["problem"])
    started = time.perf_counter()
    reading = load(path).open(problem)(request["count"])
    if request["do"] == "cold-start":
        return {"figure": elapsed(started), "reading": reading}
    if request["do"] == "peak-memory":
        return {"figure": peak_memory(), "reading": reading}
    raise NotImplementedError("has no WebAssembly memory")


def main(path):
    run = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "open":
                contender = load(path)
                run = contender.open(decode(request["problem"]))
                answer({"version": f"{contender.version} on {blas()}"})
            elif request["do"] == "run":
                started = time.perf_counter()
                reading = run(request["count"])
                answer({"milliseconds": elapsed(started), "reading": reading})
            else:
                answer(figure(path, request))
        except NotImplementedError as reason:
            answer({"error": str(reason)})
        except Exception as error:
            answer({"error": f"{type(error).__name__}: {error}"})


try:
    main(*sys.argv[1:])
except KeyboardInterrupt:
    sys.exit(130)
