"""A saved model where the features are: it travels as its files, texts all of them, and is loaded there as here."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from healthscore.models.bundle import Bundle

Files = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class ShippedModel:
    """Gives every row's log-odds by component, in whatever process: what a score is made of, and costs most.

    Attributes
    ----------
    files
        Of the bundle: name and content.
    names
        The columns of the features that it will be given, in their order.
    """

    files: Files
    names: tuple[str, ...]

    @classmethod
    def of(cls, directory: Path, names: tuple[str, ...]) -> ShippedModel:
        """The bundle that lies in a directory."""
        files = ((path.name, path.read_bytes()) for path in sorted(directory.iterdir()) if path.is_file())
        return cls(tuple(files), names)

    def __call__(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """`ChurnModel.component_logit` of the rows, shape (n, components)."""
        return np.asarray(_loaded(self.files).model.component_logit(X, self.names), np.float64)


@lru_cache(maxsize=1)
def _loaded(files: Files) -> Bundle:
    """The bundle, once for a process: verified, as any that is read."""
    from healthscore.models.bundle import load

    with tempfile.TemporaryDirectory(prefix="healthscore-") as folder:
        for name, content in files:
            (Path(folder) / name).write_bytes(content)
        return load(folder, threads=1)  # a cluster has a process per core
