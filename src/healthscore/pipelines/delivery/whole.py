"""Large files that appear whole or not at all, written bit by bit; `durable.put` takes bytes that are there already."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from healthscore.pipelines import durable


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """A temporary path beside `target`, which takes its place, durably, when the block ends; nothing is left if not.

    A symbolic link at `target` is replaced, never followed.

    Raises
    ------
    WriteError
        The place cannot be written; what was there before is there still.
    """
    folder = durable.folder(target.parent)
    with durable.refusals(target):
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=durable.PARTIAL, dir=folder)
        os.close(descriptor)
        partial = Path(name)
        try:
            yield partial
            durable.sync(partial)
            partial.replace(target)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        durable.sync(folder)
