"""The registered model of a run: a version for each bundle, found again by the bundle's digest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from healthscore.pipelines.runs.record import digest_of
from healthscore.pipelines.tracking.entry import Alias, Entry
from healthscore.pipelines.tracking.servable import save_servable

CHALLENGER, CHAMPION = "challenger", "champion"
IDENTITY, DIGEST, AT = "healthscore.identity", "healthscore.bundle", "healthscore.at"


@dataclass(frozen=True)
class Registered:
    """The registered model called `name`, whose models belong to one experiment."""

    client: Any
    experiment: str
    name: str

    def challenge(self, entry: Entry, bundle: Path, run: str) -> str:
        """Register the model that a run made and call it the challenger, unless a later one already is."""
        version = self._of_bundle(entry.identity, bundle, entry.at, run)
        before = self._aliased(CHALLENGER)
        if before is None or int(before.tags.get(AT, 0)) <= entry.at:
            self.client.set_registered_model_alias(self.name, CHALLENGER, version)
        return version

    def point(self, wanted: Alias) -> str:
        """Move an alias; LookupError where no version is of that training run and no bundle is given to make one."""
        if wanted.bundle is not None:
            version = self._of_bundle(wanted.identity, wanted.bundle, wanted.at, None)
        else:
            versions = self._versions(wanted.identity)
            if not versions:
                raise LookupError(f"no version of the model {self.name} is of the training run {wanted.identity}")
            version = str(max(int(found.version) for found in versions))
        self.client.set_registered_model_alias(self.name, wanted.alias, version)
        challenger = self._aliased(CHALLENGER) if wanted.alias == CHAMPION else None
        if challenger is not None and challenger.tags.get(IDENTITY) == wanted.identity:
            self.client.delete_registered_model_alias(self.name, CHALLENGER)  # what is champion challenges nobody
        return version

    def _of_bundle(self, identity: str, bundle: Path, at: int, run: str | None) -> str:
        """Version that holds these very bytes, registered now if none does."""
        digest = digest_of(bundle)
        found = [version for version in self._versions(identity) if version.tags.get(DIGEST) == digest]
        if found:
            return str(found[0].version)
        tags = {IDENTITY: identity, DIGEST: digest, AT: str(at)}
        if not self._exists():
            self.client.create_registered_model(self.name)
        model = self._logged(identity, bundle, run, tags)
        # By its place: a local registry looks "models:/<id>" up in the tracking store of the process, not in this one.
        made = self.client.create_model_version(
            self.name, model.artifact_location, run_id=run, tags=tags, model_id=model.model_id
        )
        return str(made.version)

    def _logged(self, identity: str, bundle: Path, run: str | None, tags: dict[str, str]) -> Any:
        """Log the bundle as a model that MLflow serves."""
        from mlflow.entities import LoggedModelOutput
        from mlflow.models import Model

        model = self.client.create_logged_model(self.experiment, f"health-{identity}", run, tags, None, "healthscore")
        key = str(model.model_id)
        described = Model(artifact_path=model.artifact_location, model_uuid=key, run_id=run, model_id=key)
        try:
            with TemporaryDirectory() as folder:
                save_servable(bundle, Path(folder) / "model", described)
                self.client.log_model_artifacts(key, str(Path(folder) / "model"))
        except BaseException:
            self.client.finalize_logged_model(key, "FAILED")
            raise
        self.client.finalize_logged_model(key, "READY")
        if run is not None:
            self.client.log_outputs(run, [LoggedModelOutput(key, 0)])
        return model

    def _versions(self, identity: str) -> list[Any]:
        of_run = f"name = '{self.name}' and tag.`{IDENTITY}` = '{identity}'"
        return list(self.client.search_model_versions(of_run))

    def _exists(self) -> bool:
        return bool(self.client.search_registered_models(f"name = '{self.name}'", max_results=1))

    def _aliased(self, alias: str) -> Any:
        models = self.client.search_registered_models(f"name = '{self.name}'", max_results=1)
        version = models[0].aliases.get(alias) if models else None
        return None if version is None else self.client.get_model_version(self.name, version)
