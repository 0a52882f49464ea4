"""A run's TOML: what is accepted, where paths lead, and how faults are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from healthscore.config import library, load_run, shipped_runs
from healthscore.errors import ConfigurationError

MINIMAL = """
[as_of]
dates = [2024-03-01]
[sources.log]
contract = "events"
path = "log.csv"
[signals.use]
source = "log"
component = "activity"
[outcome]
kind = "inactivity"
source = "log"
horizon_days = 30
"""


def written(directory: Path, text: str, name: str = "healthscore.toml") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_file_beside_the_user_is_found_and_names_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "My Shop 2"
    home.mkdir()
    written(home, MINIMAL)
    monkeypatch.chdir(home)
    run = load_run()
    assert run.name == "my_shop_2"
    assert run.data == home
    assert run.out == home / "healthscore-out" / "my_shop_2"


def test_data_root_is_the_option_then_the_environment_then_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, 'data = "tables"\n' + MINIMAL)
    assert load_run(path).data == tmp_path / "tables"
    monkeypatch.setenv("HEALTHSCORE_DATA", str(tmp_path / "elsewhere"))
    assert load_run(path).data == tmp_path / "elsewhere"
    assert load_run(path, data=tmp_path / "given").data == tmp_path / "given"


def test_an_including_file_wins_over_what_it_includes(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    written(tmp_path / "parts", 'title = "below"\nseed = 5\n[features]\nwindows = [7]\ntenure = false\n', "base.toml")
    path = written(
        tmp_path, 'include = ["parts/base.toml"]\ntitle = "above"\n' + MINIMAL + "[features]\nwindows = [14]\n"
    )
    run = load_run(path)
    assert (run.title, run.seed) == ("above", 5)
    assert run.features.windows == (14,)
    assert run.features.tenure is False


def test_a_circle_of_includes_is_refused(tmp_path: Path) -> None:
    written(tmp_path, 'include = ["b.toml"]', "a.toml")
    written(tmp_path, 'include = ["a.toml"]', "b.toml")
    with pytest.raises(ConfigurationError, match=r"includes itself: a\.toml > b\.toml"):
        load_run(tmp_path / "a.toml")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("horizon_days", "horizon_day"), r"outcome\.horizon_day: unknown key; did you mean `horizon_days`"),
        (('component = "activity"', 'componant = "activity"'), r"signals\.use\.componant.*did you mean `component`"),
        (('source = "log"\ncomponent', 'source = "logs"\ncomponent'), r"there is no 'logs'; did you mean 'log'"),
        (("[outcome]", 'timezone = "Europe/Londn"\n[outcome]'), r"timezone"),
        (("2024-03-01", '"soon"'), r"as_of\.dates"),
    ],
)
def test_faults_name_the_key_and_the_nearest_known_one(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = written(tmp_path, MINIMAL.replace(*change))
    with pytest.raises(ConfigurationError, match=message):
        load_run(path)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, MINIMAL.replace("horizon_days = 30", "horizon_days = 0").replace('"events"', '"event"'))
    with pytest.raises(ConfigurationError) as error:
        load_run(path)
    assert "outcome.horizon_days" in str(error.value)
    assert "sources.log.contract" in str(error.value)


def test_a_duplicate_key_is_no_toml(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not TOML"):
        load_run(written(tmp_path, MINIMAL + "horizon_days = 60\n"))


def test_maturity_is_at_least_the_grace_period(tmp_path: Path) -> None:
    path = written(tmp_path, MINIMAL + "grace_days = 14\nmaturity_days = 7\n")
    with pytest.raises(ConfigurationError, match="maturity_days"):
        load_run(path)
    assert load_run(written(tmp_path, MINIMAL + "grace_days = 14\n")).need_outcome().maturity == 14


def test_a_missing_run_names_the_shipped_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="healthscore init"):
        load_run()
    with pytest.raises(ConfigurationError, match="did you mean the shipped run 'saas'"):
        load_run("sass")


def test_results_lie_beside_the_users_run_and_never_inside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_run("saas").out == tmp_path / "healthscore-out" / "saas"
    monkeypatch.setattr("healthscore.config.loading.library", lambda: tmp_path)  # a checkout that holds the user's run
    (tmp_path / "demo").mkdir()
    path = written(tmp_path / "demo", MINIMAL)
    assert load_run(path).out == tmp_path / "demo" / "healthscore-out" / "demo"


@pytest.mark.parametrize("name", sorted(shipped_runs()))
def test_every_shipped_run_is_valid(name: str) -> None:
    assert load_run(name).name == name


def test_the_text_folders_hold_no_python_and_nothing_imports_them() -> None:
    root = library()
    for folder in ("pipelines", "features", "models"):
        assert not list((root / folder).rglob("*.py"))
    banned = tuple(f"{verb} {folder}" for verb in ("import", "from") for folder in ("pipelines", "features", "models"))
    source = Path(__file__).parents[1] / "src"
    for path in source.rglob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if line.strip().startswith(banned)], path


FURTHER = """
[outcomes.complaint]
kind = "complaint"
source = "log"
active_source = "log"
horizon_days = 60
"""


def test_further_outcomes_stand_beside_the_runs_own(tmp_path: Path) -> None:
    run = load_run(written(tmp_path, MINIMAL + FURTHER))
    assert {name: outcome.kind for name, outcome in run.outcomes.items()} == {"complaint": "complaint"}
    assert load_run(written(tmp_path, MINIMAL)).outcomes == {}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'source = "log"\nactive',
            'source = "lag"\nactive',
            "outcomes.complaint.source: there is no 'lag'; did you mean",
        ),
        ('active_source = "log"', 'active_source = "lag"', "outcomes.complaint.active_source: there is no 'lag'"),
        (
            "[outcomes.complaint]",
            "[outcomes.inactivity]",
            "the run's own [outcome] is called by its kind, 'inactivity'",
        ),
        (
            "horizon_days = 60",
            "horizon_day = 60",
            "outcomes.complaint.horizon_day: unknown key; did you mean `horizon_days`?",
        ),
    ],
)
def test_faults_of_further_outcomes_name_them(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_run(written(tmp_path, MINIMAL + FURTHER.replace(old, new)))
    assert message in str(caught.value)


def test_further_outcomes_without_an_own_one_are_refused(tmp_path: Path) -> None:
    alone = MINIMAL[: MINIMAL.index("[outcome]")] + FURTHER
    with pytest.raises(ConfigurationError, match=r"they stand beside the run's own \[outcome\], and there is none"):
        load_run(written(tmp_path, alone))
