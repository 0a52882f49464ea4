"""The compiled functions, as Python sees them: arrays in, arrays out. They let go of the interpreter while they run."""

from __future__ import annotations

import ctypes
import weakref
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.features.compiled.building import library_path

Codes = NDArray[np.int32]
_POINTER, _LONG = ctypes.c_void_p, ctypes.c_int64
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "integers_new": (_POINTER, []),
    "integers_free": (None, [_POINTER]),
    "integers_keys": (_POINTER, [_POINTER]),
    "integers_encode": (_LONG, [_POINTER, _LONG, _POINTER, _POINTER, _POINTER]),
    "pairs_encode": (_LONG, [_POINTER, _LONG, _POINTER, _POINTER, _POINTER]),
    "grid_encode": (_LONG, [_LONG, _POINTER, _POINTER, _LONG, _POINTER, _LONG, _POINTER, _POINTER, _POINTER]),
    "texts_new": (_POINTER, []),
    "texts_free": (None, [_POINTER]),
    "texts_ends": (_POINTER, [_POINTER]),
    "texts_bytes": (_POINTER, [_POINTER]),
    "texts_encode": (_LONG, [_POINTER, _LONG, _POINTER, _POINTER, _POINTER, _POINTER]),
    "select_rows": (_LONG, [_LONG, _POINTER, _POINTER, _LONG, _POINTER]),
    "count_rows": (None, [_LONG, _POINTER, _POINTER, _POINTER]),
    "count_flags": (None, [_LONG, _POINTER, _POINTER, _POINTER, _POINTER]),
    "count_bits": (None, [_LONG, _POINTER, _POINTER, _LONG, _POINTER]),
    "place_days": (
        None,
        [_LONG, _POINTER, ctypes.c_int32, ctypes.c_int32, _POINTER, _POINTER, _POINTER, _POINTER],
    ),
    "or_bits": (None, [_LONG, _POINTER, _POINTER, _POINTER, _POINTER]),
    "add_values": (ctypes.c_int32, [_LONG, _POINTER, _POINTER, _POINTER, _POINTER]),
}


@cache
def library() -> ctypes.CDLL | None:
    """The compiled library; None where it was not built, or not for this machine."""
    try:
        found = ctypes.CDLL(str(library_path()))
    except OSError:
        return None
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(found, name)
        function.restype, function.argtypes = result, arguments
    return found


def function(name: str) -> Any:
    """A function of the library, which must be there."""
    return getattr(library(), name)


def pointer(values: NDArray[Any]) -> int:
    """Address of a contiguous array."""
    return int(values.ctypes.data)


class Integers:
    """Integers of 64 bits (or pairs of codes, see pairs.py) and their codes by first appearance."""

    def __init__(self) -> None:
        self._handle = _made("integers")
        self._free = weakref.finalize(self, function("integers_free"), self._handle)
        self._unsigned = False
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def encode(self, values: pa.Array) -> Codes:
        """Codes of integers of any width, -1 of NULL."""
        self._unsigned = values.type == pa.uint64()
        wide = values.view(pa.int64()) if self._unsigned else widened(values)
        codes = np.empty(len(wide), np.int32)
        numbers, absent = integers_of(wide), absent_of(wide)
        self._size = _counted(
            function("integers_encode")(self._handle, len(codes), pointer(numbers), _or_null(absent), pointer(codes))
        )
        return codes

    def encode_pairs(self, high: Codes, low: Codes) -> Codes:
        """Codes of pairs of codes, -1 where one of the two is."""
        codes = np.empty(len(high), np.int32)
        self._size = _counted(
            function("pairs_encode")(self._handle, len(codes), pointer(high), pointer(low), pointer(codes))
        )
        return codes

    def keys(self, since: int = 0) -> pa.Array:
        """The integers, by code, from code `since` on."""
        keys = pa.array(self._numbers())[since:]
        return keys.view(pa.uint64()) if self._unsigned else keys

    def pairs(self) -> tuple[Codes, Codes]:
        """The first and the second of each pair, by code."""
        keys = self._numbers()
        return (keys >> 32).astype(np.int32), keys.astype(np.int32)  # the lower half is what the cast leaves

    def _numbers(self) -> NDArray[np.int64]:
        return np.frombuffer(_memory(function("integers_keys")(self._handle), self._size * 8), np.int64)


class Texts:
    """Texts and their codes by first appearance."""

    def __init__(self) -> None:
        self._handle = _made("texts")
        self._free = weakref.finalize(self, function("texts_free"), self._handle)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def encode(self, values: pa.Array) -> Codes:
        """Codes of texts, -1 of NULL."""
        codes, absent = np.empty(len(values), np.int32), absent_of(values)
        _, ends, data = values.buffers()
        texts = data if data is not None and data.size else pa.py_buffer(b"\0")
        begin = ends.address + 4 * values.offset
        self._size = _counted(
            function("texts_encode")(self._handle, len(codes), begin, texts.address, _or_null(absent), pointer(codes))
        )
        return codes

    def keys(self, since: int = 0) -> pa.Array:
        """The texts, by code, from code `since` on."""
        ends = np.frombuffer(_memory(function("texts_ends")(self._handle), (self._size + 1) * 8), np.int64)
        data = _memory(function("texts_bytes")(self._handle), int(ends[-1]))
        texts = pa.LargeStringArray.from_buffers(self._size, pa.py_buffer(ends), pa.py_buffer(data))
        return texts[since:].cast(pa.string())


def integers_of(values: pa.Array) -> NDArray[np.int64]:
    """The numbers of an int64 array, whatever is where it is NULL."""
    first = values.offset
    numbers: NDArray[np.int64] = np.frombuffer(values.buffers()[1], np.int64)[first : first + len(values)]
    return numbers


def widened(values: pa.Array) -> pa.Array:
    """Integers as int64; what is that already is not copied."""
    return values if values.type == pa.int64() else values.cast(pa.int64())


def absent_of(values: pa.Array) -> NDArray[np.uint8] | None:
    """A byte per row that is 1 where it is NULL; None where none is."""
    if values.null_count == 0:
        return None
    absent: NDArray[np.uint8] = pc.is_null(values).to_numpy(zero_copy_only=False).view(np.uint8)
    return absent


def _or_null(values: NDArray[np.uint8] | None) -> int | None:
    return None if values is None else pointer(values)


def _made(kind: str) -> int:
    handle = function(f"{kind}_new")()
    if handle is None:
        raise MemoryError(f"no memory for a dictionary of {kind}")
    return int(handle)


def _counted(codes: int) -> int:
    if codes < 0:
        raise MemoryError("no memory for more codes")
    return codes


def _memory(address: int, size: int) -> bytes:
    return ctypes.string_at(address, size)
