"""Finding and reading a run: includes, roots, and faults told with the nearest known key."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from healthscore.config.section import Section
from healthscore.config.sections import Run
from healthscore.config.signals import Combination, Condition, Signal
from healthscore.config.sources import Lookup, Source
from healthscore.errors import ConfigurationError

MAXIMUM_BYTES = 1_000_000
SHIPPED_PREFIX = "healthscore:"


def load_run(run: str | Path | None = None, *, data: str | Path | None = None, out: str | Path | None = None) -> Run:
    """Read and validate a run.

    Parameters
    ----------
    run
        A TOML file, or the name of a shipped run such as ``"cdnow"``; ``./healthscore.toml`` when None.
    data
        Root of the sources; wins over HEALTHSCORE_DATA, which wins over the file's `data`.
    out
        Directory for results; wins over the file's `out`.

    Raises
    ------
    ConfigurationError
        The file is missing, is not TOML, or says something that cannot be meant; all faults are listed at once.
    """
    path = _find(run)
    merged = _read(path, ())
    shipped = path.parent == library() / "pipelines"
    base = Path.cwd() if shipped else path.parent
    root = data or os.environ.get("HEALTHSCORE_DATA") or merged.get("data") or base
    merged |= {"path": path, "data": Path(root).expanduser().resolve()}
    merged.setdefault("name", _name_from(path))
    merged["out"] = (
        Path(out or merged.get("out") or base / "healthscore-out" / str(merged["name"])).expanduser().resolve()
    )
    try:
        return Run.model_validate(merged)
    except ValidationError as error:
        raise ConfigurationError(
            f"{path}:\n" + "\n".join(_explain(error, merged)), "mend the keys named above"
        ) from None


def library() -> Path:
    """Directory of the shipped runs, features and scorecards: inside an installed package, or the checkout's root."""
    inside = Path(__file__).parents[1] / "library"
    return (inside if inside.is_dir() else Path(__file__).parents[3]).resolve()


def shipped_runs() -> dict[str, Path]:
    """Every run that comes with the package, by name."""
    return {path.stem: path for path in sorted((library() / "pipelines").glob("*.toml"))}


def _find(run: str | Path | None) -> Path:
    path = Path("healthscore.toml" if run is None else run).expanduser()
    if path.is_file():
        return path.resolve()
    shipped = shipped_runs()
    if run is not None and str(run) in shipped:
        return shipped[str(run)]
    if path.is_dir() and (path / "healthscore.toml").is_file():
        return (path / "healthscore.toml").resolve()
    nearest = difflib.get_close_matches(str(run), shipped, n=1)
    hint = f"did you mean the shipped run {nearest[0]!r}?" if nearest else f"shipped runs: {', '.join(shipped)}"
    if run is None:
        hint = "name a run, or write one with `healthscore init TABLES...`; " + hint
    raise ConfigurationError(f"no run at {path}", hint)


def _name_from(path: Path) -> str:
    stem = path.parent.name if path.stem == "healthscore" else path.stem
    cleaned = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in stem.lower()).strip("_")
    return cleaned if cleaned[:1].isalpha() else f"run_{cleaned}".rstrip("_")


def _read(path: Path, parents: tuple[Path, ...]) -> dict[str, Any]:
    """Read one TOML with everything that it includes; the including file's values win."""
    if path in parents:
        raise ConfigurationError(
            f"{path} includes itself: {' > '.join(p.name for p in (*parents, path))}", "break the circle"
        )
    try:
        text = path.read_bytes()
        if len(text) > MAXIMUM_BYTES:
            raise ConfigurationError(
                f"{path} holds {len(text):,} bytes; a run may hold {MAXIMUM_BYTES:,}", "split the run"
            )
        content = tomllib.loads(text.decode("utf-8"))
    except OSError as error:
        where = f", included by {parents[-1]}" if parents else ""
        raise ConfigurationError(f"{path}{where} cannot be read: {error.strerror}", "mend the path") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path} is not TOML: {error}", "mend the line") from None
    for key in ("data", "out"):
        if key in content:
            content[key] = path.parent / Path(str(content[key])).expanduser()
    merged: dict[str, Any] = {}
    for included in content.pop("include", ()):
        target = (
            library() / included.removeprefix(SHIPPED_PREFIX)
            if included.startswith(SHIPPED_PREFIX)
            else path.parent / included
        )
        merged = _merge(merged, _read(target.resolve(), (*parents, path)))
    return _merge(merged, content)


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _explain(error: ValidationError, content: Mapping[str, Any]) -> Iterator[str]:
    """One line per fault: the key, what is wrong with it, and the nearest known key where it is unknown."""
    for fault in error.errors():
        where = ".".join(str(part) for part in fault["loc"]) or "the run"
        if fault["type"] == "extra_forbidden":
            known = _keys_at(fault["loc"][:-1])
            nearest = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
            hint = f"did you mean `{nearest[0]}`?" if nearest else f"known keys: {', '.join(sorted(known))}"
            yield f"  {where}: unknown key; {hint}"
        else:
            yield f"  {where}: {fault['msg'].removeprefix('Value error, ')}"


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    """Keys that the section at `location` knows."""
    sections: dict[str, type[Section]] = {
        "sources": Source,
        "signals": Signal,
        "lookup": Lookup,
        "combinations": Combination,
        "conditions": Condition,
    }
    model: type[Section] = Run
    for part in location:
        if str(part) in sections:
            model = sections[str(part)]
        elif isinstance(part, str) and part in model.model_fields:
            annotation = model.model_fields[part].annotation
            candidates = [annotation, *getattr(annotation, "__args__", ())]
            model = next((c for c in candidates if isinstance(c, type) and issubclass(c, Section)), model)
    return list(model.model_fields)
