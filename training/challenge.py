"""What a challenger would change, from what was seen and judged, and whether the stated rule would promote it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from alerts.potentials import NEAR_S, Potential, heard, raised
from fleet.own_thresholds import OwnThresholds
from fleet.settings import Promotion
from fleet.shadow import Disagreement
from fleet.stores.past_alerts import PastAlert
from serve.registry import CHALLENGER, CHAMPION
from training.intervals import poisson, probability_no_lower, wilson

_CONFIRMED: Final = "CONFIRMED"
_SURE: Final = 0.45  # about as likely as not: equal evidence gives one half


@dataclass(slots=True)
class Volume:
    """Alerts that one version would have raised: `count` over `weeks` vehicle weeks; `confirmed` of those that were `judged`."""

    count: int = 0
    weeks: float = 0.0
    confirmed: int = 0
    judged: int = 0
    by_type: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        rate = self.count / self.weeks if self.weeks else None
        return {
            "alerts": self.count,
            "perVehicleWeek": rate,
            "perVehicleWeekInterval": poisson(self.count, self.weeks) if self.weeks else None,
            "byType": self.by_type,
            "precision": self.confirmed / self.judged if self.judged else None,
            "precisionInterval": wilson(self.confirmed, self.judged) if self.judged else None,
            "judged": self.judged,
        }


@dataclass(slots=True)
class Challenge:
    """Both versions side by side.

    Attributes:
        versions, volumes: by alias. shadow: live rows by type. vanished, kept: past alerts. judged: of them that people judged.
        added: alerts that only the challenger would have raised.
    """

    model: str
    versions: dict[str, str]
    volumes: dict[str, Volume] = field(default_factory=lambda: {CHAMPION: Volume(), CHALLENGER: Volume()})
    shadow: dict[str, Disagreement] = field(default_factory=dict)
    vanished: list[PastAlert] = field(default_factory=list)
    kept: int = 0
    judged: int = 0
    added: int = 0

    def add(
        self,
        past: Sequence[PastAlert],
        found: Mapping[str, Sequence[Potential]],
        own: OwnThresholds,
        weeks: float,
    ) -> None:
        """Take in one tenant's past alerts, and what each version makes of the same vehicles and time at its own thresholds."""
        strong = {alias: heard(potentials, own) for alias, potentials in found.items()}
        self.judged += sum(alert.verdict is not None for alert in past)
        again = {alias: raised(past, potentials) for alias, potentials in strong.items()}
        for alias, potentials in strong.items():
            volume = self.volumes[alias]
            volume.count, volume.weeks = volume.count + len(potentials), volume.weeks + weeks
            for potential in potentials:
                volume.by_type[str(potential.type)] = volume.by_type.get(str(potential.type), 0) + 1
            judged = [alert for alert in past if alert.verdict and alert.alert_id in again[alias]]
            volume.judged += len(judged)
            volume.confirmed += sum(alert.verdict == _CONFIRMED for alert in judged)
        gone = [alert for alert in past if alert.alert_id not in again[CHALLENGER]]
        self.vanished += gone
        self.kept += len(past) - len(gone)
        self.added += sum(not _same(potential, strong[CHAMPION]) for potential in strong[CHALLENGER])

    def as_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "versions": self.versions,
            **{alias: volume.as_json() for alias, volume in self.volumes.items()},
            "pastAlerts": {
                "kept": self.kept,
                "vanished": len(self.vanished),
                "vanishedConfirmed": sum(alert.verdict == _CONFIRMED for alert in self.vanished),
                "added": self.added,
                "judged": self.judged,
            },
            "shadow": {kind: _shadow_json(seen) for kind, seen in self.shadow.items()},
        }


def objections(challenge: Challenge, rule: Promotion) -> list[str]:
    """Why the stated rule does not promote the challenger; nothing where it does. `promote` itself judges by labelled history."""
    old, new = challenge.volumes[CHAMPION], challenge.volumes[CHALLENGER]
    found = []
    if challenge.judged < rule.judged:
        found.append(f"{challenge.judged} of the past alerts were judged, the rule wants {rule.judged}")
    if not new.judged or probability_no_lower(new.confirmed, new.judged, old.confirmed, old.judged) < _SURE:
        found.append(
            f"its precision is lower: {new.confirmed} of {new.judged} confirmed, the champion's {old.confirmed} of {old.judged}"
        )
    if abs(new.count - old.count) > rule.volume * max(old.count, 1):
        found.append(f"it would raise {new.count} alerts where the champion raises {old.count}, beyond ±{rule.volume:.0%}")
    return found


def _same(potential: Potential, others: Sequence[Potential]) -> bool:
    return any(
        other.vehicle == potential.vehicle
        and other.type is potential.type
        and other.started_at <= potential.ended_at + NEAR_S
        and other.ended_at >= potential.started_at - NEAR_S
        for other in others
    )


def _shadow_json(seen: Disagreement) -> dict[str, Any]:
    return {
        "rows": seen.rows,
        "bothKnown": seen.both_known,
        "championOn": seen.champion_on,
        "challengerOn": seen.challenger_on,
        "onlyChampion": seen.only_champion,
        "onlyChallenger": seen.only_challenger,
        "onlyChallengerShareInterval": wilson(seen.only_challenger, seen.both_known),
    }
