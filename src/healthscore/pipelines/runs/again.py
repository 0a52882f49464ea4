"""Doing a finished run again, from what is recorded of it, into another place."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.pipelines import durable
from healthscore.pipelines.progress import Progress
from healthscore.pipelines.runs.finding import RESULT, Finished, read_object
from healthscore.tables.forgotten import LIST as FORGOTTEN

WRITTEN = "written"


@dataclass(frozen=True)
class Again:
    """A finished run that is about to be done again.

    Attributes
    ----------
    done
        The run as it was done.
    run
        Its configuration, with results going to `scratch` and nothing recorded elsewhere; None where it had none.
    scratch
        A directory of its own.
    """

    done: Finished
    run: Run | None
    scratch: Path
    progress: Progress

    @property
    def said(self) -> Mapping[str, Any]:
        """What the caller said beside the run."""
        arguments: Mapping[str, Any] = self.done.record["arguments"]
        return arguments

    @property
    def need_run(self) -> Run:
        """The run, for the commands that cannot be without one."""
        if self.run is None:
            raise ConfigurationError(f"{self.done.directory}: no configuration is recorded", "do the run again")
        return self.run

    def scored_by(self) -> dict[str, Any]:
        """The as-of date, and the bundle or the scorecard that scores."""
        by = {"model": self.done.place("bundle")} if "bundle" in self.done.record["read"] else None
        return {"as_of": date.fromisoformat(self.said["as_of"]), **(by or {"scorecard": self.need_run.scorecard})}


def do_again(again: Again) -> Path:
    """Do it; returns the directory of the new results.

    Raises
    ------
    ConfigurationError
        This version of the package cannot do such a run again.
    HealthScoreError
        Whatever the run itself refuses.
    """
    verb = again.done.verb
    if verb not in AGAIN:
        raise ConfigurationError(
            f"{again.done.directory} is a run of `{verb}`, which cannot be made again from its record",
            f"name a run of {', '.join(AGAIN)}",
        )
    return AGAIN[verb](again)


def configured(done: Finished, scratch: Path, *, data: str | Path | None = None) -> Run | None:
    """The recorded configuration as a run over the recorded data, or over those in `data`."""
    described, paths = done.record.get("configuration"), done.record["paths"]
    if described is None:
        return None
    if (done.out / FORGOTTEN).is_file():  # or accounts that were forgotten would come back
        shutil.copyfile(done.out / FORGOTTEN, scratch / FORGOTTEN)
    here = {
        "path": paths.get("configuration", ""),
        "data": Path(data).expanduser().resolve() if data is not None else paths.get("data", ""),
        "out": scratch,
        "tracking": {"enabled": False},
    }
    try:
        run = Run.model_validate({**described, **here})
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigurationError(
            f"{done.directory}: this version of the package reads the recorded configuration otherwise: "
            f"{'.'.join(map(str, first['loc']))}: {first['msg']}",
            f"install healthscore {done.record.get('versions', {}).get('healthscore', '')}".rstrip(),
        ) from None
    return _with_scorecard(run, done, scratch)


def stand_ins(done: Finished, scratch: Path) -> dict[str, str]:
    """Texts that stand in new results for what the old ones say: where results lie, and what was written."""
    paths = done.record["paths"]
    found = {}
    if "scorecard" in done.record.get("texts", {}):
        found[str(_card(done, scratch))] = str(paths["scorecard"])
    if "write" in paths:
        found[str(_written(done, scratch))] = str(paths["write"])
    return found | {str(scratch): str(paths.get("out", done.out))}


def _with_scorecard(run: Run, done: Finished, scratch: Path) -> Run:
    """The run with the text of its scorecard in a file, as it was then, where its text is what is rewritten."""
    text = done.record.get("texts", {}).get("scorecard")
    if text is None or run.scorecard is None:
        return run
    path = _card(done, scratch)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))
    return run.model_copy(update={"scorecard": run.scorecard.model_copy(update={"path": path})})


def _card(done: Finished, scratch: Path) -> Path:
    return scratch / "scorecard" / Path(done.record["paths"]["scorecard"]).name


def _written(done: Finished, scratch: Path) -> Path:
    """Where the new run writes what the old one wrote outside its directory: over the scorecard, if that one did."""
    paths = done.record["paths"]
    over = paths["write"] == paths.get("scorecard")
    return _card(done, scratch) if over else scratch / WRITTEN / Path(paths["write"]).name


def _train(again: Again) -> Path:
    from healthscore.pipelines.train import train

    return train(again.need_run, workers=again.said.get("workers"), progress=again.progress).directory


def _backtest(again: Again) -> Path:
    from healthscore.pipelines.backtest import backtest

    return backtest(again.need_run, progress=again.progress).directory


def _features(again: Again) -> Path:
    from healthscore.pipelines.panel import panel

    return panel(again.need_run, progress=again.progress).directory


def _check(again: Again) -> Path:
    from healthscore.pipelines.check import check

    return check(again.need_run, leaks=bool(again.said["leaks"]), progress=again.progress).directory


def _score(again: Again) -> Path:
    from healthscore.pipelines.score import score

    accounts = tuple(again.said.get("accounts", ()))
    if accounts:
        _others_stand(again)
    return score(again.need_run, **again.scored_by(), accounts=accounts, progress=again.progress).directory


def _others_stand(again: Again) -> None:
    """Let the scores that all others kept stand where the run is made again: they are what it was made of."""
    from healthscore.pipelines.publication.history import is_whole
    from healthscore.pipelines.publication.pointers import stand

    series, name = again.done.directory.parent.name, str(again.said["others"])
    kept = again.done.directory.with_name(name)
    if not is_whole(kept):
        raise ConfigurationError(
            f"{again.done.directory}: a few accounts were scored again, and all others kept the scores of {name}, "
            "which are gone or torn",
            f"bring {kept} back from a copy; without them nothing says what the others had",
        )
    durable.copy_tree(kept, durable.folder(again.scratch / series) / name)
    stand(again.scratch, series, date.fromisoformat(read_object(kept / RESULT)["as_of"]), name)


def _explain(again: Again) -> Path:
    from healthscore.pipelines.explain import explain

    account = str(again.said["account"])
    since = again.done.place("since") if "since" in again.done.record["read"] else None
    return explain(account, again.need_run, **again.scored_by(), since=since, progress=again.progress).directory


def _audit(again: Again) -> Path:
    from healthscore.pipelines.audit import audit

    when = date.fromisoformat(str(again.said["as_of"]))
    # The scores are not made again: they are what was audited.
    return audit(again.need_run, as_of=when, published=again.done.out, progress=again.progress).directory


def _write_to(again: Again) -> Path | None:
    """What is given as `--write`, if it was given."""
    if not again.said["write"]:
        return None
    written = _written(again.done, again.scratch)
    written.parent.mkdir(parents=True, exist_ok=True)
    return written


def _recalibrate(again: Again) -> Path:
    from healthscore.pipelines.recalibrate import recalibrate

    return recalibrate(again.need_run, write=_write_to(again), progress=again.progress).directory


def _tune(again: Again) -> Path:
    from healthscore.models.tuning.search import Search
    from healthscore.pipelines.tune import tune_until

    asked, finished, workers = (int(again.said[name]) for name in ("trials", "finished", "workers"))
    search = Search(finished, workers)
    return tune_until(again.need_run, asked, search, _write_to(again), again.progress).directory


def _validate(again: Again) -> Path:
    if again.run is not None:
        from healthscore.pipelines.validaterun import validate_run

        found = validate_run(again.run, progress=again.progress)
    else:
        from healthscore.pipelines.validate import validate

        said = dict(again.said)
        if held := said.pop("in_memory"):
            raise ConfigurationError(
                f"{again.done.directory}: {', '.join(held)} was given as a table in memory, which is kept nowhere",
                "validate files to be able to do it again",
            )
        files = {name: again.done.place(name) for name in again.done.record["inputs"]}
        end = said["data_end"]
        said["data_end"] = None if end is None else date.fromisoformat(end)
        found = validate(**{**said, **files}, out=again.scratch, progress=again.progress)
    if found.directory is None:
        raise ConfigurationError(f"{again.done.directory}: nothing was written", "do the run again")
    return found.directory


AGAIN: dict[str, Callable[[Again], Path]] = {
    "train": _train,
    "backtest": _backtest,
    "features": _features,
    "check": _check,
    "score": _score,
    "explain": _explain,
    "audit": _audit,
    "recalibrate": _recalibrate,
    "tune": _tune,
    "validate": _validate,
}
"""Command -> how a run of it is done again."""
