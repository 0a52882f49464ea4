"""Does the output still fit those who work with it? Bands, statuses, doubtful scores and the length of the list."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from healthscore.models.health import Bands
from healthscore.pipelines.auditing.material import Material, date_rows
from healthscore.pipelines.publication.history import publications_of, published
from healthscore.pipelines.runs.finding import RESULT, read_object

WORKLIST = "worklist.csv"


def needs_section(material: Material, series: str) -> dict[str, Any]:
    """Per published date how many accounts each band held, how many had no score or a doubtful one; the list now."""
    bands = Bands(material.run.bands.names, material.run.bands.edges, material.run.bands.colours)
    rows = date_rows(material)
    for row, day in zip(rows, material.days, strict=True):
        said = material.band[material.day == day]
        names = bands.names if set(said.tolist()) <= set(bands.names) else tuple(sorted(set(said.tolist())))
        row["bands"] = {name: int((said == name).sum()) for name in names}
    return {"dates": rows, "worklist": worklist_length(material, series), "capacity": material.run.report.capacity}


def worklist_length(material: Material, series: str) -> int | None:
    """Tasks on the worklist that was published with the newest scores; None where there is none."""
    name = publication_of(material.run.out, series, material.history[-1].as_of)
    path = None if name is None else material.run.out / publications_of(series) / name / WORKLIST
    if path is None or not path.is_file():
        return None
    import pandas as pd

    return len(pd.read_csv(path, dtype=str))


def publication_of(out: Path, series: str, as_of: date) -> str | None:
    """Directory of the publication that readers follow, by its name; None where it is of another date."""
    directory = published(out, series)
    if directory is None or read_object(directory / RESULT).get("as_of") != as_of.isoformat():
        return None
    return directory.name
