"""Forgetting an account: out of everything that was written for a run, never to come back, and proven by a search.

Order matters, for a job may be killed at any point: first the list, so that no score brings the account back; then, in
each directory, the manifest as it will be, then the files, each in one step. Doing it again finishes what was begun.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from healthscore.config import Run, load_run
from healthscore.errors import ConfigurationError
from healthscore.pipelines import durable
from healthscore.pipelines.bookreport.packing import PAGE, REPORT, holds
from healthscore.pipelines.privacy.mentions import Account, without
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import MANIFEST, POINTER, RECORD, entries_of, json_bytes, pointed
from healthscore.pipelines.runs.finding import files_in, read_object
from healthscore.pipelines.tracking.address import LOCAL, redacted, store
from healthscore.pipelines.working import forgetting
from healthscore.tables.forgotten import LIST, Forgotten, forgotten_in, tidied

SALT_BYTES = 16


@dataclass(frozen=True)
class Forgetting:
    """What was done; `result` is the JSON object of the command."""

    result: dict[str, Any]

    @property
    def proven(self) -> bool:
        """Whether a search of every file found the account nowhere."""
        return not self.result["left"]


def forget(
    account: str,
    run: Run | str | Path | None = None,
    *,
    data: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> Forgetting:
    """Remove an account from everything below a run's results and from local MLflow artifacts, and prove it.

    Afterwards every file is read again and searched. Doing it twice changes nothing more.

    Parameters
    ----------
    account
        Its id, as in `account_id`.

    Raises
    ------
    ConfigurationError
        No account is named, or there are no results.
    LockedError
        Another job writes results of this run, or forgets an account.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    one = Account(tidied(account))
    if not one.key:
        raise ConfigurationError("no account is named", "name its account_id")
    if not run.out.is_dir():
        raise ConfigurationError(f"{run.name} has no results in {run.out}", "name its RUN, or its --out")
    with forgetting(run.out):
        hashed, is_new = _listed(run.out, one)
        with progress("removing the account"):
            removed = _remove_whole(run.out, one)
            changed = [name for root in _roots(run) for name in _cleaned(root, one, hashed)]
        with progress("searching every file"):
            searched, left = _searched(run, one)
    return Forgetting(
        {
            "run": run.name,
            "hash": hashed,
            "new": is_new,
            "removed": removed,
            "changed": changed,
            "searched": searched,
            "left": left,
            "telling": one.telling,
            "beyond": _beyond(run),
        }
    )


def _listed(out: Path, account: Account) -> tuple[str, bool]:
    """Put the account on the list of the forgotten: its hash, and whether it was not there yet."""
    before = forgotten_in(out)
    salt = before.salt or secrets.token_hex(SALT_BYTES)
    hashed = Forgotten(salt).hash_of(account.key)
    if hashed in before.hashes:
        return hashed, False
    path = out / LIST
    entries = json.loads(path.read_text(encoding="utf-8"))["forgotten"] if before.hashes else []
    day = datetime.now(UTC).date().isoformat()
    durable.put(path, json_bytes({"salt": salt, "forgotten": [*entries, {"hash": hashed, "on": day}]}))
    return hashed, True


def _roots(run: Run) -> list[Path]:
    """Where files of a run may lie: its results, and artifacts that MLflow keeps on this machine."""
    local = Path.cwd() / LOCAL
    return [run.out, *([local] if run.tracking.enabled and store(run)[1] is not None and local.is_dir() else [])]


def _remove_whole(out: Path, account: Account) -> list[str]:
    """Remove runs that are about this account alone, and reports of a book that holds it; pointers to them go, too."""
    removed = []
    for directory in sorted(record.parent for record in out.glob(f"*/*/{RECORD}")):
        if not _is_about(directory, account):
            continue
        pointer = directory.parent / POINTER
        if pointed(pointer) == directory.name:
            pointer.unlink()
        hidden = directory.with_name(f".{directory.name}.forgotten")
        directory.rename(hidden)
        durable.discard(hidden)
        removed.append(directory.relative_to(out).as_posix())
    return removed


