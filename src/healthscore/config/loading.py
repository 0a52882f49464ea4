"""Finding and reading runs and scorecards: includes, roots, and faults told with the nearest known key."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import ValidationError

from healthscore.config.addresses import beside
from healthscore.config.deliveries import located
from healthscore.config.run import Run
from healthscore.config.scorecards import Scorecard
from healthscore.config.section import Section
from healthscore.errors import ConfigurationError

MAXIMUM_BYTES = 1_000_000
SHIPPED_PREFIX = "healthscore:"
_Whole = TypeVar("_Whole", bound=Section)


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
    if "scorecard" in merged:
        merged["scorecard"] = load_scorecard(merged["scorecard"])
    return _validated(Run, merged, path)


def load_scorecard(name: str | Path) -> Scorecard:
    """Read and validate a scorecard: a TOML file, or the name of a shipped one such as ``"seven_components"``.

    Raises
    ------
    ConfigurationError
        There is none, it is not TOML, or it says something that cannot be meant; all faults are listed at once.
    """
    path = _found(Path(name).expanduser(), str(name), shipped_scorecards(), "scorecard")
    merged = _read(path, ())
    merged.setdefault("name", _name_from(path))
    return _validated(Scorecard, merged | {"path": path}, path)


def _validated(whole: type[_Whole], content: Mapping[str, Any], path: Path) -> _Whole:
    try:
        return whole.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError(
            f"{path}:\n" + "\n".join(_explain(error, whole)), "mend the keys named above"
        ) from None


def library() -> Path:
    """Directory of the shipped runs, features and scorecards: inside an installed package, or the checkout's root."""
    inside = Path(__file__).parents[1] / "library"
    return (inside if inside.is_dir() else Path(__file__).parents[3]).resolve()


def shipped_runs() -> dict[str, Path]:
    """Every run that comes with the package, by name."""
    return _shipped("pipelines")


def shipped_scorecards() -> dict[str, Path]:
    """Every scorecard that comes with the package, by name."""
    return _shipped("models")


def _shipped(folder: str) -> dict[str, Path]:
    return {path.stem: path for path in sorted((library() / folder).glob("*.toml"))}


def _find(run: str | Path | None) -> Path:
    path = Path("healthscore.toml" if run is None else run).expanduser()
    inside = path / "healthscore.toml"
    if str(run) not in shipped_runs() and inside.is_file():
        return inside.resolve()
    return _found(path, None if run is None else str(run), shipped_runs(), "run")


def _found(path: Path, name: str | None, shipped: Mapping[str, Path], what: str) -> Path:
    """The file at `path`, else the shipped one of that name."""
    if path.is_file():
        return path.resolve()
    if name is not None and name in shipped:
        return shipped[name]
    nearest = difflib.get_close_matches(str(name), shipped, n=1)
    hint = f"did you mean the shipped {what} {nearest[0]!r}?" if nearest else f"shipped {what}s: {', '.join(shipped)}"
    if name is None:
        hint = "name a run, or write one with `healthscore init TABLES...`; " + hint
    raise ConfigurationError(f"no {what} at {path}", hint)


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
    if "scorecard" in content:
        content["scorecard"] = _scorecard_named(content["scorecard"], path)
    if "database" in content:
        content["database"] = beside(content["database"], path.parent)
    if "deliveries" in content:
        content["deliveries"] = located(content["deliveries"], path.parent)
    merged: dict[str, Any] = {}
    for included in content.pop("include", ()):
        target = (
            library() / included.removeprefix(SHIPPED_PREFIX)
            if included.startswith(SHIPPED_PREFIX)
            else path.parent / included
        )
        merged = _merge(merged, _read(target.resolve(), (*parents, path)))
    return _merge(merged, content)


def _scorecard_named(value: Any, path: Path) -> str | Path:
    """A shipped name as it is, anything else as a path beside the file that says it."""
    if not isinstance(value, str):
        raise ConfigurationError(
            f"{path}: scorecard: {type(value).__name__} instead of a name",
            "write the scorecard into a file of its own, and name the file",
        )
    named = Path(value).suffix != ".toml" and Path(value).name == value
    return value if named else path.parent / Path(value).expanduser()


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _explain(error: ValidationError, whole: type[Section]) -> Iterator[str]:
    """One line per fault: the key, what is wrong with it, and the nearest known key where it is unknown."""
    for fault in error.errors():
        where = ".".join(str(part) for part in fault["loc"]) or f"the {whole.__name__.lower()}"
        if fault["type"] == "extra_forbidden":
            known = _keys_at(whole, fault["loc"][:-1])
            nearest = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
            hint = f"did you mean `{nearest[0]}`?" if nearest else f"known keys: {', '.join(sorted(known))}"
            yield f"  {where}: unknown key; {hint}"
        else:
            yield f"  {where}: {fault['msg'].removeprefix('Value error, ')}"


def _keys_at(section: type[Section], location: tuple[int | str, ...]) -> list[str]:
    """Keys that the section at `location` knows."""
    parts = iter(location)
    for part in parts:
        field = section.model_fields.get(str(part))
        if field is None:
            continue  # a position in a list, or a member of a union
        if get_origin(field.annotation) is dict:
            next(parts, None)  # a name that the user chose, which may be that of a key
        sections = list(_sections_in(field.annotation))
        # Of the members of a tagged union, the one whose kind pydantic names as a part of the place.
        section = next((one for one in sections if _kind_of(one) in location), next(iter(sections), section))
    return list(section.model_fields)


def _kind_of(section: type[Section]) -> object:
    """The one `kind` that a member of a tagged union may say; None for other sections."""
    kind = section.model_fields.get("kind")
    return next(iter(get_args(kind.annotation)), None) if kind is not None else None


def _sections_in(annotation: object) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for inner in get_args(annotation):
        yield from _sections_in(inner)
