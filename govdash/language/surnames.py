"""Family names that a person's name can begin with, without those that are common words."""

from typing import Final

#: About 200 family names cover 97 % of people; 和, 于, 向, 时, 那, 都, 应, 平, 经 and the like are
#: left out, for they stand before names far more often than at their beginning.
SINGLE: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余杜叶程魏苏吕丁"
    "任傅康卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武"
    "钱戴严莫孔汤温庞殷章葛管欧颜柳伍阎涂骆鲁岳齐梅耿庄符华祝宁鲍俞翟洪詹尤倪裴牛柯樊聂"
    "邢路纪屈焦舒阮童霍辛盛兰靳缪项祁冉舒凌游卓喻季申路柴凤褚娄窦戚岑苗闵单卜包左边蓝甘关"
    "房卫丘肇宫瞿牟乔赖穆文匡麦桂阳党池蒲邬晏仇冼幸宗屠芦苟茅滕荆敖覃萧闻甄臧占丛车佟隋栾丰"
)
DOUBLE: Final = (
    "欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯",
    "端木", "百里", "南宫", "长孙", "宇文", "轩辕", "独孤", "申屠", "闻人", "钟离", "澹台", "呼延",
)  # fmt: skip
