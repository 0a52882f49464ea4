"""What a power loss may leave of a log of operations: files without the bytes, and folders without the entries, that
nobody waited for.

The model, stricter than any file system in use:

- The bytes of a file that were written or cut since its last fsync may be there, be missing, be zeros of the right
  length, or end in the middle; each file for itself.
- An entry of a folder (a file or folder made, renamed or removed) that was changed since the folder's last fsync may
  be there or not, each for itself and in any order, as far as the entry that it begins from is there. Waiting for a
  file does not make its entry durable.
- What was waited for stays. A rename is done or not; it is never half done.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

OPEN, WRITE, SYNC, RENAME, UNLINK, MKDIR, RMDIR, TRUNCATE, LINK = range(9)
_ENTRY = struct.Struct("<iiqqii")
LOST, ZEROS, TORN, KEPT = "lost", "zeros", "torn", "kept"
"""What may become of bytes that nobody waited for."""


@dataclass(frozen=True)
class Operation:
    """One operation of the log: what it did to which file, with the data that it wrote."""

    kind: int
    path: PurePosixPath
    other: PurePosixPath
    offset: int
    data: bytes


def read_log(path: Path) -> list[Operation]:
    """The operations in the order in which they happened."""
    text, at, found = path.read_bytes(), 0, []
    while at < len(text):
        kind, _, offset, size, length, length_other = _ENTRY.unpack_from(text, at)
        at += _ENTRY.size
        first, second = text[at : at + length], text[at + length : at + length + length_other]
        at += length + length_other
        size = size if kind == WRITE else 0
        one, other = PurePosixPath(first.decode()), PurePosixPath(second.decode())
        found.append(Operation(kind, one, other, offset, text[at : at + size]))
        at += size
    return found


@dataclass(eq=False)
class Node:
    """A file or folder.

    Attributes
    ----------
    durable
        Bytes of a file at its last fsync.
    waiting
        Since then, in order: data written at an offset, or None where the file was cut to the offset.
    """

    folder: bool
    durable: bytes = b""
    waiting: list[tuple[int, bytes | None]] = field(default_factory=list)

    def content(self, fate: str) -> bytes:
        """Its bytes, where what was not waited for met this fate."""
        if fate == LOST:
            return self.durable
        kept = self.waiting
        if fate == TORN and kept:
            offset, data = kept[len(kept) // 2]
            kept = [*kept[: len(kept) // 2], (offset, None if data is None else data[: len(data) // 2])]
        made = bytearray(self.durable)
        for offset, data in kept:
            if data is None:
                made = made[:offset].ljust(offset, b"\0")
            else:
                made = made.ljust(offset, b"\0")
                made[offset : offset + len(data)] = bytes(len(data)) if fate == ZEROS else data
        return bytes(made)


@dataclass(eq=False)
class Change:
    """A change of a folder's entries: `node` appears as `target` (folder, name), or is gone from `source`, or both."""

    node: Node
    source: tuple[Node, str] | None
    target: tuple[Node, str] | None
    durable: bool = False

    @property
    def place(self) -> Node:
        """The folder that has to be waited for."""
        return (self.target or self.source or (self.node, ""))[0]


Entries = dict[Node, dict[str, Node]]
State = dict[str, bytes | None]
"""Path -> bytes of the file, or None for a folder."""


class Disk:
    """A folder as it is, and as a power loss may leave it."""

    def __init__(self, root: Path) -> None:
        self._path, self.root = PurePosixPath(root), Node(folder=True)
        self.changes: list[Change] = []
        self._first: Entries = {self.root: {}}
        for path in sorted(root.rglob("*")):
            node = Node(path.is_dir()) if path.is_dir() else Node(False, path.read_bytes())
            parent, name = self._find(PurePosixPath(path).parent, self._first), path.name
            assert parent is not None
            self._first[parent][name] = node
            self._first.setdefault(node, {})
        self._now = {node: dict(names) for node, names in self._first.items()}

    def do(self, operation: Operation) -> None:
        """One more operation happened."""
        path, node = operation.path, self._find(operation.path, self._now)
        if operation.kind in (OPEN, MKDIR):
            self._change(Change(Node(operation.kind == MKDIR), None, self._at(path)))
        elif node is None:  # of a file that has no name any more
            return
        elif operation.kind == WRITE:
            node.waiting.append((operation.offset, operation.data))
        elif operation.kind == TRUNCATE:
            node.waiting.append((operation.offset, None))
        elif operation.kind == SYNC:
            node.durable, node.waiting = node.content(KEPT), []
            for change in self.changes:
                change.durable |= node.folder and change.place is node
        elif operation.kind in (UNLINK, RMDIR):
            self._change(Change(node, self._at(path), None))
        elif operation.kind == RENAME:
            self._change(Change(node, self._at(path), self._at(operation.other)))
        elif operation.kind == LINK:
            self._change(Change(node, None, self._at(operation.other)))

    def open_changes(self) -> list[Change]:
        """Changes of entries that nobody has waited for."""
        return [change for change in self.changes if not change.durable]

    def open_files(self) -> list[Node]:
        """Files with bytes that nobody has waited for."""
        return [node for node in self._now if node.waiting]

    def left(self, kept: Set[Change], fates: dict[Node, str]) -> State:
        """What is there afterwards, if of the open changes just `kept` reached the disk; bytes are lost by default."""
        entries = {node: dict(names) for node, names in self._first.items()}
        for change in self.changes:
            if change.durable or change in kept:
                _apply(change, entries)
        return dict(_walk(self.root, "", entries, fates))

    def _change(self, change: Change) -> None:
        self.changes.append(change)
        _apply(change, self._now)

    def _at(self, path: PurePosixPath) -> tuple[Node, str]:
        parent = self._find(path.parent, self._now)
        assert parent is not None, path
        return parent, path.name

    def _find(self, path: PurePosixPath, entries: Entries) -> Node | None:
        node: Node | None = self.root
        for name in path.relative_to(self._path).parts:
            node = None if node is None else entries[node].get(name)
        return node


def _apply(change: Change, entries: Entries) -> None:
    if change.source is not None:
        folder, name = change.source
        if entries.get(folder, {}).get(name) is not change.node:
            return  # what it begins from never reached the disk
        del entries[folder][name]
    if change.target is not None:
        folder, name = change.target
        entries.setdefault(folder, {})[name] = change.node
        entries.setdefault(change.node, {})


def _walk(folder: Node, prefix: str, entries: Entries, fates: dict[Node, str]) -> Iterator[tuple[str, bytes | None]]:
    for name, node in sorted(entries.get(folder, {}).items()):
        if node.folder:
            yield prefix + name, None
            yield from _walk(node, f"{prefix}{name}/", entries, fates)
        else:
            yield prefix + name, node.content(fates.get(node, LOST))


def write_state(state: State, root: Path) -> None:
    """Put a state on the disk, into an empty folder."""
    for name, data in state.items():
        path = root / name
        if data is None:
            path.mkdir()
        else:
            path.write_bytes(data)
