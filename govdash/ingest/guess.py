"""Guesses that a person then checks: which column is what, how dates are written."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

#: Canonical fields: code → (label on the screen, names that other systems use).
FIELDS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "source": ("来源系统", ("来源系统",)),
        "source_id": (
            "编号",
            (
                "来源编号", "工单编号", "工单号", "任务号", "案件编号", "案卷编号", "受理编号",
                "事件编号", "单号", "流水号", "编号", "srrecordid", "case_enquiry_id",
                "service_request_number", "service_request_id", "unique_key", "id",
            ),
        ),
        "occurred_at": ("发生时间", ("事发时间", "案发时间", "发现时间", "occurred")),
        "reported_at": (
            "上报时间",
            (
                "来电时间", "受理时间", "登记时间", "创建时间", "立案时间", "提交时间", "诉求时间",
                "createddate", "created_date", "creation_date", "open_dt", "requested_datetime",
                "created_at", "created", "time", "时间", "日期",
            ),
        ),
        "received_at": ("接收时间", ("接收时间",)),
        "closed_at": (
            "办结时间",
            (
                "结案时间", "办结时间", "完成时间", "closedate", "closed_date", "closed_dt",
                "completion_date", "closed",
            ),
        ),
        "kind": ("类型（部件/事项）", ("问题类型", "案件类型", "类型")),
        "category": (
            "类别",
            (
                "类别代码", "小类代码", "小类名称", "小类", "诉求类别", "诉求分类", "问题小类",
                "问题类别", "事项名称", "srtype", "complaint_type", "type_of_service_request",
                "service_name", "type", "分类", "category", "label",
            ),
        ),
        "category_name": ("类别名称", ("类别名称",)),
        "lon": ("经度", ("lng", "longitude", "x坐标", "geometry.lon", "x", "long")),
        "lat": ("纬度", ("latitude", "y坐标", "geometry.lat", "y")),
        "point": ("坐标（同一列）", ("坐标", "经纬度", "地理坐标", "location", "geolocation")),
        "address": (
            "地址",
            ("事发地址", "诉求地址", "地点", "位置描述", "地点描述", "详细地址", "street_address"),
        ),
        "title": ("标题", ("诉求标题", "工单标题", "主题", "case_title", "subject")),
        "text": (
            "内容",
            (
                "诉求内容", "问题描述", "案件描述", "描述", "详细描述", "工单内容", "body",
                "description", "content",
            ),
        ),
        "channel": ("渠道", ("来源渠道", "诉求来源", "问题来源", "来源", "methodreceived")),
        "facet": ("要素", ("六要素",)),
        "asset_code": ("部件编码", ("部件标识码", "部件代码", "设施编码")),
        "unit_code": (
            "处置单位",
            ("单位代码", "主责部门", "责任单位", "承办单位", "处置部门", "主办单位", "agency",
             "department"),
        ),
        "urgency": ("紧急程度", ("紧急级别", "优先级", "priority")),
        "sentiment": ("情绪", ("情感",)),
        "status_hint": (
            "来源状态",
            ("工单状态", "案件状态", "办理状态", "srstatus", "状态", "status"),
        ),
        "reporter_name": ("诉求人姓名", ("联系人", "来电人", "姓名", "诉求人", "上报人")),
        "reporter_contact": ("联系方式", ("联系电话", "来电号码", "手机号", "电话", "手机")),
        "reporter_identity": ("诉求人证件号", ("身份证号", "身份证号码", "证件号码")),
        "reporter_address": ("诉求人住址", ("家庭住址", "联系地址", "住址")),
        "area_code": ("区域编码", ("区域代码", "网格编码", "单元网格", "网格编号", "网格")),
    }
)  # fmt: skip
TIME_FIELDS: Final = ("reported_at", "occurred_at", "closed_at", "received_at")
_SLASHED: Final = re.compile(r"\s*(\d{1,2})[/.\-](\d{1,2})[/.\-]\d{4}")


def guess_columns(columns: Iterable[str]) -> dict[str, str]:
    """Return the likely column of each canonical field; a column serves one field only."""
    free = {_plain(column): column for column in reversed(list(columns))}
    found: dict[str, str] = {}
    for field, (label, names) in FIELDS.items():
        for name in (field, label, *names):
            column = free.pop(_plain(name), None)
            if column is not None:
                found[field] = column
                break
    if "lon" in found and "lat" in found:
        found.pop("point", None)
    return found


def day_first(texts: Iterable[str]) -> bool:
    """Whether slashed dates begin with the day: True when a first number is above 12.

    Without such a one the month is taken to come first; a person can say otherwise.
    """
    return any(int(match[1]) > 12 for text in texts if (match := _SLASHED.match(text)))


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-（）()：:]", "", name).casefold()
