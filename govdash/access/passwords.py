"""Passwords: what is a good one, the slow hash of it, and that old ones do not come back."""

import secrets
import string
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from govdash.core.errors import InputError
from govdash.core.settings import Settings
from govdash.core.vocab import Mode
from govdash.store import Session, signing
from govdash.store.models import UserAccount

SHORTEST: Final = 10
LONGEST: Final = 128  # more takes the server's time only
CLASSES: Final = 3  # of capitals, small letters, digits, others
_DIFFERENT: Final = 5
_LOGIN_COUNTS: Final = 3  # two letters stand in any password
HISTORY: Final = 5
MAX_AGE: Final = timedelta(days=90)  # in production; 等保 asks for regular change
#: 19 MiB, two passes, one lane: the least that OWASP holds for enough (Password Storage Cheat
#: Sheet). More memory would let forty tries at once take gigabytes.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
#: A hash of nothing that anybody knows: for logins that do not exist, so that they take as long.
DUMMY: Final = _HASHER.hash(secrets.token_urlsafe(32))
#: What a password is at heart, when digits and signs around it and 1337 spelling are taken away.
_COMMON: Final = frozenset({
    "password", "passwd", "pass", "word", "admin", "administrator", "root", "user", "guest",
    "test", "demo", "govdash", "welcome", "login", "letmein", "changeme", "secret", "default",
    "master", "system", "manager", "oracle", "qwerty", "qwert", "qwertyuiop", "asdf", "asdfgh",
    "asdfghjkl", "zxcv", "zxcvbn", "zxcvbnm", "qazwsx", "qazwsxedc", "qweasd", "qweasdzxc", "abc",
    "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh", "aa", "aaa", "iloveyou", "love", "dragon",
    "monkey", "sunshine", "princess", "football", "baseball", "shadow", "superman", "batman",
    "hello", "world", "helloworld", "woaini", "woaiwojia", "woshi", "nihao", "aini", "zhongguo",
    "china", "beijing", "shanghai", "wang", "zhang", "li", "liu", "chen", "yang", "huawei",
    "tencent", "alibaba", "baidu", "taobao", "server", "dashboard", "p", "x", "a", "q", "company",
    "office", "spring", "summer", "autumn", "winter",
})  # fmt: skip
_LEET: Final = str.maketrans("@431!05$7", "aaeliosst")
_RUNS: Final = (
    string.digits, string.digits[::-1], string.ascii_lowercase, string.ascii_lowercase[::-1],
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb",
)  # fmt: skip
_RUN: Final = 4


def hashed(password: str) -> str:
    """Return the argon2id hash of a password."""
    return _HASHER.hash(_plain(password))


def verified(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one; without a hash it is not, and takes as long to say."""
    given = _plain(password[: LONGEST + 1])
    try:
        good = _HASHER.verify(password_hash or DUMMY, given)
    except (VerificationError, InvalidHashError):
        return False
    return good and password_hash is not None


def weak_hash(password_hash: str) -> bool:
    """Whether a hash was made with other parameters than those of today."""
    return _HASHER.check_needs_rehash(password_hash)


def require_good(password: str, *, login: str, old: Sequence[str] = ()) -> None:
    """Raise `InputError` with everything that is wrong with a new password.

    Parameters
    ----------
    old : hashes of passwords that must not come back
    """
    wrong = _faults(_plain(password), login)
    if not wrong and any(verified(password, known) for known in old):
        wrong = [f"不能与最近 {HISTORY} 次用过的密码相同"]
    if wrong:
        raise InputError(f"新密码不合要求：{'；'.join(wrong)}。")


def put(
    session: Session, account: UserAccount, password: str, *, at: datetime, must_change: bool
) -> None:
    """Give an account a password that keeps the rules, and remember it."""
    old = signing.old_passwords(session, account.id, newest=HISTORY)
    require_good(password, login=account.login, old=old)
    made_of = hashed(password)
    account.password_hash = made_of
    account.password_set_at = at
    account.must_change = must_change
    signing.remember_password(session, account.id, made_of, at=at)


def too_old(account: UserAccount, settings: Settings, *, at: datetime) -> bool:
    """Whether the password must be changed for its age."""
    if settings.mode is not Mode.PRODUCTION or account.password_set_at is None:
        return False
    return at - account.password_set_at >= MAX_AGE


def made(login: str = "") -> str:
    """Make a password that keeps the rules: 95 random bits, without letters that look alike."""
    letters = "abcdefghjkmnpqrstuvwxyz"
    alphabet = letters + letters.upper() + "23456789"
    while True:
        parts = ["".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4)]
        password = "-".join(parts)
        if not _faults(password, login):
            return password


def _plain(password: str) -> str:
    """Return one spelling: an input method may compose the same character in two ways."""
    return unicodedata.normalize("NFKC", password)


def _faults(password: str, login: str) -> list[str]:
    if len(password) > LONGEST:
        return [f"不能超过 {LONGEST} 个字符"]
    low = password.lower()
    wrong: list[str] = []
    if len(password) < SHORTEST:
        wrong.append(f"至少 {SHORTEST} 个字符")
    if _classes(password) < CLASSES:
        wrong.append(f"大写字母、小写字母、数字、其他字符中至少要有 {CLASSES} 种")
    if len(login) >= _LOGIN_COUNTS and login.lower() in low:
        wrong.append("不能含有登录名")
    if len(set(password)) < _DIFFERENT or _is_run(low) or _heart(low) in _COMMON:
        wrong.append("太常见，容易被猜到")
    return wrong


def _classes(password: str) -> int:
    upper = any(c.isupper() for c in password)
    lower = any(c.islower() for c in password)
    digit = any(c.isdigit() for c in password)
    other = any(not c.isalnum() or not c.isascii() for c in password)
    return upper + lower + digit + other


def _heart(low: str) -> str:
    """Return what is left without the digits and signs at both ends, in plain letters."""
    return low.strip(string.digits + string.punctuation + " ").translate(_LEET)


def _is_run(low: str) -> bool:
    """Whether next to nothing is left without rows of the keyboard or of the alphabet."""
    bare = "".join(c for c in low if c.isalnum())
    covered: set[int] = set()
    for i in range(len(bare) - _RUN + 1):
        if any(bare[i : i + _RUN] in run for run in _RUNS):
            covered.update(range(i, i + _RUN))
    return len(bare) - len(covered) < _RUN
