"""The stored codes of the domain and their Chinese labels, each written once."""

from enum import StrEnum
from typing import Final, Self


class Labelled(StrEnum):
    """A stored code that knows its label on the screen."""

    label: str

    def __new__(cls, value: str, label: str) -> Self:
        """Keep `label` beside the stored `value`."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class Facet(Labelled):
    """六要素: which of the six an event is chiefly about."""

    PERSON = "person", "人"
    PLACE = "place", "地"
    AFFAIR = "affair", "事"
    THING = "thing", "物"
    SENTIMENT = "sentiment", "情"
    ORGANISATION = "organisation", "组织"


class Kind(Labelled):
    """What sort of category: 部件 and 事项 share code numbers, so the kind is part of the key."""

    PART = "part", "部件"
    AFFAIR = "affair", "事项"
    EMERGENCY = "emergency", "突发事件"
    LOCAL = "local", "地方扩展"

    @property
    def prefix(self) -> str:
        """First letter of a category key: ``P-01001`` and ``A-01001`` are two things."""
        return {"part": "P", "affair": "A", "emergency": "E", "local": "L"}[self.value]


class Channel(Labelled):
    """Where an event came from."""

    HOTLINE = "hotline", "政务热线"
    GRID = "grid", "网格巡查"
    SENSOR = "sensor", "物联感知"
    CAMERA = "camera", "视频智能"
    APP = "app", "市民随手拍"
    DEPARTMENT = "department", "部门推送"
    OTHER = "other", "其他"


class Urgency(Labelled):
    """紧急程度 of an event."""

    NORMAL = "normal", "一般"
    URGENT = "urgent", "紧急"
    CRITICAL = "critical", "特急"


class Sentiment(Labelled):
    """情: the mood read from a message."""

    POSITIVE = "positive", "正面"
    NEUTRAL = "neutral", "平稳"
    NEGATIVE = "negative", "不满"


class AreaLevel(Labelled):
    """A level of the area tree, from the whole city to a grid cell (单元网格)."""

    CITY = "city", "市"
    DISTRICT = "district", "区"
    STREET = "street", "街道"
    COMMUNITY = "community", "社区"
    GRID = "grid", "网格"


class Level(Labelled):
    """Level of an alert: 一级 red is the highest."""

    RED = "red", "红"
    ORANGE = "orange", "橙"
    YELLOW = "yellow", "黄"
    BLUE = "blue", "蓝"

    @property
    def rank(self) -> int:
        """1 for red … 4 for blue; sort by it."""
        return list(Level).index(self) + 1

    @property
    def is_severe(self) -> bool:
        """Whether it is kept until somebody has looked, whatever becomes of the signal."""
        return self in {Level.RED, Level.ORANGE}

    @property
    def numeral(self) -> str:
        """Roman numeral shown beside the colour, so that colour never speaks alone."""
        return "ⅠⅡⅢⅣ"[self.rank - 1]

    @property
    def shape(self) -> str:
        """Shape shown beside the colour."""
        return "◆▲■●"[self.rank - 1]


class Signal(Labelled):
    """What the machine says of an alert; people never write it."""

    PENDING = "pending", "待确认"
    FIRING = "firing", "持续中"
    CLEARING = "clearing", "正在消退"
    CLEARED = "cleared", "已消退"
    STALE = "stale", "数据中断"


class Handling(Labelled):
    """What people have done with an alert; the machine never writes over it."""

    NEW = "new", "待签收"
    ACKNOWLEDGED = "acknowledged", "已签收"
    LINKED = "linked", "已转案件"
    DISMISSED = "dismissed", "已排除"
    CLOSED = "closed", "已关闭"


class Disposition(Labelled):
    """What an alert turned out to be; needed when a person dismisses or closes it."""

    REAL_ACTED = "real_acted", "属实已处置"
    REAL_NO_ACTION = "real_no_action", "属实无需处置"
    EXPECTED_EVENT = "expected_event", "预期活动"
    DATA_ERROR = "data_error", "数据错误"
    FALSE_ALARM = "false_alarm", "误报"
    DUPLICATE = "duplicate", "重复"
    UNKNOWN = "unknown", "未判定"

    @property
    def counts_as_true(self) -> bool | None:
        """Whether it speaks for the rule that raised it; None where it says nothing."""
        if self in {Disposition.REAL_ACTED, Disposition.REAL_NO_ACTION}:
            return True
        if self in {Disposition.DUPLICATE, Disposition.UNKNOWN}:
            return None
        return False


class CaseState(Labelled):
    """States of a case (案件)."""

    RECEIVED = "received", "待立案"
    ACCEPTED = "accepted", "已立案"
    DISPATCHED = "dispatched", "已派遣"
    IN_PROGRESS = "in_progress", "处置中"
    RESOLVED_CLAIMED = "resolved_claimed", "待核查"
    VERIFIED = "verified", "核查通过"
    CLOSED = "closed", "已结案"
    REJECTED = "rejected", "不予立案"
    RETURNED = "returned", "已退单"
    ON_HOLD = "on_hold", "挂账"
    REWORK = "rework", "返工"
    CANCELLED = "cancelled", "已作废"
    MERGED = "merged", "已合并"
    REOPENED = "reopened", "已重开"


#: States in which no clock of a case runs.
CASE_ENDS: Final = (
    CaseState.CLOSED, CaseState.REJECTED, CaseState.CANCELLED, CaseState.MERGED,
)  # fmt: skip


class CaseAction(Labelled):
    """What a person can do to a case."""

    ACCEPT = "accept", "立案"
    REJECT = "reject", "不予立案"
    DISPATCH = "dispatch", "派遣"
    START = "start", "签收处置"
    RETURN = "return", "退单"
    RESOLVE = "resolve", "处置完毕"
    VERIFY = "verify", "核查通过"
    SEND_BACK = "send_back", "核查不通过（返工）"
    CLOSE = "close", "结案"
    HOLD = "hold", "挂账"
    RESUME = "resume", "恢复"
    CANCEL = "cancel", "作废"
    MERGE = "merge", "并入其他案件"
    UNMERGE = "unmerge", "取消合并"
    REOPEN = "reopen", "重新办理"
    REOPEN_UNSOLVED = "reopen_unsolved", "回访未解决，重新办理"


class Party(Labelled):
    """Who is to be told of a step of a case."""

    DUTY = "duty", "值班员"
    DISPATCHER = "dispatcher", "派遣员"
    UNIT = "unit", "处置单位"
    VERIFIER = "verifier", "核查员"
    REPORTER = "reporter", "诉求人"


class Asked(Labelled):
    """What a unit can ask for on behalf of a case."""

    EXTENSION = "extension", "延期"
    APPEAL = "appeal", "超时申诉"


class AskState(Labelled):
    """Where such a request stands."""

    WAITING = "waiting", "待审批"
    ONCE = "once", "待复审"
    GRANTED = "granted", "已同意"
    DENIED = "denied", "未同意"
    LAPSED = "lapsed", "已失效"


class Mark(Labelled):
    """What is put on a case from above, without moving it."""

    URGE = "urge", "催办"
    SUPERVISE = "supervise", "督办"
    LIFT = "lift", "解除督办"


class Shown(Labelled):
    """What a file of a case shows."""

    BEFORE = "before", "处置前"
    AFTER = "after", "处置后"
    OTHER = "other", "其他"


class ReportKind(Labelled):
    """信息报告: the first one of a serious case, those that follow, the last."""

    FIRST = "first", "初报"
    FOLLOW = "follow", "续报"
    FINAL = "final", "终报"


class WhyNot(Labelled):
    """Why the citizen says that it is not solved."""

    NOT_DONE = "not_done", "没有处理"
    PARTLY = "partly", "处理不彻底"
    AGAIN = "again", "处理后又出现"
    ANSWER = "answer", "不认可答复"
    OTHER = "other", "其他"


class LimitUnit(Labelled):
    """How a time limit counts (domain notes §3)."""

    URGENT_HOUR = "urgent_hour", "紧急工作时"
    WORK_HOUR = "work_hour", "工作时"
    WORK_DAY = "work_day", "工作日"
    CALENDAR_DAY = "calendar_day", "自然日"


class Clock(Labelled):
    """Which clock an interval belongs to: the whole case or one of its stages."""

    CASE = "case", "全程"
    ACCEPT = "accept", "受理"
    DISPATCH = "dispatch", "派遣"
    HANDLE = "handle", "处置"
    VERIFY = "verify", "核查"


class ImportState(Labelled):
    """How far an import got."""

    RUNNING = "running", "进行中"
    DONE = "done", "完成"
    FAILED = "failed", "失败"
    INTERRUPTED = "interrupted", "中断"


class ReleaseState(Labelled):
    """Where a request to take out personal data stands."""

    ASKED = "asked", "待审批"
    APPROVED = "approved", "已批准"
    REFUSED = "refused", "未批准"
    WITHDRAWN = "withdrawn", "已撤回"


class BriefKind(Labelled):
    """What a report (研判报告) is of."""

    DAY = "day", "日报"
    WEEK = "week", "周报"
    MONTH = "month", "月报"
    SPECIAL = "special", "专题报告"


class BriefState(Labelled):
    """Where a report stands."""

    DRAFT = "draft", "草稿"
    ISSUED = "issued", "已签发"
    DROPPED = "dropped", "已作废"


class Mute(Labelled):
    """What people mute notifications with."""

    SILENCE = "silence", "静默"
    MAINTENANCE = "maintenance", "维护"
    PLANNED = "planned", "计划活动"


class NoticeState(Labelled):
    """Where an intended notification stands."""

    PENDING = "pending", "待发送"
    SENT = "sent", "已送达"
    FAILED = "failed", "发送失败"
    SUPPRESSED = "suppressed", "已静默"
    EXPIRED = "expired", "不必再发"


class Attempted(Labelled):
    """What one attempt to send a notification came to."""

    SENT = "sent", "送达"
    RETRY = "retry", "未送达，稍后再试"
    FAILED = "failed", "失败，不再重试"
    SUPPRESSED = "suppressed", "静默中，未发"
    EXPIRED = "expired", "已不必发送"
    RESEND = "resend", "人工要求重发"


class Result(Labelled):
    """Whether a journalled action was done or refused."""

    DONE = "done", "成功"
    REFUSED = "refused", "拒绝"


class Job(Labelled):
    """Work that runs by the clock."""

    LAKE_SYNC = "lake_sync", "数据湖同步"
    DETECT_TICK = "detect_tick", "异常监测"
    CLOCK_CHECK = "clock_check", "时限检查"
    AUDIT_CHECKPOINT = "audit_checkpoint", "日志检查点"
    ESCALATE = "escalate", "通知升级"
    NOTIFY = "notify", "通知发送"
    BRIEFS = "briefs", "定期报告"
    DEMO_LIVE = "demo_live", "演示事件"


class Mode(Labelled):
    """What an installation is for."""

    DEMO = "demo", "演示"
    PRODUCTION = "production", "正式"


class Tried(Labelled):
    """What failed tries are counted by."""

    LOGIN = "login", "登录名"
    ADDRESS = "address", "地址"
    FACTOR = "factor", "验证码"
