"""What no job can do without: reading the columns of the events once, and writing the features once.

    python benchmarks/limits.py read EVENTS_FOLDER COLUMN...
    python benchmarks/limits.py write FEATURES.parquet

Prints seconds, CPU seconds and the peak of memory as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq


def main() -> None:
    """Read or write, and say what that took."""
    what, path, *columns = sys.argv[1:]
    table = None if what == "read" else pq.read_table(path)
    begin, used = time.perf_counter(), time.process_time()
    if table is None:
        for file in sorted(Path(path).glob("*.parquet")):
            pq.read_table(file, columns=columns, read_dictionary=["name"])
    else:
        with tempfile.TemporaryDirectory(dir=Path(path).parent) as folder:
            pq.write_table(table, Path(folder) / "features.parquet", compression="zstd")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    taken = (time.perf_counter() - begin, time.process_time() - used, peak)
    print(json.dumps(dict(zip(("wall_s", "cpu_s", "memory_gb"), taken, strict=True))))


if __name__ == "__main__":
    main()
