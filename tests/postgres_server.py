"""A real PostgreSQL server for tests: started by them in a temporary directory, on a Unix socket alone."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

PROGRAMS = Path("/usr/lib/postgresql")
PASSWORD = "canary-of-postgres-7719"  # noqa: S105  # of a server that lives for the length of the tests


@dataclass(frozen=True)
class Server:
    """A running server; `uri` leads to its database as a user with a password."""

    uri: str
    programs: Path
    folder: Path
    user: str

    def restart(self) -> None:
        """Stop it as a power cut would, and start it again."""
        _control(self, "-m", "immediate", "stop")
        self.start()

    def start(self) -> None:
        _control(self, "-l", str(self.folder / "log"), "-o", _options(self.folder), "start")

    def stop(self) -> None:
        _control(self, "-m", "fast", "stop")


def programs() -> Path:
    """Folder of the newest server's programs; skips the test, visibly, where there is none."""
    found = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    if named is None:
        pytest.skip("no PostgreSQL server is installed (Debian: postgresql)")
    return Path(named).parent


@contextmanager
def running() -> Iterator[Server]:
    """A server with an empty database. It refuses to run as root: then it runs as a lesser user."""
    bin_, user = programs(), _lesser_user()
    # Not pytest's own folder: a lesser user may not enter it, and the path of a socket has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, user)
        secret = folder / "password"
        secret.write_text(PASSWORD)
        shutil.chown(secret, user)
        data = str(folder / "data")
        _run(user, bin_ / "initdb", "-D", data, "-U", "health", "--auth=scram-sha-256", f"--pwfile={secret}", "-N")
        uri = f"postgresql://health:{PASSWORD}@/postgres?host={quote(str(folder), safe='')}"
        server = Server(uri, bin_, folder, user)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def query(server: Server, sql: str) -> list[tuple[Any, ...]]:
    """Run a statement; its rows, if it has any."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(server.uri) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
        connection.commit()
        return rows


def _options(folder: Path) -> str:
    return f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"


def _control(server: Server, *words: str) -> None:
    _run(server.user, server.programs / "pg_ctl", "-D", str(server.folder / "data"), "-w", "-t", "30", *words)


def _lesser_user() -> str:
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid()).pw_name
    names = [entry.pw_name for entry in pwd.getpwall()]
    return "postgres" if "postgres" in names else "nobody"


def _run(user: str, program: Path, *words: str) -> None:
    lesser = ["setpriv", f"--reuid={user}", f"--regid={_group(user)}", "--clear-groups"] if os.getuid() == 0 else []
    # Standard output of pg_ctl is inherited by the server: a pipe would never end.
    ended = subprocess.run(
        [*lesser, str(program), *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"{program.name} {' '.join(words[-1:])} ended with {ended.returncode}")


def _group(user: str) -> int:
    return pwd.getpwnam(user).pw_gid
