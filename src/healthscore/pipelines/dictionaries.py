"""Dictionaries of the shipped runs, kept beside the text that asks for their features: `features/dictionary/<run>.md`.

A dictionary follows from the run and from the columns that its tables have, not from their rows. So the runs of
simulated worlds are described on a small one, and the runs over public data where these are present.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from healthscore.config import Run, library, load_run, shipped_runs
from healthscore.features.dictionary import markdown
from healthscore.features.ready import plan_panel
from healthscore.pipelines.build import account_ids, as_ofs_of
from healthscore.pipelines.simulate import simulate
from healthscore.tables import open_tables
from healthscore.tables.simulator import WORLDS

ACCOUNTS = 40
"""Customers of the world that a dictionary is written on."""
HEAD = "<!-- Written by `make dictionaries`; do not edit. -->\n"


def dictionary(run: Run) -> str:
    """What every feature of a run means, as Markdown."""
    with open_tables(run) as tables:
        plan = plan_panel(run, tables, account_ids(run, tables), as_ofs_of(run, tables)[:1])
    return markdown(plan.features, run.title or run.name)


def shipped_dictionary(name: str, data: Path | None = None) -> str:
    """The dictionary of a shipped run, as its file holds it.

    `data` is the root of the public data, for the runs over them.
    """
    if name not in WORLDS:
        return HEAD + dictionary(load_run(name, data=data))
    with TemporaryDirectory() as folder:
        made = simulate(name, ACCOUNTS, 1, folder)
        # Its own tables, also where HEALTHSCORE_DATA names those of the public data.
        return HEAD + dictionary(load_run(made.directory / "healthscore.toml", data=made.directory / "data"))


def shipped_path(name: str) -> Path:
    """Where the dictionary of a shipped run lies."""
    return library() / "features" / "dictionary" / f"{name}.md"


def write_shipped(data: Path | None) -> list[str]:
    """Write the dictionary of every shipped run; without public data, of those that need none. Returns their names."""
    names = [name for name in shipped_runs() if name in WORLDS or data is not None]
    for name in names:
        shipped_path(name).parent.mkdir(exist_ok=True)
        shipped_path(name).write_text(shipped_dictionary(name, data), encoding="utf-8")
    return names


if __name__ == "__main__":
    write_shipped(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
