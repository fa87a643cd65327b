"""Thresholds of a fleet's own: a class goes before the fleet, the fleet before the usual."""

import json

from alerts.episodes import USUAL
from alerts.potentials import Potential, heard
from fleet.alerts import AlertType, Severity
from fleet.own_thresholds import OwnThreshold, OwnThresholds
from fleet.testing import NOON

SPEEDING, MISFIRE = AlertType.SPEEDING, AlertType.MISFIRE
OWN = OwnThresholds({SPEEDING: 0.8}, {"truck": {SPEEDING: 0.9}, "van": {MISFIRE: 0.6}})


def test_a_class_goes_before_the_fleet():
    assert OWN.of_class("truck") == {SPEEDING: 0.9}


def test_what_a_class_does_not_say_is_as_for_the_fleet():
    assert OWN.of_class("van") == {SPEEDING: 0.8, MISFIRE: 0.6}
    assert OWN.of_class("car") == {SPEEDING: 0.8}


def test_they_are_the_same_after_a_way_through_the_store_and_through_rows():
    assert OwnThresholds.from_json(json.loads(json.dumps(OWN.as_json()))) == OWN
    assert OwnThresholds.of_rows(OWN.rows()) == OWN
    assert OwnThreshold(None, SPEEDING, 0.8) in OWN.rows()


def test_each_potential_is_held_against_the_threshold_of_its_class_or_else_the_usual_one():
    def of(vehicle_class: str, kind: AlertType, strength: float) -> Potential:
        return Potential(f"{vehicle_class} {strength}", vehicle_class, kind, NOON, NOON, strength, Severity.LOW)

    below = [of("truck", SPEEDING, 0.89), of("car", SPEEDING, 0.79), of("van", MISFIRE, 0.59), of("truck", MISFIRE, 0.69)]
    above = [of("truck", SPEEDING, 0.9), of("car", SPEEDING, 0.8), of("van", MISFIRE, 0.6), of("truck", MISFIRE, USUAL[MISFIRE])]
    assert heard(below + above, OWN) == above
