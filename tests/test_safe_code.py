"""Nothing that the package reads can run: no unpickling, evaluation, shell, YAML; proven in its text and at work."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import healthscore

ROOT = Path(healthscore.__file__).parent
MODULES = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib", "yaml", "pickletools"}
CALLS = {"eval", "exec", "compile", "__import__", "breakpoint", "execfile"}
ATTRIBUTES = {"read_pickle", "to_pickle", "system", "popen", "spawnl", "spawnv", "LGBMClassifier", "LGBMRegressor"}
ALLOWED = ("platform.system",)
FILES = sorted(ROOT.rglob("*.py"))


def dangers(text: str, name: str = "text") -> list[str]:
    """Everything in a module that could run what it reads (faults page, S1)."""
    found = []
    for node in ast.walk(ast.parse(text, name)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            named = [alias.name for alias in node.names]
            modules = named if isinstance(node, ast.Import) else [node.module or ""]
            found += [f"import {module}" for module in modules if module.split(".")[0] in MODULES]
            found += [f"import {one}" for one in named if one in ATTRIBUTES]
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in CALLS:
                found.append(f"{node.func.id}()")
            if (
                isinstance(node.func, ast.Attribute)
                and node.func.attr in ATTRIBUTES
                and ast.unparse(node.func) not in ALLOWED
            ):
                found.append(f".{node.func.attr}()")
            told = {keyword.arg: keyword.value for keyword in node.keywords}
            for option in ("shell", "allow_pickle"):
                value = told.get(option)
                if value is not None and not (isinstance(value, ast.Constant) and value.value is False):
                    found.append(f"{option}=")
    return found


@pytest.mark.parametrize("path", FILES, ids=[path.relative_to(ROOT).as_posix() for path in FILES])
def test_no_module_can_run_what_it_reads(path: Path) -> None:
    assert dangers(path.read_text(encoding="utf-8"), str(path)) == []


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib",
        "import yaml",
        "import marshal as m",
        "eval('1')",
        "exec(text)",
        "compile(text, '', 'exec')",
        "__import__(name)",
        "subprocess.run('ls', shell=True)",
        "subprocess.run('ls', shell=asked)",
        "np.load(path, allow_pickle=True)",
        "pandas.read_pickle(path)",
        "os.system('ls')",
        "from lightgbm import LGBMClassifier",
        "import cloudpickle",
        "import dill",
        "import shelve",
    ],
)
def test_the_gate_sees(text: str) -> None:
    assert dangers(text)


@pytest.mark.parametrize(
    "text",
    [
        "np.load(path)",
        "re.compile(pattern)",
        "json.loads(text)",
        "tomllib.load(file)",
        "subprocess.run(['ls'])",
        "bundle.load(x)",
    ],
)
def test_the_gate_lets_pass(text: str) -> None:
    assert dangers(text) == []


AUDITED = """
import sys

CAUGHT = ("pickle.find_class", "marshal.loads", "os.system", "subprocess.Popen", "socket.connect", "os.exec")
hits = []

def listen(event, arguments):
    if event in CAUGHT and listening:
        # Python's own import reads its compiled modules by marshal.
        frame = sys._getframe(1)
        if event == "marshal.loads" and frame.f_code.co_filename.startswith("<frozen importlib"):
            return
        hits.append((event, repr(arguments)[:200], frame.f_code.co_filename))

listening = False
sys.addaudithook(listen)
from datetime import date
from pathlib import Path
import healthscore
from healthscore.models.bundle import load
from healthscore.pipelines.modelscore import rate_by_model

run, bundle = sys.argv[1:3]
listening = True
load(bundle)
healthscore.score(run, as_of=date(2025, 5, 1), model=bundle, out=sys.argv[3])
listening = False
import pickle
listening = True
pickle.loads(pickle.dumps(date(2025, 5, 1)))  # the hook does hear
listening = False
print(len(hits), hits[:5])
assert [hit[0] for hit in hits] == ["pickle.find_class"], hits
"""


def test_nothing_is_unpickled_or_started_while_a_bundle_is_loaded_and_scores(tmp_path: Path) -> None:
    from company import write_company
    from healthscore.pipelines.train import train

    run = write_company(tmp_path / "saas", 400)
    bundle = train(run, out=tmp_path / "trained").bundle
    command = [sys.executable, "-c", AUDITED, str(run), str(bundle), str(tmp_path / "scored")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
