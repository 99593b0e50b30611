"""The documents say what the source says."""

import importlib.util
import re
from types import ModuleType

from govdash.cli import COMMANDS
from govdash.core.settings import ROOT

SETTINGS = (ROOT / "govdash" / "core" / "settings.py").read_text(encoding="utf-8")


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_data_dictionary_is_current():
    made = script("data_dictionary")
    assert made.TARGET.read_text(encoding="utf-8") == made.dictionary(), "run `make docs`"


def test_operations_name_every_setting_and_every_command():
    told = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    settings = set(re.findall(r"GOVDASH_[A-Z_]+", SETTINGS)) - {"GOVDASH_"}
    assert sorted(name for name in settings if f"`{name}`" not in told) == []
    assert sorted(name for name in COMMANDS if f"`govdash {name}" not in told) == []


def test_documents_name_profiles_that_ship():
    shipped = {path.stem for path in ROOT.glob("data/profiles/*.yaml")}
    documents = [ROOT / "README.md", *ROOT.glob("docs/*.md")]
    named = {
        name
        for path in documents
        for name in re.findall(r"--profile ([a-z_0-9]+)", path.read_text(encoding="utf-8"))
    }
    assert named
    assert named - {"guess"} - shipped == set()  # guess: by the names of the columns


def test_links_between_documents_lead_somewhere():
    documents = [ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")]
    links = [
        (path, target)
        for path in documents
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8"))
        if not target.startswith("http")
    ]
    broken = [f"{path.name} → {to}" for path, to in links if not (path.parent / to).exists()]
    assert broken == []
