"""Which version scores: promoted when it is shown not to be worse, or with a reason; and back again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from healthscore.asof import date_of
from healthscore.config import Run, load_run
from healthscore.display import Display, Displayed
from healthscore.errors import BundleError, ConfigurationError, HealthScoreError, InsufficientDataError
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import plain
from healthscore.pipelines.registry.comparison import Books, compare
from healthscore.pipelines.registry.movement import Examined, crosswalk_of, movement
from healthscore.pipelines.registry.recipes import recipe_of
from healthscore.pipelines.registry.records import Event, Registry, Scale, Version
from healthscore.pipelines.registry.scales import asks_otherwise, own_scales, place
from healthscore.pipelines.registry.store import author, change, digests_in, folder_of, read
from healthscore.pipelines.registry.versions import BUNDLE, CHAMPION, bundle_of, wanted
from healthscore.pipelines.registry.wording import sentences_of
from healthscore.pipelines.tracking import set_alias

MARGIN = 0.01
"""Share of the champion's log-loss by which a challenger may be worse at most, where nothing else is said."""
FORCE = "or promote it whatever a comparison says, by --force --why TEXT"


@dataclass(frozen=True, repr=False)
class Promotion(Displayed):
    """What was decided, and why; `result` is the JSON object of the command."""

    result: dict[str, Any]

    def display(self) -> Display:
        """What a notebook shows."""
        from healthscore.pipelines.displays.kept import promotion_display

        return promotion_display(self.result)

    @property
    def promoted(self) -> bool:
        """Whether the version scores now."""
        return bool(self.result["decision"] == "promoted")


def promote(
    run: Run | str | Path | None = None,
    version: int | None = None,
    *,
    margin: float = MARGIN,
    force: bool = False,
    why: str | None = None,
    re_anchor: bool = False,
    data: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> Promotion:
    """Compare a version with the champion on dates that the champion had not seen, and let it score if it is no worse.

    Parameters
    ----------
    version
        Its number; the newest that was never champion if None.
    margin
        Share of the champion's log-loss by which it may be worse at most, with 95 % confidence.
    force, why
        Promote whatever the comparison says, for this reason. It is made and recorded all the same.
    re_anchor
        Score on the version's own scale from now on, as the run's next one, and not on the champion's.

    Raises
    ------
    ConfigurationError
        Forced without a reason; a margin that is no share; versions that foretell different things.
    InsufficientDataError
        Too few accounts left at the dates that can be compared.
    BundleError
        There is no such version, it is the champion already, or something of it is missing or damaged.
    """
    _refuse_mistakes(margin, force, why)
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    while True:
        before = read(run)
        examined = _examine(run, before, wanted(run, before, version), force, progress)
        taken = force or (examined.comparison is not None and examined.comparison.passed(margin))
        about = {
            "event": "promoted" if taken else "kept",
            "at": None if examined.data_end is None else date_of(examined.data_end),
            "author": author(),
            "why": why,
            "forced": force,
            "comparison": plain(examined.section(margin)),
        }
        try:
            after = change(run, partial(_decided, run, before.champion, examined, about, re_anchor))
        except _OutdatedError:
            continue
        _tell_tracking(run, after)
        return Promotion(_result(run, before, after, examined, margin))


def rollback(
    run: Run | str | Path | None = None,
    *,
    why: str,
    data: str | Path | None = None,
    out: str | Path | None = None,
) -> Promotion:
    """Let the champion before this one score again, by the very bundle that it scored by then.

    Raises
    ------
    ConfigurationError
        No reason is given.
    BundleError
        There is no champion before this one, or a bundle of it is missing, damaged or another.
    """
    _refuse_mistakes(MARGIN, True, why)
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)

    def step(now: Registry) -> Registry:
        reigns = now.reigns()
        if len(reigns) < 2:
            raise _none_before(run, reigns)
        own_scales(bundle_of(run, reigns[-2]).parent)  # reads its bundles: none comes back that cannot score
        changed = {"event": "rolled back", "at": None, "author": author(), "why": why, "forced": False}
        return now.then(reigns[-2].model_copy(update=changed | {"comparison": None}))

    after = change(run, step)
    _tell_tracking(run, after)
    reigning = after.events[-1]
    gone = Registry(versions=after.versions, scales=after.scales, events=after.events[:-1]).reigns()[-1]
    return Promotion(
        {
            "run": run.name,
            "decision": "rolled back",
            "version": reigning.version,
            "before": gone.version,
            "champion": reigning.version,
            "scale": {"scale": reigning.scale, "before": gone.scale},
            "why": why,
            "bundle": str(bundle_of(run, reigning)),
            "sentences": [
                f"Version {reigning.version} scores again, by the bundle and the scale that it had; version "
                f"{gone.version} was champion before."
            ],
        }
    )


def _refuse_mistakes(margin: float, force: bool, why: str | None) -> None:
    if not 0 <= margin <= 1:
        raise ConfigurationError(f"a margin of {margin:g} is no share", "give a share of the champion's log-loss: 0.01")
    if force and not (why or "").strip():
        raise ConfigurationError("a model is to score against the rule, and no reason is given", "say it: --why TEXT")


