"""Names that only the tables know: segments and features in playbooks, and what a path may change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.features.dictionary import Feature
from healthscore.features.ready import panel_features
from healthscore.pipelines.wording import meant
from healthscore.tables import Tables


def refuse_unknown(run: Run, tables: Tables) -> None:
    """Refuse, before anything is scored, names in playbooks and `[path_to_green]` that are not in the tables.

    Raises
    ------
    ConfigurationError
        A playbook names a segment that no account is in, or a feature that the run does not measure, or
        `[path_to_green] actionable` names no signal, component or feature; the nearest is named.
    """
    names = [feature.name for feature in panel_features(run, tables)]
    segments = _segments(run, tables)
    for name, playbook in run.playbooks.items():
        if not playbook.enabled:
            continue
        off = f"; or switch the playbook off: [playbooks.{name}] enabled = false"
        for condition in playbook.when:
            _known(run, f"playbooks.{name}.when", "feature", condition.feature, names, off)
        for segment in playbook.segments:
            _known(run, f"playbooks.{name}.segments", "segment", segment, segments, off)
    changeable = dict.fromkeys([*run.signals, *run.components, *names])
    for given in run.path_to_green.actionable:
        _known(run, "path_to_green.actionable", "signal, component or feature", given, list(changeable))


def _segments(run: Run, tables: Tables) -> list[str]:
    """Every segment that an account is, or was, in."""
    source = run.source_of("accounts")
    if source is None or "segment" not in tables.bound_columns(source):
        return []
    relation = tables.versions(source) or tables.relation(source)
    found = tables.engine.query(f"SELECT DISTINCT segment FROM {relation} WHERE segment IS NOT NULL ORDER BY 1")
    return [str(segment) for segment in found["segment"].to_pylist()]


def _known(run: Run, where: str, what: str, name: str, names: Sequence[str], otherwise: str = "") -> None:
    if name not in names:
        raise ConfigurationError(f"{run.path}: {where}: there is no {what} {name!r}", meant(name, names) + otherwise)


def levers(run: Run, features: Sequence[Feature], read: set[str]) -> Mapping[str, tuple[int, ...]]:
    """Columns that only move together, by the name of what is measured; those that a path may change.

    Features of the same rows are facts about the same events: three log-ins in seven days are at least three in
    twenty-eight, and so many users. A file is read by several signals; all of them move, or none. Of a ready-made panel
    nothing is known but the components, so these are the levers.

    Never among them: context, attributes, the account's own (tenure), and combinations, which follow from the others.
    Nor what a scorecard does not read, neither itself (`read`) nor in a combination: to move it would gain nothing.
    """
    read = read | {
        c.feature for name, one in run.combinations.items() if {name, f"{name}_met"} & read for c in one.conditions
    }
    wanted = set(run.path_to_green.actionable)
    found: dict[str, list[int]] = {}
    chosen: set[str] = set()
    for column, feature in enumerate(features):
        if feature.context or feature.family in ("attributes", "account", "combinations") or feature.name not in read:
            continue
        lever = _rows_of(run, feature)
        found.setdefault(lever, []).append(column)
        if (not wanted and not _is_contract(run, feature)) or wanted & {
            feature.signal,
            feature.component,
            feature.name,
        }:
            chosen.add(lever)
    return {lever: tuple(columns) for lever, columns in found.items() if lever in chosen}


def _is_contract(run: Run, feature: Feature) -> bool:
    """Whether a feature is made of what the account pays: to be worth less is no advice, unless the run says so."""
    contracts = {path for source in run.sources.values() if source.contract == "subscriptions" for path in source.reads}
    return feature.signal in run.signals and not contracts.isdisjoint(
        run.sources[run.signals[feature.signal].source].reads
    )


def _rows_of(run: Run, feature: Feature) -> str:
    """What tells the rows that a feature is made of: the files of its signal's source, else its component."""
    if feature.signal not in run.signals:
        return feature.component
    paths = run.sources[run.signals[feature.signal].source].reads
    of_file = [name for name, signal in run.signals.items() if run.sources[signal.source].reads == paths]
    return of_file[0]
