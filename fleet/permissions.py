"""Who may do what: the one table of roles. Tenants are kept apart by the database; this is about people of one tenant."""

from enum import StrEnum
from typing import Final, Literal

Role = Literal["platform_admin", "fleet_manager", "dispatcher", "driver", "ml_engineer", "analyst"]


class Permission(StrEnum):
    """What an operation asks for. A driver's reading is of their own alerts and their own score."""

    READ_ALERTS = "read alerts"
    ACKNOWLEDGE_ALERTS = "acknowledge alerts"
    WORK_ALERTS = "work on alerts"
    READ_FLEET = "read the fleet"
    READ_SCORES = "read driver scores"
    CHANGE_RULES = "change the rules"
    MANAGE_DEVICES = "manage devices"
    RECORD_MAINTENANCE = "record maintenance"
    MANAGE_PEOPLE = "manage people"
    READ_MODELS = "read about the models"
    ANALYSE = "analyse"


_READER: Final = {Permission.READ_ALERTS, Permission.READ_FLEET}
_MANAGER: Final = _READER | {
    Permission.ACKNOWLEDGE_ALERTS,
    Permission.WORK_ALERTS,
    Permission.READ_SCORES,
    Permission.CHANGE_RULES,
    Permission.MANAGE_DEVICES,
    Permission.RECORD_MAINTENANCE,
    Permission.MANAGE_PEOPLE,
    Permission.ANALYSE,
}
PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    "platform_admin": frozenset(Permission),
    "fleet_manager": frozenset(_MANAGER),
    "dispatcher": frozenset(_READER | {Permission.ACKNOWLEDGE_ALERTS}),
    "driver": frozenset({Permission.READ_ALERTS, Permission.READ_SCORES}),
    "ml_engineer": frozenset(_READER | {Permission.READ_MODELS, Permission.ANALYSE}),
    "analyst": frozenset(_READER | {Permission.READ_SCORES, Permission.ANALYSE}),
}


def may(role: Role, permission: Permission) -> bool:
    return permission in PERMISSIONS[role]