def _is_about(directory: Path, account: Account) -> bool:
    verb = directory.parent.name
    if verb == REPORT:
        return holds(directory / PAGE, account.key)
    if not verb.startswith("explain"):
        return False
    return bool(read_object(directory / RECORD).get("arguments", {}).get("account") == account.key)


def _cleaned(root: Path, account: Account, hashed: str) -> list[str]:
    """Rewrite every file that mentions the account; their names."""
    changed = []
    runs = sorted({path.parent for path in root.rglob(MANIFEST)}, key=lambda path: -len(path.parts))
    for directory in runs:
        changed += _clean_run(directory, account, hashed)
    for path in files_in(root):  # what no manifest names: outboxes, quarantine, artifacts
        if path.name in (LIST, MANIFEST) or any(path.is_relative_to(directory) for directory in runs):
            continue
        content = _content(path, account)
        if content is not None:
            durable.put(path, content)
            changed.append(path)
    return [path.relative_to(root.parent).as_posix() for path in changed]


def _clean_run(directory: Path, account: Account, hashed: str) -> list[Path]:
    """Rewrite the files of one run: first its manifest as it will be, then each of them."""
    rewritten = {
        path: content
        for path in files_in(directory)
        if path.name != MANIFEST and (content := _content(path, account)) is not None
    }
    if not rewritten:
        return []
    manifest = read_object(directory / MANIFEST)
    with durable.partial_folder(directory.parent, directory.name) as partial:
        for path, content in rewritten.items():
            copy = partial / path.relative_to(directory)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
        files = {**manifest["files"], **{n: e for n, e in entries_of(partial).items() if n in manifest["files"]}}
    audit = {"hash": hashed, "files": sorted(path.relative_to(directory).as_posix() for path in rewritten)}
    before = [entry for entry in manifest.get("forgotten", []) if entry["hash"] != hashed]
    durable.put(directory / MANIFEST, json_bytes({**manifest, "files": files, "forgotten": [*before, audit]}))
    for path, content in rewritten.items():
        durable.put(path, content)
    return list(rewritten)


def _content(path: Path, account: Account) -> bytes | None:
    """The file without the account; None where nothing is to be done, or nothing can be."""
    try:
        return without(path, account)
    except ValueError:  # told by the search
        return None


def _searched(run: Run, account: Account) -> tuple[int, list[dict[str, str]]]:
    """How many files were read, and those that still mention the account, with why."""
    left, count = [], 0
    for root in _roots(run):
        for path in _every_file(root):
            count += 1
            named = path.relative_to(root.parent).as_posix()
            try:
                if without(path, account) is not None:
                    left.append({"file": named, "why": "written again meanwhile: do it once more"})
            except ValueError as error:
                left.append({"file": named, "why": str(error)})
    return count, left


def _every_file(root: Path) -> Iterator[Path]:
    return (path for path in files_in(root) if not path.is_symlink())


def _beyond(run: Run) -> list[str]:
    """What this command cannot reach, and what to do there."""
    tables = sorted({path for source in run.sources.values() for path in source.reads})
    told = [f"the tables that are read: remove its rows from {', '.join(tables)}"]
    for name, delivery in run.deliveries.items():
        table = getattr(delivery, "table", None)
        if table is not None:
            told.append(f"delivery {name}: DELETE FROM {table} WHERE account_id = <the account>, in that database")
        else:
            told.append(f"delivery {name} ({delivery.kind}): delete the account where it was delivered to")
    uri, local = store(run)
    if run.tracking.enabled and local is None:
        told.append(f"MLflow at {redacted(uri, uri)}: delete artifacts of its runs that name the account")
    return [*told, "copies and backups that others made, and reports that `--to` wrote elsewhere"]
