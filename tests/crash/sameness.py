"""C8 and C9: the same from the same, whatever the machine's settings, the order of rows, files and dates."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from crash.book import NEW, write_book
from crash.kills import Outcome
from crash.reader import differences, published, tree
from crash.serving import ENVIRONMENT
from crash.workspace import Place

ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia")
LOCALES = ("tr_TR", "de_DE")
DATES = tuple(date(2024, month, 1) for month in range(1, 13))
NEAR = 1e-12
"""How far a probability may be from another computed from the same rows in another order."""
SCRIPT = """
import sys
from healthscore.cli import main
for command in sys.argv[1].split(";"):
    try:
        main(command.split())
    except SystemExit as end:
        if end.code:
            raise
"""


@dataclass(frozen=True)
class Variation:
    """What is otherwise than usual.

    Attributes
    ----------
    shuffled, parts
        See `write_book`.
    bytes_alike
        Whether every file has to be the same byte for byte, and not only what the tables say.
    """

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    threads: int = 1
    shuffled: int | None = None
    parts: int = 1
    bytes_alike: bool = True


def variations(locales: Path | None) -> list[Variation]:
    """All that must make no difference; `locales` holds compiled locales, or is None where there are none."""
    found = [Variation("once more")]
    found += [Variation(f"hash seed {seed}", {"PYTHONHASHSEED": str(seed)}) for seed in (0, 1, 4711)]
    found += [Variation(f"time zone {zone}", {"TZ": zone}) for zone in ZONES]
    if locales is not None:
        for name in LOCALES:
            found.append(Variation(f"locale {name}", {"LOCPATH": str(locales), "LC_ALL": f"{name}.UTF-8"}))
    found += [Variation(f"{n} threads", {"OMP_NUM_THREADS": str(n)}, n, bytes_alike=False) for n in (2, 8)]
    found += [Variation(f"rows in order {n}", shuffled=n, bytes_alike=False) for n in (1, 2)]
    return [*found, Variation("three files for one", shuffled=3, parts=3, bytes_alike=False)]


def compiled_locales(folder: Path) -> Path | None:
    """The locales, made by `localedef` into a folder; None where they cannot be made."""
    if shutil.which("localedef") is None:
        return None
    folder.mkdir()
    for name in LOCALES:
        made = subprocess.run(
            ["localedef", "-i", name, "-f", "UTF-8", str(folder / f"{name}.UTF-8")], check=False, capture_output=True
        )
        if made.returncode > 1:  # 1: done, with warnings
            return None
    return folder


def varied(folder: Path) -> Iterator[Outcome]:
    """Train and score in a process of its own under every variation, and compare with the plain one."""
    plain = _made(folder, Variation("plain"))
    for number, variation in enumerate(variations(compiled_locales(folder / "locales"))):
        found = _made(folder, variation)
        wrong = differences(tree(found), tree(plain)) if variation.bytes_alike else []
        yield Outcome(number, variation.name, wrong + _tables_differ(found, plain))
        shutil.rmtree(found.parent)


def in_any_order(place: Place, orders: int, seed: int) -> Iterator[Outcome]:
    """Score twelve dates one after the other, then in other orders: every pointer shows the same bytes."""
    drawn, wanted = random.Random(seed), dict[str, str | None]()
    trained = place.trained()
    for number in range(orders + 1):
        order = list(DATES) if number == 0 else drawn.sample(DATES, len(DATES))
        place.reset(trained)
        for as_of in order:
            place.well(f"score {{run}} --as-of {as_of} --backfill")
        found = published(place.out)
        wanted = wanted or found
        wrong = [f"{name} shows something else" for name in wanted if found.get(name) != wanted[name]]
        if number:
            yield Outcome(number, " ".join(f"{as_of:%m}" for as_of in order), wrong)


def _made(folder: Path, variation: Variation) -> Path:
    """Train and score; the company always lies at the same place, so that what is written of it may be the same."""
    company, out = folder / "company", folder / "out"
    shutil.rmtree(company, ignore_errors=True)
    path = write_book(company, shuffled=variation.shuffled, parts=variation.parts)
    path.write_text(f"threads = {variation.threads}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    words = f"--out {out}"
    commands = f"train {path} {words};score {path} --as-of {NEW} {words}"
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, commands],
        env=environment | dict(variation.environment),
        check=True,
        capture_output=True,
    )
    kept = folder / variation.name.replace("/", " ") / "out"
    kept.parent.mkdir()
    out.rename(kept)
    return kept


def _tables_differ(found: Path, wanted: Path) -> list[str]:
    wrong = []
    for name, within in (("features.parquet", 0.0), ("scores.parquet", NEAR)):
        one, other = _sorted(found, name), _sorted(wanted, name)
        try:
            pd.testing.assert_frame_equal(one, other, check_exact=within == 0.0, rtol=0.0, atol=within)
        except AssertionError as error:
            wrong.append(f"{name}: {' '.join(str(error).split())[:200]}")
    return wrong


def _sorted(out: Path, name: str) -> pd.DataFrame:
    """A table of the current scores by account, but for the name of the model, which follows from the files' bytes."""
    pointer = out / "score" / "CURRENT"
    table = pd.read_parquet(pointer.parent / pointer.read_text(encoding="utf-8").strip() / name)
    return table.drop(columns="model", errors="ignore").sort_values("account_id", ignore_index=True)
