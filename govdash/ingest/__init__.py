"""Files and frames from outside, checked and taken into the store."""

from govdash.ingest.contact import contact_key
from govdash.ingest.findings import REASONS, WARNINGS, in_words
from govdash.ingest.frames import Checked, FrameTaker, accept_frame
from govdash.ingest.guess import FIELDS
from govdash.ingest.importing import ImportReport, import_file
from govdash.ingest.opening import Preview, preview
from govdash.ingest.profiles import (
    Profile,
    load_profile,
    match_profile,
    profile_from_mapping,
    profiles,
    save_profile,
)
from govdash.ingest.running import mark_interrupted

__all__ = [
    "FIELDS",
    "REASONS",
    "WARNINGS",
    "Checked",
    "FrameTaker",
    "ImportReport",
    "Preview",
    "Profile",
    "accept_frame",
    "contact_key",
    "import_file",
    "in_words",
    "load_profile",
    "mark_interrupted",
    "match_profile",
    "preview",
    "profile_from_mapping",
    "profiles",
    "save_profile",
]
