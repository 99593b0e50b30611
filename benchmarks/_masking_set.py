"""Makes the hard set of the masker: personal data in many disguises, and what only looks like it.

Everything is invented and drawn from a seed: numbers of blocks that nobody has, identity cards of
regions that do not exist but with right check digits, cards that pass Luhn's check.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

Interval = tuple[int, int]


@dataclass
class Text:
    """A text put together piece by piece, with where its secrets lie."""

    text: str = ""
    #: (kind, disguise, secret places of one person's datum); all of them must be hidden.
    secrets: list[tuple[str, str, list[Interval]]] = field(default_factory=list)
    #: What looks like personal data and must stay: (name, place).
    decoys: list[tuple[str, Interval]] = field(default_factory=list)

    def add(self, text: str) -> Interval:
        """Append and say where it lies."""
        start = len(self.text)
        self.text += text
        return start, len(self.text)


FULL: Final = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
HAN: Final = str.maketrans("0123456789", "零一二三四五六七八九")
HAN_SPOKEN: Final = str.maketrans("0123456789", "〇幺二三四五六七八九")
BANKERS: Final = str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")
CIRCLED: Final = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
LETTERS: Final = str.maketrans("01", "ol")

SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂建国志华玉兰秀英海燕春梅文博子轩浩宇欣怡梓涵雨桐一诺思远嘉慧晓东振宁家俊淑珍凤立新红旗少波庆丰永福德"
STREETS: Final = (
    "人民路",
    "解放大道",
    "天池西路",
    "建设街",
    "中山北路",
    "文汇巷",
    "滨河东路",
    "兴业大街",
    "桃源镇",
    "青云街道",
)
COMPOUNDS: Final = (
    "幸福小区",
    "金色家园",
    "阳光花园",
    "翠湖公寓",
    "梧桐新村",
    "丽景佳苑",
    "万盛嘉园",
    "学府名苑",
    "橡树湾",
    "江南里",
    "铁路家属院",
    "和平社区",
    "望江府",
    "都市芳庭",
    "碧水云天",
)
PUBLIC: Final = (
    "人民广场",
    "市第一医院",
    "实验小学",
    "火车站",
    "体育中心",
    "区政府",
    "农贸市场",
    "地铁口",
    "中心公园",
    "派出所",
)
BEFORE: Final = (
    "市民来电反映",
    "",
    "昨天晚上有人说，",
    "物业一直没有处理。",
    "附近居民多次反映噪声扰民，",
    "工作人员已登记；",
    "【12345】",
    "您好，",
)
AFTER: Final = ("。", "，请尽快处理。", "，希望回复", "", "；已转办。", "，谢谢！", " 请核实", "）")


def mobile(r: Random) -> str:
    """Draw a mobile number."""
    return "1" + r.choice("3456789") + "".join(r.choices("0123456789", k=9))


def identity(r: Random) -> str:
    """Draw 18 characters with a right check digit."""
    body = f"{r.choice(('99', '11', '31', '44', '51', '62'))}{r.randrange(100, 9999):04d}"
    body += f"{r.randrange(1935, 2020)}{r.randrange(1, 13):02d}{r.randrange(1, 29):02d}{r.randrange(1000):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11]


def luhn(body: str) -> str:
    """Append the digit that passes the check."""
    total = 0
    for n, c in enumerate(reversed(body)):
        value = int(c) * (2 - n % 2)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def bank(r: Random) -> str:
    """Draw a card number."""
    start, size = r.choice((("6228", 18), ("6217", 18), ("6222", 15), ("4392", 15), ("5187", 15)))
    return luhn(start + "".join(r.choices("0123456789", k=size - 4)))


def cut(text: str, sizes: Sequence[int], gap: str) -> str:
    """Write digits in groups."""
    parts, at = [], 0
    for size in sizes:
        parts.append(text[at : at + size])
        at += size
    return gap.join(part for part in (*parts, text[at:]) if part)


def _mobiles(r: Random) -> dict[str, tuple[str, str]]:
    n = mobile(r)
    gap = r.choice((" ", "-", "－", "—", ".", "·", "/", "  ", "_"))
    hidden = "".join(c + r.choice(("", "\u200b", "\u2060")) for c in n[:-1]) + n[-1]
    return {
        "bare": ("", n), "called": (r.choice(("电话", "手机号：", "联系方式 ", "Tel:", "电话是")), n),
        "3-4-4": ("电话", cut(n, (3, 4, 4), gap)), "3-8": ("", cut(n, (3, 8), gap)),
        "3-3-5": ("手机", cut(n, (3, 3, 5), gap)), "3-2-2-2-2": ("", cut(n, (3, 2, 2, 2, 2), " ")),
        "one by one": ("", cut(n, (1,) * 11, r.choice(" -."))), "+86": ("", r.choice(("+86 ", "+86-", "86", "0086", "(+86)")) + n),
        "full width": ("", n.translate(FULL)), "full width in groups": ("", cut(n.translate(FULL), (3, 4, 4), "－")),
        "spoken": ("电话", n.translate(HAN)), "spoken 幺": ("手机是", n.translate(HAN_SPOKEN)),
        "spoken in groups": ("打", cut(n.translate(HAN), (3, 4, 4), " ")), "bankers'": ("", n.translate(BANKERS)),
        "half spoken": ("", n[:5] + n[5:].translate(HAN)), "circled": ("", n.translate(CIRCLED)),
        "zero width": ("", hidden), "letters": ("加", n.translate(LETTERS) if n[2:].count("0") + n[2:].count("1") <= 2 else n),
        "two": ("电话", f"{mobile(r)}、{n}"), "in brackets": ("（", n + "）"), "between letters": ("tel", n),
        "line break": ("电话：\n", cut(n, (3, 4, 4), "\n")), "arabic-indic": ("", n.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))),
        "commas": ("", cut(n, (3, 4, 4), "，")),
    }  # fmt: skip


def _landlines(r: Random) -> dict[str, tuple[str, str]]:
    area, n = r.choice((("021", 8), ("010", 8), ("0571", 8), ("0755", 8), ("0896", 7), ("0371", 7)))
    number = r.choice("23456789") + "".join(r.choices("0123456789", k=n - 1))
    company = "400" + "".join(r.choices("0123456789", k=7))
    return {
        "area-number": ("座机", f"{area}-{number}"), "(area)": ("", f"({area}){number}"), "（area）": ("电话", f"（{area}） {number}"),
        "run together": ("致电", area + number), "area number": ("", f"{area} {number[:4]} {number[4:]}"),
        "full width landline": ("", f"{area}－{number}".translate(FULL)), "local": ("联系电话：", number if n == 8 else "6" + number),
        "abroad": ("", f"+86 {area[1:]} {number}"), "extension": ("", f"{area}-{number}转{r.randrange(100, 999)}"),
        "400": ("商家电话", company), "400 in groups": ("", cut(company, (3, 3, 4), "-")),
        "spoken landline": ("电话", (area + number).translate(HAN)),
    }  # fmt: skip


def _identities(r: Random) -> dict[str, tuple[str, str]]:
    n = identity(r)
    old = n[:6] + n[8:17]
    return {
        "18": ("", n), "called": ("身份证号：", n), "lower x": ("证件号码", n.lower()), "6-8-4": ("", cut(n, (6, 8, 4), r.choice(" -·"))),
        "6-4-4-4": ("身份证", cut(n, (6, 4, 4, 4), " ")), "full width": ("", n.translate(FULL)), "3 by 3": ("身份证", cut(n, (3,) * 6, " ")),
        "15": ("身份证号", old), "15 called": ("身份证号码为", old), "wrong digit, called": ("身份证：", n[:17] + "0123456789"[(int(n[16]) + 5) % 10]),
        "zero width": ("", "\u200b".join((n[:6], n[6:14], n[14:]))), "one by one": ("身份证", cut(n, (1,) * 18, " ")),
        "passport": ("护照号", "E" + "".join(r.choices("0123456789", k=8))), "cyrillic Х": ("", n.replace("X", "Х")),
    }  # fmt: skip


def _cards(r: Random) -> dict[str, tuple[str, str]]:
    n = bank(r)
    return {
        "bare": ("", n), "called": (r.choice(("卡号", "银行卡号：", "账号为", "打到")), n), "in fours": ("", cut(n, (4, 4, 4, 4), " ")),
        "in fours -": ("退款到", cut(n, (4, 4, 4, 4), "-")), "full width": ("", n.translate(FULL)), "6-13": ("", cut(n, (6,), " ")),
        "wrong digit, called": ("银行卡", n[:-1] + str((int(n[-1]) + 3) % 10)), "zero width": ("", cut(n, (4, 4, 4, 4), "\u200b")),
    }  # fmt: skip


def _plates(r: Random) -> dict[str, tuple[str, str]]:
    p, c = (
        r.choice("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"),
        r.choice("ABCDEFGHJK"),
    )
    digits = "".join(r.choices("0123456789", k=5))
    mixed = list(digits)
    for k in r.sample(range(5), r.choice((1, 2))):
        mixed[k] = r.choice("ABCDEFGHJKLMNPQRSTUVWXYZ")
    n = "".join(mixed)
    green, lorry = r.choice("DFABCEGHJK") + digits, digits + r.choice("DFABCEGHJK")
    return {
        "bare": ("", p + c + n), "called": ("车牌号", p + c + n), "·": ("", f"{p}{c}·{n}"), "space": ("车辆", f"{p}{c} {n}"),
        "p space": ("", f"{p} {c}{n}"), "-": ("", f"{p}{c}-{n}"), "lower": ("", (p + c + n).lower()), "full width": ("", p + c + "".join(chr(ord(x) + 0xFEE0) for x in n)),
        "electric": ("", p + c + green), "electric ·": ("新能源车", f"{p}{c}·{green}"), "electric lorry": ("", p + c + lorry), "spaced": ("", f"{p}{c} {' '.join(n)}"),
        "挂": ("货车", p + c + digits[:4] + "挂"), "学": ("教练车", p + c + digits[:4] + "学"), "警": ("", p + c + digits[:4] + "警"),
        "港": ("", f"粤Z·{digits[:4]}港"), "澳": ("", f"粤Z{digits[:4]}澳"), "no province": ("车牌号为", c + n if n[0] not in "·" else n), "police": ("", f"WJ{p}{digits}"),
    }  # fmt: skip


def _mails(r: Random) -> dict[str, tuple[str, str]]:
    user = r.choice(("zhang.san", "lisi_88", "wang-wu", "a1", "xiaoming2020", "88123456"))
    host = r.choice(("example.com", "mail.example.cn", "example.gov.cn", "example.org"))
    return {
        "bare": ("", f"{user}@{host}"), "called": ("邮箱：", f"{user}@{host}"), "full width": ("", f"{user}＠{host}"), "spaces": ("", f"{user} @ {host}"),
        "(at)": ("邮箱", f"{user}(at){host}"), "。": ("", f"{user}@{host.replace('.', '。')}"), "upper": ("", f"{user}@{host}".upper()), "in text": ("发到", f"{user}@{host}即可"),
    }  # fmt: skip


NUMBERED: Final[dict[str, tuple[Callable[[Random], dict[str, tuple[str, str]]], ...]]] = {
    "phone": (_mobiles, _landlines), "identity": (_identities,), "card": (_cards,), "plate": (_plates,), "mail": (_mails,),
}  # fmt: skip


def _number(t: Text, r: Random, kind: str) -> None:
    told = r.choice(NUMBERED[kind])(r)
    disguise = r.choice(sorted(told))
    label, written = told[disguise]
    t.add(label)
    bare = written.split("转")[0].removesuffix("即可").removesuffix("）")
    start, _ = t.add(written)
    places = [(start, start + len(bare))]
    if disguise == "two":
        places = [(start, start + 11), (start + 12, start + 23)]
    t.secrets.append((kind, disguise, places))


def _name(t: Text, r: Random) -> None:
    surname = r.choice(SURNAMES) if r.random() < 0.95 else r.choice(("欧阳", "司马", "诸葛"))
    given = "".join(r.choices(GIVEN, k=r.choice((1, 2, 2))))
    title = r.choice(("先生", "女士", "小姐", "师傅", "老师", "阿姨"))
    forms = {
        "title": ("", surname, given, title), "label:": (r.choice(("联系人：", "姓名:", "来电人：", "投诉人： ")), surname, given, "，"),
        "label": ("联系人", surname, given, "，电话已留"), "verb": ("市民", surname, given, "反映"), "I am": ("我叫", surname, given, "，住附近"),
        "before phone": ("，", surname, given, " 13" + "".join(r.choices("0123456789", k=9))),
        "spaced": ("联系人：", surname, " " + given, "，"), "title spaced": ("，", surname, " " + given, " " + title),
        "dotted": ("姓名：", "阿", "卜杜拉·买买提", "，"), "rare": ("联系人：", r.choice("佘逄郄亓麴"), given, "，"),
        "latin": ("联系人：", "J", "ohn Smith", "，"), "owner": ("车主", surname, given, "，"),
    }  # fmt: skip
    disguise = r.choice(sorted(forms))
    before, first, rest, after = forms[disguise]
    t.add(before + first)
    place = t.add(rest)
    t.secrets.append(("name", disguise, [place]))
    place = t.add(after)
    if disguise == "before phone":
        t.secrets.append(("phone", "after a name", [(place[0] + 1, place[1])]))


def _home(t: Text, r: Random) -> None:
    street, compound = r.choice(STREETS), r.choice(COMPOUNDS)
    number, b, u, room = (
        r.randrange(1, 999),
        r.randrange(1, 60),
        r.randrange(1, 9),
        r.randrange(1, 30) * 100 + r.randrange(1, 9),
    )
    han = r.choice(("三", "十二", "五"))
    forms: dict[str, tuple[str, list[str]]] = {
        "street to room": (street, [f"{number}", "号", f"{b}", "栋", f"{room}", "室"]),
        "compound to room": (street, [compound[:-2] if len(compound) > 3 else compound[:-1], compound[-2:] if len(compound) > 3 else compound[-1:], f"{b}", "栋", f"{u}", "单元", f"{room}", "室"]),
        "number and compound": (street + f"{0}", []),
        "lane": (street, [f"{number}", "弄", f"{b}", "号", f"{room}", "室"]), "block 幢": (street, [f"{number}", "号", f"{b}", "幢", f"{u}", "单元", f"{room}", ""]),
        "号楼": (compound, [f"{b}", "号楼", f"{room}", ""]), "short": (compound, [f"{b}-{u}-{room}", ""]), "han": (compound, [f"{han}", "栋", f"{han}", "单元", f"{room}", ""]),
        "lives": ("家住" + street, [f"{number}", "号"]), "lives in": ("家住", [compound[:2], compound[2:]]), "full width": (street, [f"{number}".translate(FULL), "号", f"{b}".translate(FULL), "栋", f"{room}".translate(FULL), "室"]),
        "hyphens": (compound, [f"{b}", "栋-", f"{u}", "单元-", f"{room}", ""]), "letter": (compound, ["A", "座", f"{room}", "室"]), "spaces": (compound, [f"{b}", "栋 ", f"{u}", "单元 ", f"{room}", "室"]),
        "registered": ("户籍地址：" + street, [f"{number}", "号"]), "#": (compound, [f"{b}", "#", f"{room}", ""]),
    }  # fmt: skip
    forms["number and compound"] = (
        street,
        [f"{number}", "号", compound[:2], compound[2:], f"{b}", "栋", f"{room}", "室"],
    )
    disguise = r.choice(sorted(forms))
    kept, parts = forms[disguise]
    place = t.add(kept)
    if any(kept.endswith(s) for s in STREETS):
        t.decoys.append(("street of a home", place))
    secrets = [t.add(part) for part in parts][::2] if len(parts) != 1 else [t.add(parts[0])]
    t.secrets.append(("home", disguise, secrets))


def _decoy(t: Text, r: Random) -> None:
    d = lambda k: "".join(r.choices("0123456789", k=k))  # noqa: E731 - a name for one line below
    day = f"{r.randrange(2019, 2027)}{r.randrange(1, 13):02d}{r.randrange(1, 29):02d}"
    street, compound, public = r.choice(STREETS), r.choice(COMPOUNDS), r.choice(PUBLIC)
    forms = {
        "order": r.choice((f"工单号{day}{d(8)}", f"订单编号：1{d(10)}", f"受理编号 {d(12)}", f"单号SF1{d(12)}", f"流水号{d(18)}")),
        "case": r.choice((f"案件编号AJ{day}{d(5)}", f"（{day[:4]}）沪{d(4)}民初{d(4)}号", f"RX{day}{d(5)}", f"GZ1{d(10)}")),
        "hotline": r.choice(("拨打12345", "110、119和120都打过", "12319热线", "95598", "12315平台", "客服热线400-812-3456", "服务热线4008123456")),
        "money": r.choice((f"罚款{d(4)}.00元", f"金额1{d(10)}元", f"¥{r.randrange(1, 9)},{d(3)},{d(3)}", f"损失约{r.randrange(1, 99)}万元", "13,812,345,678元")),
        "date": r.choice((f"{day[:4]}年{int(day[4:6])}月{int(day[6:])}日10时30分", f"{day[:4]}-{day[4:6]}-{day[6:]} 08:30:00", f"{day[:4]}.{day[4:6]}.{day[6:]}至{day[:4]}.12.31", "二〇二六年六月十日", "20260610")),
        "coordinates": r.choice((f"121.{d(6)},31.{d(6)}", f"坐标：31.{d(8)} 121.{d(8)}", f"121.1{d(10)}", f"东经121°{d(2)}′")),
        "statute": r.choice(("依据《民法典》第一千一百六十五条", "《治安管理处罚法》第58条", f"沪府发〔2026〕{d(2)}号", "国务院令第588号", "GB 3096-2008")),
        "road number": r.choice(("G1503高速", "S20外环", "312国道", "地铁10号线", "3号门旁", "X104县道K12+300", "104路公交", "沪G1503")),
        "street number": r.choice((f"{street}{d(3)}号附近", f"{street}{d(2)}号门前道路", f"{street}与{r.choice(STREETS)}交叉口", f"{street}{d(2)}弄口")),
        "public place": r.choice((f"{public}3楼302室", f"{public}门口", f"住建局{d(3)}办公室", f"{public}2号楼", f"位于{public}北侧50米", "3号会议室", "实验小学三年级二班教室")),
        "compound": r.choice((f"{compound}门口垃圾堆积", f"{compound}物业不作为", f"{compound}3号门旁", f"{compound}地下车库漏水", f"{compound}周边道路")),
        "rooms": r.choice(("三室一厅", "2室1厅1卫", "涉及35户居民", "一户一表", "12户", "100平方米", "五楼以上没有水")),
        "title alone": r.choice(("王先生来电", "李女士投诉", "张师傅未到", "陈老师", "高先生和刘女士", "物业经理", "保安师傅", "老师和同学")),
        "word": r.choice(("市民反映强烈", "业主表示不满", "联系人已告知", "申请人陈述属实", "业主方面要求", "路过市民", "车主拒不挪车", "业主高度关注", "本人在场", "家属陆续到场", "修马路师傅", "水电师傅上门", "居民严重不满", "我是业主")),
        "code": r.choice(("网格310109001001001", "部件31010901001000123", f"设备编号{d(11)}", f"IMEI {d(15)}", f"统一社会信用代码91310000{d(9)}X", f"二维码{d(16)}", f"ISBN 978-7-{d(4)}-{d(4)}-{d(1)}")),
        "model": r.choice(("沪AB型号设备", "川A座", "iPhone15", "DN300管道", "PM2.5为35", "A3纸", "京东大厦B座", "5G基站", "LED灯20盏")),
        "list": r.choice(("1、3、5、7、9、11、13、15", "1 2 3 4 5 6 7 8 9", "1,3,5,7,9,11,13", "2024 2025 2026", f"读数{d(3)} {d(3)} {d(4)}", "18-24岁、25-34岁", "13:00-15:30 16:00-18:20")),
        "measure": r.choice((f"长{d(2)}米宽{d(1)}米", f"面积1{d(10)}平方米", f"{d(5)}度电", f"水压0.35MPa，流量{d(4)}立方米")),
    }  # fmt: skip
    name = r.choice(sorted(forms))
    t.decoys.append((name, t.add(forms[name])))


KINDS: Final = (*NUMBERED, "name", "home")


def make(n: int, *, seed: int) -> list[Text]:
    """Return `n` texts: half hold one or two secrets, a third of all nothing but decoys."""
    r = Random(seed)
    texts: list[Text] = []
    for _ in range(n):
        t = Text()
        t.add(r.choice(BEFORE))
        steps = r.choice(("s", "s", "s", "d", "d", "sd", "ds", "ss"))
        for k, step in enumerate(steps):
            if k:
                t.add(r.choice(("，", "。", "；", "，另外", "。还有")))
            if step == "d":
                _decoy(t, r)
                continue
            kind = r.choice(KINDS)
            if kind == "name":
                _name(t, r)
            elif kind == "home":
                _home(t, r)
            else:
                _number(t, r, kind)
        t.add(r.choice(AFTER))
        texts.append(t)
    return texts
