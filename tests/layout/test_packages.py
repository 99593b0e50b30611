"""What is installed is what is declared and pinned; the files name no machine and no registry."""

import re
import tomllib
from importlib.metadata import version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from govdash.core.settings import ROOT
from tests.layout.source import tracked


def pins(name: str) -> dict[str, str]:
    """Return the pinned versions that hold for this interpreter."""
    found = {}
    for line in (ROOT / name).read_text().splitlines():
        text = line.partition(" #")[0].strip()
        if not text or text.startswith(("#", "-r")):
            continue
        wanted = Requirement(text)
        assert re.fullmatch(r"==[^*,]+", str(wanted.specifier)), f"{text} is no exact pin"
        if wanted.marker is None or wanted.marker.evaluate():
            found[canonicalize_name(wanted.name)] = str(wanted.specifier).removeprefix("==")
    return found


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DECLARED = {
    "requirements.txt": PROJECT["project"]["dependencies"],
    "requirements-dev.txt": PROJECT["dependency-groups"]["dev"],
}


@pytest.mark.parametrize("name", DECLARED)
def test_every_declared_package_is_pinned_within_its_bounds(name: str):
    pinned = pins(name)
    for text in DECLARED[name]:
        wanted = Requirement(text)
        pin = pinned.get(canonicalize_name(wanted.name))
        assert pin, f"{wanted.name} is not in {name}; run `make lock`"
        assert wanted.specifier.contains(pin, prereleases=True), f"{text}, but pinned {pin}"


@pytest.mark.parametrize("name", DECLARED)
def test_what_is_installed_is_what_is_pinned(name: str):
    different = {n: (pin, version(n)) for n, pin in pins(name).items() if version(n) != pin}
    assert different == {}


def test_every_runtime_package_has_its_reason_in_the_record():
    told = (ROOT / "docs" / "adr" / "2026-11-dependencies.md").read_text()
    missing = [
        Requirement(text).name
        for text in DECLARED["requirements.txt"]
        if f"`{Requirement(text).name}`" not in told
    ]
    assert missing == []


#: Written in pieces, so that this file does not name them itself.
FOREIGN = [
    "/wo" + "rk/",
    "/ro" + "ot/",
    "py" + "pi.org",
    "python" + "hosted",
    "npm" + "js",
    "index" + "-url",
]


def test_no_file_names_a_machine_or_a_registry():
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # pictures, GB18030 samples
        found += [f"{path.relative_to(ROOT)}: {word}" for word in FOREIGN if word in text]
    assert found == []


def test_every_exception_from_a_security_rule_says_why():
    """A rule of bandit or ruff's S that is switched off on a line has a reason beside it."""
    switched_off = re.compile(
        r"# (?:noqa: (?:[A-Z]+\d+, ?)*S\d+(?:, ?[A-Z]+\d+)*|nosec(?: B\d+)+)(.*)"
    )
    silent = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix == ".py" and "tests" not in path.relative_to(ROOT).parts
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if (found := switched_off.search(line)) and len(found[1].strip(" #-,;nosecB0123456789")) < 8
    ]
    assert silent == []


def test_whole_folders_are_excepted_from_security_rules_only_where_nothing_ships():
    """Tests assert and run programs; benchmarks make random cities. What ships has no such pass."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    excepted = {
        folder
        for folder, rules in told["per-file-ignores"].items()
        if any(rule == "S" or re.fullmatch(r"S\d+", rule) for rule in rules)
    }
    assert excepted <= {"tests/**", "benchmarks/**"}
    assert "S" in told["select"]
    assert not [rule for rule in told["ignore"] if re.fullmatch(r"S\d*", rule)]
