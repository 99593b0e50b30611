"""No line of a log holds a secret, wherever it came from."""

import logging
from collections.abc import Iterator

import pytest

from govdash.core.errors import SettingsError
from govdash.core.settings import Settings
from govdash.worker import logs

PARTS = {
    "GOVDASH_CONTACT_KEY": "contact-key-of-the-city",
    "GOVDASH_AUDIT_KEY": "YXVkaXQta2V5LW9mLXRoZS1jaXR5LTEyMzQ1Njc4OTA=",
    "GOVDASH_PERSON_KEY": "person-key-of-the-city",
    "GOVDASH_PERSON_KEYS_OLD": "older-person-key,oldest-person-key",
    "GOVDASH_OIDC_ISSUER": "https://id.example",
    "GOVDASH_OIDC_CLIENT_ID": "govdash",
    "GOVDASH_OIDC_CLIENT_SECRET": "client-secret-of-the-city",
    "GOVDASH_DATABASE_URL": "postgresql://gov:p%40ss-word@db.example/gov",
}


@pytest.fixture
def lines(tmp_path) -> Iterator[logging.Logger]:
    settings = Settings.from_environment(
        PARTS | {"GOVDASH_MODE": "demo", "GOVDASH_VAR": str(tmp_path)}
    )
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers = []
    logs.begin(settings, "web")
    yield logging.getLogger("test")
    for handler in root.handlers:
        handler.close()
    root.handlers = before
    root.setLevel(level)


@pytest.mark.parametrize(
    "secret",
    [
        PARTS["GOVDASH_CONTACT_KEY"],
        PARTS["GOVDASH_AUDIT_KEY"],
        PARTS["GOVDASH_PERSON_KEY"],
        PARTS["GOVDASH_OIDC_CLIENT_SECRET"],
        "oldest-person-key",
        "p@ss-word",
        "p%40ss-word",
        "gdk_0a1b2c3d_S3cr-et_part",
    ],
)
def test_a_secret_is_hidden_in_a_message_and_in_a_traceback(lines, tmp_path, capsys, secret: str):
    lines.warning("asked with %s today", secret)
    try:
        int(f"not a number: {secret}")
    except ValueError:
        lines.exception("failed")
    text = (tmp_path / "logs" / "web.log").read_text("utf-8") + capsys.readouterr().err
    assert secret.rpartition("gdk_0a1b2c3d_")[2] not in text
    assert logs.HIDDEN in text
    assert "Traceback" in text
    assert "asked with" in text


@pytest.mark.parametrize("name", ["contact.key", "keys/secret.key", "keys/audit.key"])
def test_a_key_that_lies_in_a_file_is_hidden_even_when_made_later(lines, tmp_path, name: str):
    lines.info("before")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("key-made-after-the-start\n", "utf-8")
    lines.info("asked with key-made-after-the-start today")
    text = (tmp_path / "logs" / "web.log").read_text("utf-8")
    assert f"asked with {logs.HIDDEN} today" in text


def test_log_files_are_kept_half_a_year_at_least(lines):
    files = [h for h in logging.getLogger().handlers if hasattr(h, "backupCount")]
    assert [(h.when, h.backupCount) for h in files] == [("MIDNIGHT", 180)]
    with pytest.raises(SettingsError, match="180"):
        Settings.from_environment({"GOVDASH_LOG_DAYS": "179"})


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("authorization: Bearer abc.def today", "authorization: Bearer ［隐去］ today"),
        ("Basic dXNlcjpwYXNz", "Basic ［隐去］"),
        ("https://me:secret@host/x?y=1", "https://me:［隐去］@host/x?y=1"),
        (
            "POST https://qy.example/send?key=a1-b2&x=1",
            "POST https://qy.example/send?key=［隐去］&x=1",
        ),
        ("Cookie: govdash_session=abcDEF-1; a=b", "Cookie: govdash_session=［隐去］; a=b"),
        (
            "key gdk_0a1b2c3d refused, http://host:80/a",
            "key gdk_0a1b2c3d refused, http://host:80/a",
        ),
    ],
)
def test_what_looks_like_a_secret_is_hidden_and_its_surroundings_stay(lines, tmp_path, told, kept):
    lines.info("%s", told)
    assert (tmp_path / "logs" / "web.log").read_text("utf-8").rstrip("\n").endswith(kept)
