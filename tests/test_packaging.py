import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from relay import shipped

ROOT = Path(__file__).parents[1]
MODULES = {"pyyaml": "yaml", "slack-sdk": "slack_sdk", "httpx-aiohttp": "httpx_aiohttp"}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, built as `uv build` does for a release: the sdist, and the wheel from it."""
    if not shutil.which("uv"):
        pytest.skip("needs uv")
    folder = tmp_path_factory.mktemp("dist")
    command = ["uv", "build", "--quiet", "--out-dir", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if built.returncode and "Failed to resolve requirements" in built.stderr:
        pytest.skip("needs a package index that has hatchling")
    assert 0 == built.returncode, built.stderr
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.fixture(scope="module")
def wheel(unpacked: Path) -> set[str]:
    return {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}


def test_the_wheel_carries_what_is_shipped(wheel: set[str]) -> None:
    """Every template and the example rules are in the wheel, at the place where the code looks."""
    templates = {path.relative_to(ROOT).as_posix() for path in (ROOT / "templates").rglob("*.j2")}
    expected = {f"relay/_shipped/{name}" for name in templates | {"rules.yaml"}}
    assert expected == {name for name in wheel if name.startswith("relay/_shipped/")}


def test_the_wheel_carries_all_of_the_code(wheel: set[str]) -> None:
    """Every module of the package is in the wheel, and the mark that it has types."""
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "relay").rglob("*.py")}
    assert modules | {"relay/py.typed"} == {name for name in wheel if name.endswith((".py", "py.typed"))}


def test_the_wheel_carries_nothing_else(wheel: set[str]) -> None:
    """No test, benchmark or tool of the clone gets into an installation."""
    assert {"relay"} == {name.partition("/")[0] for name in wheel if ".dist-info/" not in name}


def test_the_wheel_finds_what_is_shipped(unpacked: Path, tmp_path: Path) -> None:
    """Installed from the wheel, relay reads the shipped files out of the installation."""
    code = "from relay import shipped; print(shipped.templates(), shipped.rules(), sep='|')"
    command = [sys.executable, "-c", code]
    environ = {"PYTHONPATH": str(unpacked)}
    found = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True)
    carried = unpacked / "relay" / "_shipped"
    assert f"{carried / 'templates'}|{carried / 'rules.yaml'}" == found.stdout.strip()


def test_a_clone_finds_what_is_shipped() -> None:
    """In a clone and an editable install, the files beside the package are the shipped ones."""
    assert (ROOT / "templates", ROOT / "rules.yaml") == (shipped.templates(), shipped.rules())


def test_what_is_installed_is_used() -> None:
    """Every dependency is imported somewhere in relay; tzdata is data that Python itself finds."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[\[<>=]", dependency)[0] for dependency in project["dependencies"]} - {"tzdata"}
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "relay").rglob("*.py"))
    imported = set(re.findall(r"^\s*(?:import|from) (\w+)", code, re.MULTILINE))
    assert set() == {name for name in names if MODULES.get(name, name) not in imported}
