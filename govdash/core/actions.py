"""Every action that the journal knows, with its name on the screen; the tests go through it."""

from collections.abc import Mapping
from typing import Final

from govdash.core.vocab import Asked, CaseAction, Mark

#: What people do; each is refused, and journalled as refused, without its permission.
BY_PEOPLE: Final[Mapping[str, str]] = {
    "alert.acknowledge": "签收监测提示",
    "alert.dismiss": "排除监测提示",
    "case.open": "登记案件",
    **{f"case.{action.value}": action.label for action in CaseAction},
    **{f"case.ask_{asked.value}": f"申请{asked.label}" for asked in Asked},
    **{f"case.grant_{asked.value}": f"同意{asked.label}" for asked in Asked},
    **{f"case.deny_{asked.value}": f"不同意{asked.label}" for asked in Asked},
    **{f"case.{mark.value}": mark.label for mark in Mark},
    "case.attach": "添加案件文件",
    "case.take_file": "下载案件文件",
    "case.report": "生成信息报告",
    "case.take_report": "下载信息报告",
    "feedback.record": "记录回访",
    "person.unmask": "查看诉求人原文",
    "rule.change": "修改规则",
    "rule.try": "试算规则",
    "rule.refuse_advice": "不采纳规则建议",
    "scheme.save": "修改考核方案",
    "silence.add": "设置静默或计划",
    "silence.extend": "延长静默或计划",
    "silence.end": "结束静默或计划",
    "inbox.read": "标记消息已读",
    "view.save": "保存视图",
    "view.drop": "删除视图",
    "notice.resend": "重发通知",
    "quality.finish": "办结数据质量任务",
    "import": "导入事件",
    "import_areas": "导入区域",
    "profile.save": "保存导入方案",
    "rejects.download": "下载被拒行",
    "export": "导出",
    "map.picture": "取走地图图片",
    "backup.make": "备份",
    "release.ask": "申请个人信息导出",
    "release.approve": "批准个人信息导出",
    "release.refuse": "不批准个人信息导出",
    "release.withdraw": "撤回个人信息导出",
    "release.take": "下载个人信息导出",
    "release.trace": "追查导出水印",
    "lake.sync": "同步数据湖",
    "lake.rebuild": "重建数据湖",
    "detect.run": "手工检测",
    "evaluation.run": "模型评测",
    "key.add": "发放接口密钥",
    "key.list": "查看接口密钥",
    "key.revoke": "吊销接口密钥",
    "key.use": "使用接口密钥",
    "audit.search": "查询操作日志",
    "audit.verify": "校验操作日志",
    "audit.export": "导出操作日志",
    "audit.prune": "清理操作日志",
    "retention.run": "删除到期数据",
    "people.rotate": "轮换个人信息密钥",
    "device.add": "发放大屏令牌",
    "device.revoke": "吊销大屏令牌",
    "page.open": "打开页面",
    "session.begin": "登录",
    "session.end": "退出",
    "factor.enrol": "设置动态验证码",
    "factor.give": "输入动态验证码",
    "password.change": "修改密码",
    "user.add": "开设账号",
    "user.password": "重置密码",
    "user.lock": "停用账号",
    "user.confirm": "确认重置",
    "user.bind": "绑定统一身份",
    "user.email": "登记邮箱",
    "user.unlock": "启用账号",
    "user.roles": "授予角色",
    "user.areas": "授予范围",
    "user.sessions": "强制退出",
    "user.factor": "重置动态验证码",
}
#: What the platform does by itself.
BY_THE_PLATFORM: Final[Mapping[str, str]] = {
    "detect.tick": "定时检测",
    "rule.load": "载入默认规则",
    "backup.restore": "从备份恢复",
    "demo.build": "建立演示城市",
    "audit.checkpoint": "日志检查点",
}
ACTIONS: Final[Mapping[str, str]] = {**BY_PEOPLE, **BY_THE_PLATFORM}


def label_of(did: str) -> str:
    """Return the name of an action; an unknown one keeps its code."""
    return ACTIONS.get(did, did)
