"""Ways to spoil a file of a bundle: bytes, lines, numbers, trees, JSON values. Each takes the file and a generator."""

from __future__ import annotations

import json
import random
import re
from typing import Any, Protocol


class Mutation(Protocol):
    """Spoils the bytes of a file."""

    __name__: str

    def __call__(self, data: bytes, rng: random.Random, /) -> bytes: ...


HUGE = (b"99999999", b"1e308", b"-1", b"9" * 12, b"nan", b"inf", b"1e999", b"-0", b"2147483648", b"0x10", b"\xc2\xb2")
"""Written in place of a number. The last is a superscript two, which some readers of numbers take."""
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, 0.5, -0.0, 1e308, 5e-324, float("nan"), float("inf")),
    *("", "x", "\u0000", "../../x", "trees", "a" * 100_000, [], {}, [[]], {"kind": "trees"}, list(range(100_000))),
)


def flipped_bit(data: bytes, rng: random.Random) -> bytes:
    """One bit of one byte."""
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def flipped_bits(data: bytes, rng: random.Random) -> bytes:
    """Up to twenty bits anywhere."""
    for _ in range(rng.randrange(2, 21)):
        data = flipped_bit(data, rng)
    return data


def cut_off(data: bytes, rng: random.Random) -> bytes:
    """The beginning alone."""
    return data[: rng.randrange(len(data))]


def cut_out(data: bytes, rng: random.Random) -> bytes:
    """A piece from the middle is gone."""
    start, stop = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + data[min(stop, start + 2000) :]


def inserted(data: bytes, rng: random.Random) -> bytes:
    """Bytes that do not belong there."""
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.randrange(1, 40)) + data[at:]


def repeated(data: bytes, rng: random.Random) -> bytes:
    """The file twice, or a piece of it."""
    at = rng.choice([0, rng.randrange(len(data))])
    return data + data[at:]


def _spot(data: bytes, pattern: bytes, rng: random.Random) -> re.Match[bytes] | None:
    found = list(re.finditer(pattern, data))
    return rng.choice(found) if found else None


def edited_digit(data: bytes, rng: random.Random) -> bytes:
    """One digit is another."""
    spot = _spot(data, rb"[0-9]", rng)
    if spot is None:
        return flipped_bit(data, rng)
    digit = str((int(spot[0]) + rng.randrange(1, 10)) % 10).encode()
    return data[: spot.start()] + digit + data[spot.end() :]


def edited_number(data: bytes, rng: random.Random) -> bytes:
    """A number is huge, negative, or none."""
    spot = _spot(data, rb"-?[0-9][0-9.e+-]*", rng)
    return flipped_bit(data, rng) if spot is None else data[: spot.start()] + rng.choice(HUGE) + data[spot.end() :]


def edited_lines(data: bytes, rng: random.Random) -> bytes:
    """A line is left out, there twice, or in another's place."""
    lines = data.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(3)
    if kind == 0:
        del lines[one]
    elif kind == 1:
        lines.insert(other, lines[one])
    else:
        lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def huge_array(data: bytes, rng: random.Random) -> bytes:
    """A line's last value is there a hundred thousand times, or what it counts is enormous."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    values = lines[at].split(b" ")
    lines[at] = b" ".join(values + values[-1:] * 100_000)
    return b"\n".join(lines)


def resized_tree(data: bytes, rng: random.Random) -> bytes:
    """Something of a tree is another, and `tree_sizes` agrees: what only the tree's own checks can see."""
    head, separator, rest = data.partition(b"\n\nTree=")
    if not separator:
        return edited_number(data, rng)
    body, end = (separator[2:] + rest).rsplit(b"end of trees", 1) if b"end of trees" in rest else (rest, b"")
    changed = rng.choice((edited_number, edited_digit, edited_child, edited_lines, lengthened))(body, rng)
    sizes = b" ".join(str(len(chunk)).encode() for chunk in re.split(rb"(?=Tree=)", changed)[1:])
    head = re.sub(rb"tree_sizes=.*", b"tree_sizes=" + sizes, head)
    return head + b"\n\n" + changed + b"end of trees" + end


def edited_child(data: bytes, rng: random.Random) -> bytes:
    """A child, a feature or a count of a tree is another small number: cycles, orphans, indices out of range."""
    line = _spot(data, rb"(?:left_child|right_child|split_feature|num_leaves|leaf_count|decision_type)=([^\n]*)", rng)
    if line is None:
        return edited_digit(data, rng)
    values = line[1].split(b" ")
    values[rng.randrange(len(values))] = str(rng.choice([-9, -3, -2, -1, 0, 1, 2, 3, 7, 8, 255, 2**31 - 1])).encode()
    return data[: line.start(1)] + b" ".join(values) + data[line.end(1) :]


def lengthened(data: bytes, rng: random.Random) -> bytes:
    """A line of a tree has a value more, or one fewer."""
    line = _spot(data, rb"=([^\n]*)", rng)
    if line is None:
        return edited_digit(data, rng)
    values = line[1].split(b" ")
    values = values[:-1] if rng.random() < 0.5 else [*values, rng.choice(values)]
    return data[: line.start(1)] + b" ".join(values) + data[line.end(1) :]


def edited_json(data: bytes, rng: random.Random) -> bytes:
    """A value of the document is another, is gone, has another name, or is there twice."""
    document = json.loads(data)
    holder: Any = document
    key: Any = rng.choice(list(document))
    while isinstance(holder[key], (dict, list)) and holder[key] and rng.random() < 0.9:
        holder = holder[key]
        key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
    kind = rng.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(key, holder[key])
    elif kind == 1:
        holder[f"{key} "] = holder.pop(key)
    elif kind == 2 and isinstance(holder, list) and len(holder) > 1:
        other = rng.randrange(len(holder))
        holder[key], holder[other] = holder[other], holder[key]
    elif kind == 3 and isinstance(holder[key], (int, float)) and not isinstance(holder[key], bool):
        holder[key] = holder[key] * rng.choice([-1, 0, 2, 1e300, 1e-300]) + rng.choice([0, 1, -1, 1e9])
    else:
        holder[key] = rng.choice(VALUES)
    return json.dumps(document).encode()


def nested_json(data: bytes, rng: random.Random) -> bytes:
    """A value is nested deeper than a reader can follow."""
    spot = _spot(data, rb": ", rng)
    at = spot.end() if spot else 0
    deep = rng.choice([50, 5_000, 200_000])
    return data[:at] + b"[" * deep + (b"]" * deep if rng.random() < 0.5 else b"") + data[at:]


BYTES: tuple[Mutation, ...] = (flipped_bit, flipped_bits, cut_off, cut_out, inserted, repeated, edited_digit)
TREES: tuple[Mutation, ...] = (*BYTES, edited_number, edited_lines, huge_array, *(resized_tree,) * 8)
JSON: tuple[Mutation, ...] = (*BYTES, edited_number, edited_lines, nested_json, *(edited_json,) * 8)
