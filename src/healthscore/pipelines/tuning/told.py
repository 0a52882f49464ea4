"""What tuning found, in words and as a file to include: used only where it pays on dates that it never saw."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from healthscore.errors import ConfigurationError
from healthscore.models.tuning.space import SPACE
from healthscore.pipelines.wording import day_text, figure, number, plural

FILE = "tuned.toml"
FIRST_LINE = "# How the trees grow, found by `healthscore tune`."
SETTINGS = {
    "learning_rate": "learning rate",
    "leaves": "leaves of a tree",
    "minimum_rows_in_leaf": "rows in a leaf, at least",
    "minimum_information_in_leaf": "expected exits in a leaf, about, at least",
    "l2": "shrinkage of a leaf (l2)",
}


def decided(judged: Mapping[str, Any] | None, finished: int) -> dict[str, str]:
    """The decision, and why, from the gain on the judged dates (None: the default was the best of all trials)."""
    if judged is None:
        tried = "no other setting was tried" if finished == 1 else f"none of {finished - 1} other settings beat them"
        return {"decision": "keep", "why": f"Keep the defaults: {tried} inside the past."}
    difference = judged["log_loss"]["difference"]
    change = f"log-loss by {figure(difference, digits=4)}"
    dates = f"on {plural(len(judged['dates']), 'later date')}, from {day_text(judged['dates'][0])}"
    if difference["high"] is not None and difference["high"] < 0:
        return {"decision": "use", "why": f"Tuned trees pay: {dates}, they change the {change}; less is better."}
    if difference["low"] is not None and difference["low"] > 0:
        return {
            "decision": "keep",
            "why": f"Keep the defaults: {dates}, tuned trees did worse, and change the {change}.",
        }
    return {
        "decision": "keep",
        "why": f"Keep the defaults: tuned trees are not shown to be better. {dates[0].upper()}{dates[1:]}, they change "
        f"the {change}; the range holds 0, so it could be chance.",
    }


def tuned_text(run: str, identity: str, settings: Mapping[str, float], result: Mapping[str, Any]) -> str:
    """The settings as TOML to include in a run, with where they come from."""
    judged, past = result["judged"], result["past"]
    lines = [
        FIRST_LINE,
        f'# Include it in the run, in its first lines: include = ["{FILE}"]',
        f"# run {run}, tune {identity}, {result['trials']['finished']} settings tried on outcomes known by "
        f"{past['known_until']}",
        f"# on {judged['dates'][0]} to {judged['dates'][-1]}, tuned minus untuned:",
        *(
            f"# {name} {figure(judged[key]['difference'], digits=4)}"
            for key, name in (("log_loss", "log-loss"), ("auc", "AUC"))
        ),
        "[model.trees]",
        *(f"{name} = {value:g}" for name, value in settings.items()),
    ]
    return "\n".join(lines) + "\n"


def target_of(write: str | Path) -> Path:
    """Where the file may be written: a path, or a folder for `tuned.toml`.

    Raises
    ------
    ConfigurationError
        The folder does not exist, or what lies there was not written by `tune`.
    """
    given = Path(write).expanduser()
    target = (given / FILE if given.is_dir() else given).resolve()
    if not target.parent.is_dir():
        raise ConfigurationError(f"--write {given}: there is no folder {target.parent}", "make it, or write elsewhere")
    if target.exists() and not target.read_bytes().startswith(FIRST_LINE.encode()):
        raise ConfigurationError(
            f"--write {given}: {target.name} is there already and was not written by `healthscore tune`",
            "name another file",
        )
    return target


def setting_rows(result: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Every setting in words, with its default and the best one found."""
    default, best = (result[which]["settings"] for which in ("default", "best"))
    return [(SETTINGS[name], _value(name, default[name]), _value(name, best[name])) for name in SPACE]


def gain_rows(judged: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Each metric: untuned, tuned, difference."""

    def written(metric: str, column: str) -> str:
        return figure(judged[metric][column], digits=4)

    return [
        (title, written(metric, "untuned"), written(metric, "tuned"), written(metric, "difference"))
        for metric, title in (("log_loss", "log-loss"), ("auc", "AUC"))
    ]


def _value(name: str, value: float) -> str:
    return number(value, 0) if SPACE[name].whole else f"{value:g}"
