"""Speed and memory beside the best plans of others, with size, and of a whole job; docs/speed.md is written from it.

    python benchmarks/speed.py features --peers PATH --peers-python PYTHON    # against the peers; equal results first
    python benchmarks/speed.py scale --events 2000000 20000000                # how it grows with events and with dates
    python benchmarks/speed.py job                                            # features, train, backtest, score by step
    python benchmarks/speed.py page                                           # docs/speed.md from docs/speed.json

Each writes its section of `--record`. Contestants take turns, each turn in a process of its own. Without the folder of
the peers' programs (`--peers`, or HEALTHSCORE_PEERS) there are our own rows alone, on events of our own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import comparison
import job
from contestants import PLANS, Data
from speed_page import page, shown

DOCS = Path(__file__).parents[1] / "docs"
PEERS = "HEALTHSCORE_PEERS"
SIZES = {"features": [20_000_000], "scale": [2_000_000, 20_000_000], "job": [20_000_000]}


def main() -> None:
    """Measure what is asked for, print its tables, and keep the figures."""
    asked = arguments()
    if asked.what == "page":
        figures = json.loads((DOCS / "speed.json").read_text(encoding="utf-8"))
        (DOCS / "speed.md").write_text(page(figures), encoding="utf-8")
        return
    record = asked.record or asked.folder / "speed.json"
    sizes = asked.events or SIZES[asked.what]
    if asked.what == "job":
        section = job.measure(asked.folder / f"job{sizes[0]}", sizes[0])
    else:
        if asked.peers is None:
            print("no folder of peers (--peers PATH or HEALTHSCORE_PEERS): our own rows alone, on our own events")
        data = [data_of(asked, events) for events in sizes]
        measure = comparison.measure_scale if asked.what == "scale" else comparison.measure_features
        section = measure(data, asked.rounds)
    today, load = f"{datetime.now(UTC):%Y-%m-%d}", round(os.getloadavg()[2], 1)
    section |= {"measured": today, "machine": machine(), "load": load}
    keep(record, asked.what, section)
    print("\n".join(shown(asked.what, section)))


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("features", "scale", "job", "page"))
    parser.add_argument("--events", type=int, nargs="+", help="how many events, 200 for each account")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("bench-data"), help="where data and results lie")
    parser.add_argument("--peers", type=Path, default=os.environ.get(PEERS) or None)
    parser.add_argument("--only", nargs="+", choices=list(PLANS), default=list(PLANS), help="the peers' plans")
    parser.add_argument("--peers-python", type=Path, default=Path(sys.executable), help="has the peers' packages")
    parser.add_argument("--record", type=Path, help="the JSON file of figures (default: speed.json in the folder)")
    asked = parser.parse_args()
    if asked.what != "scale" and len(asked.events or [1]) > 1:
        parser.error(f"{asked.what} is measured at one number of events")
    return asked


def data_of(asked: argparse.Namespace, events: int) -> Data:
    """So many events, written once; ours and the peers' lie apart."""
    kind = "own" if asked.peers is None else "peers"
    return Data(asked.folder / f"{kind}{events}", events, asked.peers, asked.peers_python, tuple(asked.only)).make()


def machine() -> dict[str, Any]:
    """The machine in general terms."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {"cores": os.cpu_count(), "memory_gb": round(memory), "python": platform.python_version()}


def keep(record: Path, what: str, section: dict[str, Any]) -> None:
    """Put a section into the file of figures; the others stay as they are."""
    kept = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(kept | {what: section}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
