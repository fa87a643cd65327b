"""Which account a server runs as, and where that account can reach its files."""

import os
import pwd
import tempfile
from dataclasses import dataclass
from pathlib import Path

MACHINE_STATE = Path("/var/lib/fleetguard")  # root only: for what an unprivileged account must reach and cannot reach in the home


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account of this machine."""

    uid: int
    gid: int

    @property
    def is_me(self) -> bool:
        return self.uid == os.geteuid()

    def can_reach(self, path: Path) -> bool:
        """Whether every folder above `path` lets this account through."""
        return all(self._may_enter(folder) for folder in path.resolve().parents if folder.exists())

    def _may_enter(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        return bool(status.st_mode & (0o010 if status.st_gid == self.gid else 0o001))


def unprivileged_account() -> Account:
    """Ourselves; where we are root, an account that servers refusing root can run as."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return Account(entry.pw_uid, entry.pw_gid)


def owner_of(path: Path) -> Account:
    """The account that owns an existing folder."""
    status = path.stat()
    return Account(status.st_uid, status.st_gid)


def reachable_folder(wanted: Path, account: Account) -> Path:
    """Make `wanted` a folder of the account; where it could not get there, a link to one below `MACHINE_STATE`."""
    if wanted.exists():
        return wanted.resolve()
    wanted.unlink(missing_ok=True)  # a link to a folder that was removed
    wanted.parent.mkdir(parents=True, exist_ok=True)
    if account.can_reach(wanted):
        wanted.mkdir(mode=0o700)
    else:
        MACHINE_STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
        wanted.symlink_to(tempfile.mkdtemp(prefix=f"{wanted.name}-", dir=MACHINE_STATE))
    folder = wanted.resolve()
    os.chown(folder, account.uid, account.gid)
    return folder


def as_account(account: Account) -> dict[str, object]:
    """Arguments of `subprocess` that drop to an account; nothing where it is ours."""
    return {} if account.is_me else {"user": account.uid, "group": account.gid, "extra_groups": []}
