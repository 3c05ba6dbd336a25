"""The project's own promises: one list of dependencies, locks anyone can install, no trace of a machine."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = {"requirements.lock": "lab", "requirements-dev.lock": "test", "requirements-cuda.lock": "cublas"}
# Conda gives the Python package the longer name: `graphviz` there is the program.
CONDA_NAMES = {"python-graphviz": "graphviz"}
CONDA_ONLY = {"python", "pip", "graphviz"}


def direct(extra: str) -> dict[str, Requirement]:
    """What pyproject.toml asks for by name: the core and ``extra``, with the extras it is made of."""
    found = {Requirement(text).name: Requirement(text) for text in PROJECT["dependencies"]}
    for requirement in map(Requirement, PROJECT["optional-dependencies"][extra]):
        if requirement.name == "minigrad":
            for inner in requirement.extras:
                found |= direct(inner)
        else:
            # Two extras may ask for more of one package: what holds is both their ranges.
            if requirement.name in found:
                requirement.specifier &= found[requirement.name].specifier
            found[requirement.name] = requirement
    return found


def locked(name: str) -> dict[str, list[tuple[Version, str]]]:
    """Each package of a lock file with its versions (one for each marker) and the text of its entry."""
    entries: dict[str, list[tuple[Version, str]]] = {}
    for entry in re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip()):
        package, version = re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)", entry).groups()
        entries.setdefault(canonicalize_name(package), []).append((Version(version), entry))
    return entries


def conda() -> dict[str, SpecifierSet]:
    """What environment.yml asks for, under PyPI's names."""
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    by_pip = next(item["pip"] for item in listed if isinstance(item, dict))
    plain = [Requirement(item) for item in listed if isinstance(item, str) and item not in CONDA_ONLY]
    plain += [Requirement(item) for item in by_pip if not item.startswith("--editable")]
    assert "--editable ." in by_pip
    return {CONDA_NAMES.get(item.name, item.name): item.specifier for item in plain}


def test_conda_environment_has_every_dependency_in_the_same_range() -> None:
    expected = {name: requirement.specifier for name, requirement in direct("test").items()}
    expected["python"] = SpecifierSet(PROJECT["requires-python"])
    assert conda() == expected


def test_conda_environment_brings_the_graphviz_program() -> None:
    assert "graphviz" in yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_every_direct_dependency_within_its_range(name: str) -> None:
    entries = locked(name)
    for requirement in direct(LOCKS[name]).values():
        versions = [version for version, _ in entries.get(canonicalize_name(requirement.name), [])]
        assert versions, f"{name} lacks {requirement}: run `make lock`"
        assert all(version in requirement.specifier for version in versions), f"{name}: {requirement}, has {versions}"


@pytest.mark.parametrize("name", LOCKS)
def test_lock_can_build_the_project_without_isolation(name: str) -> None:
    assert {"hatchling", "editables"} <= locked(name).keys()


@pytest.mark.parametrize("name", LOCKS)
def test_every_entry_of_a_lock_has_hashes_and_none_an_address(name: str) -> None:
    for entries in locked(name).values():
        for _, entry in entries:
            assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
            assert "://" not in entry and " @ " not in entry, entry
    assert not re.search(r"^\s*(-i|-f|--index|--extra-index|--find-links|#)", (ROOT / name).read_text(), re.MULTILINE)


def test_the_locks_agree() -> None:
    course, development, gpu = (
        {package: [version for version, _ in entries] for package, entries in locked(name).items()} for name in LOCKS
    )
    assert course.items() <= development.items()
    for name in gpu.keys() & development.keys():
        assert gpu[name] == development[name], name


def test_what_only_nvidia_makes_is_left_out_on_macos() -> None:
    for name in ("requirements-dev.lock", "requirements-cuda.lock"):
        for package, entries in locked(name).items():
            if package.startswith(("cuda-", "nvidia-", "numba-cuda", "nvmath")):
                markers = [Marker(entry.splitlines()[0].partition(";")[2].rstrip(" \\")) for _, entry in entries]
                assert not any(marker.evaluate({"sys_platform": "darwin"}) for marker in markers), package


def test_pytorch_stays_a_peer() -> None:
    assert "torch" not in direct("test")
    for name in LOCKS:
        assert "torch" not in locked(name)
    assert PROJECT["optional-dependencies"]["peer"][0] in (ROOT / "Makefile").read_text(encoding="utf-8")


def tracked_text() -> Iterator[tuple[str, str]]:
    """Every tracked text file of the project, by path."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        path = ROOT / name
        if path.is_file():
            content = path.read_bytes()
            if b"\0" not in content:
                yield name, content.decode("utf-8")


def test_no_tracked_file_holds_a_path_of_a_machine() -> None:
    home = r"/(?:home|root|Users)/\.?\w+"
    scratch = r"/(?:tmp|private|work|workspace)/\w+"
    pattern = re.compile(rf"(?<![\w.])(?:{re.escape(str(ROOT))}(?![\w-])|{home}|{scratch})|[A-Z]:\\+Users\\+\w+")
    examples = {"tests/test_project.py"}  # the test of this very rule
    found = [
        f"{name}: {match[0]}"
        for name, text in tracked_text()
        if name not in examples
        for match in pattern.finditer(text)
    ]
    assert not found


def test_browser_tests_stand_where_make_test_looks_for_them() -> None:
    mark = re.compile(r"^(?:pytestmark = |@)pytest\.mark\.browser$", re.MULTILINE)
    marked = [path for path in (ROOT / "tests").rglob("*.py") if mark.search(path.read_text(encoding="utf-8"))]
    assert {path.relative_to(ROOT / "tests").parts[0] for path in marked} == {"browser", "widgets"}


def test_only_source_directories_are_packages() -> None:
    # An __init__.py in one of these would make it a package with a name that others use, too.
    assert not [name for name in ("kernels", "widgets", "tests", "notebooks") if (ROOT / name / "__init__.py").exists()]
