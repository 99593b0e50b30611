"""Tells whether two reports come from the same person, without saying who it is."""

import hashlib
import hmac
import re

from govdash.language.found import plain as plain_text


def reporter_key(contact: str, key: str) -> str | None:
    """Return a keyed fingerprint of a contact: the same person, without saying who.

    Phone numbers are compared by their digits without the country code, anything else by its
    text. None when there is no contact.
    """
    plain = "".join(plain_text(contact).split()).casefold()
    digits = re.sub(r"\D", "", plain)
    if len(digits) >= 7 and not re.search(r"[a-z@\u4e00-\u9fff]", plain):  # a phone number
        plain = re.sub(r"^(?:0{0,2}86)(?=1\d{10}$)", "", digits)
    if not plain.strip("-—*/无"):
        return None
    return hmac.new(key.encode(), plain.encode(), hashlib.sha256).hexdigest()[:32]
