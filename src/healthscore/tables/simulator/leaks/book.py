"""What leaving does to an account's whole record: its name, its existence."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from healthscore.tables.simulator.leaks.scene import Leak, Scene

ARCHIVED = "Z"
PURGE_DAYS = 30


def _identifier(scene: Scene) -> None:
    """Accounts that left are archived under another prefix; every table is exported with the new names."""
    marked = scene.marked(scene.stream("identifier"))
    ids = scene.company.population.ids
    new = pa.array([f"{ARCHIVED}{name}" if gone else name for name, gone in zip(ids, marked.tolist(), strict=True)])
    for table in scene.tables:
        for column in ("account_id", "merged_into"):
            content = scene.tables[table]
            if column in content.column_names:
                renamed = new.take(pc.index_in(content[column], pa.array(ids)))
                scene.tables[table] = content.set_column(content.schema.get_field_index(column), column, renamed)


def _deleted_history(scene: Scene) -> None:
    """A month after the last contract ends, everything personal is deleted."""
    random = scene.stream("deleted_history")
    status = scene.company.lives.status
    purged = scene.gone() & (status[:, -PURGE_DAYS:] == 0).all(axis=1)
    if scene.honest:
        purged = random.permutation(purged)
    touched = scene.tables["touchpoints"]
    ids = pa.array([scene.company.population.ids[code] for code in np.flatnonzero(purged)], pa.string())
    scene.tables["touchpoints"] = touched.filter(pc.invert(pc.is_in(touched["account_id"], ids)))


IDENTIFIER = Leak(
    "identifier",
    "accounts that left carry another prefix",
    "as many accounts with another prefix, whatever became of them",
    "account_id",
    _identifier,
)
DELETED_HISTORY = Leak(
    "deleted_history",
    "conversations with whoever left are deleted",
    "conversations with as many accounts are deleted, whatever became of them",
    "touchpoints",
    _deleted_history,
)
