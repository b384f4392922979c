"""Makes the fixtures of the tests with NumPy and the safetensors library: python3 fixtures.py, beside this file.

Written with NumPy 1.24.2 and safetensors 0.8.0.
"""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

here = Path(__file__).parent / "fixtures"
here.mkdir(exist_ok=True)

numbers = np.array([[0.0, -0.0, 1.5], [-2.25, np.inf, 1e-45]], np.float32)
weights = {
    "layer2/bias": np.array([0.1, 1e-310], np.float64),
    "layer1/weights": numbers,
    "größe \"a\"\n": np.array(7, np.float32),
    "empty": np.zeros((0, 3), np.float32),
}
save_file(weights, here / "weights.safetensors")
save_file(
    {
        "f16": np.array([0, 1, -2.5, 65504, 6e-8, 2**-14, np.inf, -np.inf, np.nan], np.float16),
        "i64": np.array([[-(2**53) + 1, 2**53 - 1]], np.int64),
        "i32": np.array([-(2**31), 2**31 - 1], np.int32),
        "i16": np.array([-(2**15), 2**15 - 1], np.int16),
        "i8": np.array([-128, 127], np.int8),
        "u64": np.array([0, 2**53 - 1], np.uint64),
        "u32": np.array([0, 2**32 - 1], np.uint32),
        "u16": np.array([0, 2**16 - 1], np.uint16),
        "u8": np.array([0, 255], np.uint8),
        "bool": np.array([True, False]),
    },
    here / "types.safetensors",
    metadata={"format": "np", "note": "braces } and \"quotes\""},
)

counts = np.arange(24).reshape(2, 3, 4)
arrays = {
    "f4": numbers,
    "f8-scalar": np.array(0.1),
    "f4-empty": np.zeros((3, 0), np.float32),
    "f8-vector": np.array([0.1, -1e300, np.nan]),
    "f4-big-endian": numbers.astype(">f4"),
    "f8-fortran": np.asfortranarray(counts.astype(np.float64)),
    "i8-fortran-big-endian": np.asfortranarray(counts - 12).astype(">i8"),
    "f2": np.array([[1.5], [-0.25]], np.float16),
    "i1": np.array([-128, 127], np.int8),
    "u2-big-endian": np.array([0, 258, 2**16 - 1], ">u2"),
    "i4": np.array([-(2**31)], np.int32),
    "u8": np.array([2**53 - 1], np.uint64),
    "u8-too-large": np.array([1, 2**53], np.uint64),
    "b1": np.array([[True, False]]),
    "c8": np.array([1j], np.complex64),
    "O": np.array([None]),
    "U1": np.array(["a"]),
    "records": np.array([(1, 2.0)], [("a", "<i4"), ("b", "<f4")]),
}
for name, array in arrays.items():
    np.save(here / f"{name}.npy", array, allow_pickle=True)
with open(here / "version-2.npy", "wb") as file:
    np.lib.format.write_array(file, numbers, version=(2, 0))

named = {"layer1/weights": numbers, "größe": np.array([0.1, 1e-310]), "empty": np.zeros((0, 3), np.float32)}
np.savez(here / "stored.npz", **named)
np.savez_compressed(here / "deflated.npz", **named)
