"""What people see when a page fails in a way that nobody foresaw: plain words and a number."""

import logging
import secrets

import streamlit as st

LOG = logging.getLogger(__name__)


def on_script_error(error: Exception) -> bool:
    """Write the error to the log under a number, and show the number instead of the error."""
    number = secrets.token_hex(4)
    LOG.error("page failed, number %s", number, exc_info=error)
    st.error(
        f"这个页面出错了，已记入日志（编号 {number}）。请刷新重试；若仍出错，请把编号告诉管理员。",
        icon=":material/error:",
    )
    return True