def _examine(run: Run, registry: Registry, version: Version, force: bool, progress: Progress) -> Examined:
    """Hold a version against the champion; where it is promoted by force, whatever keeps that from being done is told.

    Raises
    ------
    HealthScoreError
        It cannot be done, and is needed.
    """
    reigning = registry.champion
    champion = None if reigning is None else registry.numbered(reigning.version)
    challenger_bundle = bundle_of(run, registry.placed(version.version))
    books = Books(progress)
    mine, rival, compared, uncompared = None, None, None, None
    try:
        mine = recipe_of(run, version, challenger_bundle)
        if reigning is not None and champion is not None:
            rival = recipe_of(run, champion, bundle_of(run, reigning))
        compared = compare(mine, rival, books, progress)
    except InsufficientDataError as error:
        if not force:
            raise InsufficientDataError(error.what, f"{error.remedy}; {FORCE}") from None
        uncompared = error.what
    except HealthScoreError as error:
        if not force:
            raise
        uncompared = error.what
    return Examined(version, champion, mine, rival, books, compared, uncompared)


class _OutdatedError(Exception):
    """Another became champion while this one was compared with the one before: what was found does not hold."""


def _decided(
    run: Run, champion: Event | None, seen: Examined, about: dict[str, Any], re_anchor: bool, now: Registry
) -> Registry:
    """The registry after the decision, which was made beside `champion`."""
    if now.champion != champion:
        raise _OutdatedError
    placed = now.placed(seen.version.version)
    if about["event"] == "kept":
        return now.then(placed.model_copy(update=about))
    scale = _scale(now, seen, re_anchor)
    return now.then(_on_scale(run, now, placed, scale, seen.version).model_copy(update=about), scale=scale)


def _on_scale(run: Run, now: Registry, placed: Event, scale: Scale, version: Version) -> Event:
    """Where the version lies on a scale: where it once did, for nothing is ever written over, else a new place."""
    before = now.placed_on(version.version, scale.scale) or (placed if placed.scale is None else None)
    if before is not None:
        bundle_of(run, before)
        # A scale may have got that of growth after the version was registered on it.
        if own_scales(folder_of(run) / before.directory).items() <= scale.scales.items():
            return before.model_copy(update={"scale": scale.scale})
    directory = folder_of(run) / f"{version.version}-scale-{scale.scale}"
    place(folder_of(run) / placed.directory, directory, scale.scales)
    where = {"directory": directory.name, "digests": digests_in(directory)}
    return placed.model_copy(update=where | {"scale": scale.scale})


def _none_before(run: Run, reigns: Sequence[Event]) -> BundleError:
    """Why nothing can be brought back."""
    if not reigns:
        return BundleError(
            f"{run.name}: there is no champion to go back from", "`healthscore models promote` makes one"
        )
    another = "let another one score: `healthscore models promote --version N`, or once only `score --model N`"
    return BundleError(f"{run.name}: version {reigns[0].version} is the first champion: none was before it", another)


def _scale(now: Registry, seen: Examined, re_anchor: bool) -> Scale:
    """The scale to score on: the champion's, or the version's own where there is no champion or a new one is asked for.

    What the champion has no scale for (growth, say) comes with its own; what it alone has one for keeps it.
    """
    own, frozen = seen.version.scales, now.scale
    if frozen is None:
        return Scale(scale=1, version=seen.version.version, scales=own)
    if not re_anchor or own.items() <= frozen.scales.items():
        return frozen.model_copy(update={"scales": own | frozen.scales})
    number = max(scale.scale for scale in now.scales) + 1
    walk = crosswalk_of(frozen, own, seen, number)
    return Scale(scale=number, version=seen.version.version, scales=frozen.scales | own, crosswalk=plain(walk))


def _result(run: Run, before: Registry, after: Registry, seen: Examined, margin: float) -> dict[str, Any]:
    event, reigning, former = after.events[-1], after.champion, before.champion
    promoted = event.event == "promoted"
    new = promoted and event.scale is not None and (former is None or event.scale != former.scale)
    scale = next((each for each in after.scales if each.scale == event.scale), None)
    result: dict[str, Any] = plain(
        {
            "run": run.name,
            "decision": event.event,
            "version": event.version,
            "before": None if former is None else former.version,
            "champion": None if reigning is None else reigning.version,
            "forced": event.forced,
            "why": event.why,
            "comparison": None if seen.comparison is None else seen.comparison.as_dict(margin),
            "uncompared": seen.uncompared,
            "scale": {
                "scale": None if reigning is None else reigning.scale,
                "before": None if former is None else former.scale,
                "crosswalk": scale.crosswalk if new and scale is not None else None,
            },
            "movement": movement(run, seen, former, event) if promoted and former is not None else None,
            "bundle": None if reigning is None else str(bundle_of(run, reigning)),
            "warnings": _warnings(after, seen, promoted),
        }
    )
    return result | {"sentences": sentences_of(result)}


def _warnings(after: Registry, seen: Examined, promoted: bool) -> list[str]:
    if not promoted or after.scale is None:
        return []
    asked = asks_otherwise(seen.version.scales[BUNDLE], after.scale.scales[BUNDLE])
    return [] if asked is None else [asked]


def _tell_tracking(run: Run, after: Registry) -> None:
    """Move the aliases of MLflow's registered model to where those of this registry are."""
    if after.champion is None or after.events[-1].event == "kept":
        return
    champion = after.numbered(after.champion.version)
    if champion is not None:
        set_alias(run, champion.identity, CHAMPION, bundle=bundle_of(run, after.champion))
