"""Operations that make accounts: each account needs a name of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.values.randomness import ScanRandom
    from theodore_qa.systems.authentication import Authenticator

FORGOTTEN = re.compile(r"(?i)forgot|recover|reset|remind")  # paths for those who have lost their password
MAKES_ACCOUNTS = re.compile(
    r"(?i)regist|sign[-_]?up|enrol|join|onboard|(?:create|new|open|add)[-_]?(?:user|account|profile|member|login)"
    r"|/(users?|accounts?|members?|customers?|clients?|patrons?|readers?|players?|people|persons?|profiles?|subscribers?)/?$"
)
NAMING = re.compile(r"(?i)^(?:\w+\.)*(?:e?-?mail|email_?address|user_?name|login|user|account)$")  # whose account is meant
PHONES = re.compile(r"phone|mobile|^tel(?:no|number)?$|^cell")
NOT_FREE = {"enum", "const", "format", "pattern"}
SIGN_IN_NAMES = ("username", "login", "loginname")  # what an account signs in by is called so, in the style of `plain`
MAILS = ("email", "mail")
NAMES = (
    *SIGN_IN_NAMES, *MAILS, "user", "emailaddress", "mailaddress", "accountname", "handle", "nickname", "screenname", "userid",
    "useremail", "usermail",
)  # fmt: skip
SHORTEST = 3  # letters of a name that others may contain
PASSWORD = re.compile(r"passw|passphrase|passcode|pwd|^pass(?:\d|again|repeat|repeated|confirm\w*)?$")


def plain(parameter: InsertableParameter) -> str:
    """The last part of a parameter's name, in one style."""
    return re.sub(r"[-_]", "", parameter.name.rpartition(".")[2]).lower()


def is_password(parameter: InsertableParameter, authenticator: Authenticator | None = None) -> bool:
    """Whether a password goes to a place, by its name; it is called so too where it is called as the sign-in has it."""
    known = re.sub(r"[-_]", "", authenticator.password_field).lower() if authenticator else ""
    return PASSWORD.search(plain(parameter)) is not None or (len(known) >= SHORTEST and known in plain(parameter))


def names_of_accounts(authenticator: Authenticator, operation: ScanOperation) -> list[InsertableParameter]:
    """Where the name of a new account goes, in an operation that makes accounts with a password; else empty."""
    if operation.method != "POST" or authenticator.signs_in(operation):
        return []
    if not MAKES_ACCOUNTS.search(operation.path) or FORGOTTEN.search(operation.path):
        return []
    in_body = [parameter for parameter in operation.parameters if parameter.location == "body"]
    names = [each for each in in_body if plain(each) in NAMES or each.name.rpartition(".")[2] == authenticator.name_field]
    return names if any(is_password(each, authenticator) for each in in_body) else []


def new_name(random: ScanRandom, parameter: InsertableParameter) -> str:
    """A new name that no account has yet, of the kind that a parameter takes."""
    name = f"qa{random.number()}{random.number()}"
    return f"{name}@example.com" if "mail" in plain(parameter) or parameter.schema.get("format") == "email" else name


def new_texts(random: ScanRandom, operation: ScanOperation) -> dict[InsertableParameter, str]:
    """New values for the free texts of a body, such as a number by which somebody is called."""
    texts = [each for each in operation.parameters if each.location == "body" and each.kind == "string"]
    free = [each for each in texts if not NOT_FREE & each.schema.keys() and not is_password(each)]
    return {each: _new_number(random) if PHONES.search(plain(each)) else new_name(random, each) for each in free}


def _new_number(random: ScanRandom) -> str:
    """A number for calls that no account has."""
    return f"+1555{random.number()}{random.number()}"
