"""Limits and calendar come from the data folder that is in use."""

import shutil

from govdash.core.settings import ROOT
from govdash.core.vocab import Clock, LimitUnit
from govdash.taxonomy import Limit
from govdash.workflow import deadlines


def test_a_city_with_a_data_folder_of_its_own_has_its_own_stage_limits(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (tmp_path / "data" / "limits" / "stages.csv").write_text(
        "clock,amount,unit,confidence\naccept,2,work_hour,city\n", encoding="utf-8"
    )
    monkeypatch.delenv("GOVDASH_DATA", raising=False)
    shipped = deadlines.in_force()
    monkeypatch.setenv("GOVDASH_DATA", str(tmp_path / "data"))
    own = deadlines.in_force()
    assert own.limit_of(Clock.ACCEPT, None) == Limit(2, LimitUnit.WORK_HOUR)
    assert shipped.limit_of(Clock.ACCEPT, None) != own.limit_of(Clock.ACCEPT, None)
