"""`govdash backup` and `restore` as people run them."""

import json
import shutil
from pathlib import Path

from govdash.core.settings import Settings
from tests.cli.command import run


def test_a_city_goes_into_a_folder_and_comes_back(settings: Settings, tmp_path: Path):
    assert run("init", settings=settings).returncode == 0
    kept = str(tmp_path / "backup")
    done = run("backup", "--out", kept, settings=settings)
    assert done.returncode == 0, done.stderr
    public = str(settings.var / "keys" / "audit.pub")
    done = run("restore", "--from", kept, "--check", "--key", public, settings=settings)
    assert "备份完好" in done.stdout, done.stderr
    new = tmp_path / "new"
    elsewhere = {"GOVDASH_VAR": str(new), "GOVDASH_DATABASE_URL": f"sqlite:///{new / 'govdash.db'}"}
    done = run("restore", "--from", kept, settings=settings, **elsewhere)
    assert (done.returncode, "缺少审计密钥" in done.stderr) == (2, True)
    shutil.copytree(settings.var / "keys", new / "keys", dirs_exist_ok=True)
    done = run("restore", "--from", kept, settings=settings, **elsewhere)
    assert done.returncode == 0, done.stderr
    verified = run("audit", "verify", "--json", settings=settings, **elsewhere)
    assert json.loads(verified.stdout)["ok"] is True, verified.stderr
    done = run("restore", "--from", kept, settings=settings, **elsewhere)
    assert (done.returncode, "已有数据" in done.stderr) == (2, True)
