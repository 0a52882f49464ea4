"""The compiled library: where it lies, and how it is made of the C files beside it.

It is optional: without a compiler at installation there is none, and runs compute the same numbers with SQL. Only the
standard library is used here, because the build hook (hatch_build.py) runs this file before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess  # compiles our own files, at installation
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
SOURCES = ("dictionaries.c", "aggregates.c")
HEADERS = ("export.h",)
FLAGS = ("-std=c99", "-O3", "-fPIC", "-shared", "-fvisibility=hidden")


def library_path() -> Path:
    """Where the library of these very sources lies, if it was built: its name tells them, so none is ever stale."""
    digest = hashlib.sha256()
    for name in (*SOURCES, *HEADERS):
        digest.update((FOLDER / name).read_bytes())
    return FOLDER / f"_kernel-{digest.hexdigest()[:16]}.so"


def build(compiler: str | None = None) -> Path | None:
    """Compile the library beside its sources; None where there is no compiler, or it does not manage.

    Parameters
    ----------
    compiler
        Command of a C compiler that knows the options of GCC; `CC` of the environment, else `cc`, when None.
    """
    command = shutil.which(compiler or os.environ.get("CC") or "cc")
    if command is None or sys.platform == "win32":
        return None
    target = library_path()
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        made = Path(folder) / target.name
        arguments = [command, *FLAGS, "-o", str(made), *(str(FOLDER / name) for name in SOURCES)]
        done = subprocess.run(arguments, capture_output=True, check=False)  # noqa: S603  (no shell, our own files)
        if done.returncode != 0:
            return None
        for stale in FOLDER.glob("_kernel-*.so"):
            if stale != target:
                stale.unlink()
        made.replace(target)  # whole or not at all: another process may be loading it
    return target
