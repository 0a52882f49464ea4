"""Opening source after source: files -> raw table -> binding -> judgement -> relation, collecting every fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from healthscore.config import PANEL, Run
from healthscore.tables.binding import Binding, bind
from healthscore.tables.checks import judge
from healthscore.tables.columns import BindingError
from healthscore.tables.currencies import mixed_currencies
from healthscore.tables.engine import Engine, EngineError
from healthscore.tables.files import DataFile, FileError
from healthscore.tables.forgotten import CODE, forgotten_in
from healthscore.tables.gathering import unreadable
from healthscore.tables.identities import excluded_accounts
from healthscore.tables.judgement import Judgement
from healthscore.tables.keyed import Keyed, key_name
from healthscore.tables.layers import forget_layers
from healthscore.tables.lineage import Lineage
from healthscore.tables.lookups import join_lookups
from healthscore.tables.panelcolumns import in_words_of_panel
from healthscore.tables.personal import require_personal
from healthscore.tables.problems import Problem, errors
from healthscore.tables.quarantine import Quarantine
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.reaching import fingerprints
from healthscore.tables.reports import SourceReport
from healthscore.tables.rules import Rule, raw
from healthscore.tables.scales import mixed_scales, named_scale
from healthscore.tables.sentiment import join_sentiment
from healthscore.tables.shapes import projection
from healthscore.tables.sources import SOURCES
from healthscore.tables.stray import stray_days
from healthscore.tables.successions import with_succession_rules
from healthscore.tables.validity import has_history, overlaps, split_versions


@dataclass
class Opening:
    """A run's sources on their way from files to relations, and what has been found so far.

    Attributes
    ----------
    files, lookups
        Sound files by source, and by ``source/number`` of a lookup.
    quarantine
        Takes the rows that are set aside.
    keyed
        Relation -> its twin that has keys; only views over files have one.
    """

    engine: Engine
    run: Run
    files: Mapping[str, list[DataFile]]
    lookups: Mapping[str, list[DataFile]]
    quarantine: Quarantine
    problems: list[Problem] = field(default_factory=list)
    bindings: dict[str, Binding] = field(default_factory=dict)
    relations: dict[str, str] = field(default_factory=dict)
    keyed: dict[str, Keyed] = field(default_factory=dict)
    reports: dict[str, SourceReport] = field(default_factory=dict)
    excluded: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    lineage: Lineage = field(init=False)

    def __post_init__(self) -> None:
        self.lineage = Lineage(self.engine, self.run.checks.orphan_limit)

    def open_all(self) -> None:
        """Open every source whose files are sound, accounts first, because the others are held against them."""
        ordered = sorted(self.files, key=lambda name: self.run.sources[name].contract != "accounts")
        with ThreadPoolExecutor(max_workers=1) as pool:  # hashing does not wait for the engine, nor it for the hash
            prints = {name: self._fingerprint(name, pool) for name in ordered}
            for name in ordered:
                try:
                    self._open(name, prints[name])
                except BindingError as fault:
                    first = self.files[name][0].path.name
                    told = self._told(name, fault.problems)
                    self.problems += [replace(problem, file=problem.file or first) for problem in told]
                except FileError as fault:
                    self.problems.append(unreadable(name, fault, self.files[name][0].path))
                except EngineError as error:
                    self.problems.append(_engine_fault(name, error))
        self.lineage.follow(self.bindings, self.relations, self.versions)

    def _fingerprint(self, name: str, pool: Executor) -> Callable[[], str]:
        """Of everything that the rows of a source follow from: what it reads, and what columns are looked up in."""
        source = self.run.sources[name]
        looked_up = [self.lookups.get(f"{name}/{number}", ()) for number in range(len(source.lookup))]
        files = [file for group in (self.files[name], *looked_up) for file in group]
        return fingerprints(self.engine, files, source.pii, pool)

    def _open(self, name: str, print_: Callable[[], str]) -> None:
        engine, files = self.engine, self.files[name]
        require_personal(name, self.run.sources[name].pii, files)
        read = SOURCES[files[0].kind](engine, name, files, self.run.sources[name].pii)
        table, findings = join_lookups(engine, self.run, name, read, self.lookups)
        table = join_sentiment(engine, self.run, name, table)
        binding = bind(engine, self.run, name, table)
        if binding.contract.name == "successions":
            binding = with_succession_rules(binding, self._accounts(), self.run.checks.orphan_limit)
        judgement = judge(engine, binding, self.run.checks, self._accounts(), self.excluded)
        self.bindings[name] = binding
        self.relations[name] = self._materialise(judgement, stored=read.stored)
        left_out = [number for number, rule in enumerate(judgement.rules) if rule.code in ("excluded", CODE)]
        if binding.contract.name == "accounts" and left_out:
            ids = excluded_accounts(engine, name, judgement.relation, self.relations[name], left_out)
            self.excluded.append(ids)
        findings += [*named_scale(engine, judgement), *mixed_scales(engine, judgement)]
        findings += mixed_currencies(engine, judgement)
        if binding.contract.name == "accounts" and has_history(binding.present):
            findings += overlaps(engine, judgement)
            delay = self.run.sources[name].availability_delay_days
            self.relations[name], self.versions[name] = split_versions(engine, name, self.relations[name], delay)
        findings += self.lineage.read(judgement, self.relations[name])
        if self.run.data_end is None:
            findings += stray_days(engine, name, binding.contract.name, self.relations[name])
        findings = self._told(name, findings)
        self.problems += errors(findings)
        self.reports[name] = SourceReport(
            source=name,
            contract=binding.contract.name,
            rows_in=judgement.rows_in,
            used=judgement.used,
            accounts=judgement.accounts,
            fingerprint=_fingerprint(print_(), self.run, binding.rules),
            quarantined=judgement.taken("quarantine"),
            dropped=judgement.taken("drop"),
            first_day=judgement.first_day,
            last_day=judgement.last_day,
            lateness=_lateness(binding),
            findings=tuple(findings),
        )
        self.quarantine.write(engine, judgement)
        if read.stored:
            forget_layers(engine, name, read.relation, len(self.run.sources[name].lookup))

    def _materialise(self, judgement: Judgement, *, stored: bool) -> str:
        """The relation that others read: a view where a scan is cheap, a table where texts were parsed or copies fell.

        A view has a twin with keys. They are no columns of the relation itself, because views over it change its ids.
        """
        binding = judgement.binding
        relation = quote_identifier(f"source:{binding.name}")
        copied = stored or bool(judgement.marks or judgement.versions) or binding.contract.name == "accounts"
        what = "TABLE" if copied else "VIEW"
        self.engine.execute(f"CREATE {what} {relation} AS SELECT {projection(judgement.shaped)} FROM {judgement.sound}")
        if not copied:
            twin, keys = quote_identifier(f"keyed:{binding.name}"), {c: key_name(c) for c in binding.integers}
            columns = projection(judgement.shaped) + "".join(f", {raw(c)} AS {key}" for c, key in keys.items())
            self.engine.execute(f"CREATE VIEW {twin} AS SELECT {columns} FROM {judgement.sound}")
            self.keyed[relation] = _keyed(judgement, twin, keys)
        return relation

    def _told(self, name: str, problems: Sequence[Problem]) -> list[Problem]:
        """The problems as whoever wrote the run knows the source."""
        panel = self.run.sources[name].contract == PANEL
        return [in_words_of_panel(problem) for problem in problems] if panel else list(problems)

    def _accounts(self) -> list[str]:
        """Relations of the accounts sources that are open."""
        return [self.relations[name] for name in self.relations if self.run.sources[name].contract == "accounts"]


def _keyed(judgement: Judgement, twin: str, keys: Mapping[str, str]) -> Keyed:
    """A relation's twin, with what the checks know of its rows."""
    first, last, shaped = judgement.first_day, judgement.last_day, judgement.shaped
    if judgement.binding.contract.name != "events" or first is None or last is None:
        return Keyed(twin, keys)
    return Keyed(twin, keys, (first, last) if shaped["known_day"] == shaped["day"] else None, judgement.kept)


def _fingerprint(of_files: str, run: Run, rules: Sequence[Rule]) -> str:
    """Of a source's rows: of its files, and of who was forgotten among them."""
    return forgotten_in(run.out).fingerprint(of_files) if any(rule.code == CODE for rule in rules) else of_files


def _lateness(binding: Binding) -> str:
    """Why late rows of a source cannot be told; empty where they can, or where nothing has a moment."""
    if binding.contract.name not in ("events", "levels", "intervals") or "known_at" in binding.present:
        return ""
    delay = binding.source.availability_delay_days
    counted = f"each counts as known {delay} days later" if delay else "each counts as known on its day"
    return f"rows do not say when they became known, so late ones cannot be told; {counted}"


def _engine_fault(name: str, error: EngineError) -> Problem:
    rule = f"its rows can be read and computed; the engine says: {error.what.splitlines()[0][:300]}"
    remedy = error.remedy or "mend what the source reads, or its expressions"
    return Problem("engine", "error", name, rule=rule, remedy=remedy)
