"""Accounts that were forgotten (`healthscore admin forget`): their rows are dropped wherever a run's tables are opened.

The list lies beside a run's results and holds no id: a salt, drawn once, and the SHA-256 of the salt and each id.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from healthscore.errors import ConfigurationError
from healthscore.tables.quoting import quote_literal
from healthscore.tables.rules import Rule, bound

LIST = "forgotten.json"
CODE = "forgotten"


@dataclass(frozen=True)
class Forgotten:
    """The list: `hashes` of the ids, with `salt` before them."""

    salt: str = ""
    hashes: tuple[str, ...] = ()

    def hash_of(self, account: str) -> str:
        """What stands for an account in the list."""
        return hashlib.sha256((self.salt + tidied(account)).encode()).hexdigest()

    def rule(self) -> Rule:
        """Drops the rows of the accounts in the list."""
        hashed = f"sha256(concat({quote_literal(self.salt)}, {bound('account_id')}))"
        told = "rows of accounts that were forgotten are left out (`healthscore admin forget`)"
        return Rule(
            "forgotten", "account_id", f"{hashed} IN ({', '.join(map(quote_literal, self.hashes))})", "drop", told, ""
        )

    def fingerprint(self, of_files: str) -> str:
        """Fingerprint of a source without these accounts: another one than that of its files."""
        return hashlib.sha256("\n".join([of_files, *sorted(self.hashes)]).encode()).hexdigest()


def tidied(account: str) -> str:
    """An id as ids of tables are tidied: without blanks around it, in one Unicode form."""
    return unicodedata.normalize("NFC", account.strip())


def forgotten_in(out: Path) -> Forgotten:
    """The list beside the results of a run; empty where nobody was forgotten.

    Raises
    ------
    ConfigurationError
        It cannot be read: without it, accounts would come back that were to be forgotten.
    """
    path = out / LIST
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Forgotten(str(said["salt"]), tuple(str(entry["hash"]) for entry in said["forgotten"]))
    except FileNotFoundError:
        return Forgotten()
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"{path}, which says what accounts were forgotten, cannot be read: {error}"
        raise ConfigurationError(what, "restore it from a copy") from None
