"""govdash: the open platform of a city operations centre (发现 → 预警 → 处置 → 反馈)."""

__version__ = "0.1.0"
