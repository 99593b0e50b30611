"""CSV files that commands read and write: cells stay text, and what fails is told in Chinese."""

from pathlib import Path

import pandas as pd

from govdash.core.errors import InputError


def read(path: Path) -> pd.DataFrame:
    """Return the table of a UTF-8 CSV file, all cells as text."""
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"找不到文件 {path}；请检查路径。") from None
    except OSError as error:
        raise InputError(f"打不开 {path}；请检查它是不是文件、能不能读。") from error
    except UnicodeDecodeError:
        raise InputError(f"{path} 不是 UTF-8 编码；请另存为 UTF-8 的 CSV。") from None
    except pd.errors.EmptyDataError:
        raise InputError(f"{path} 是空文件。") from None
    except pd.errors.ParserError as error:
        raise InputError(f"{path} 不是可读的 CSV：各行的列数不一致。") from error


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table; days as 2026-01-31."""
    try:
        table.to_csv(path, index=False, date_format="%Y-%m-%d")
    except OSError as error:
        raise InputError(f"写不了 {path}；请检查目录是否存在、能不能写。") from error
