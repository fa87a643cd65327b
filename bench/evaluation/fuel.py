"""The fuel model's card."""

from typing import Final

from bench.evaluation import consumption
from bench.evaluation.card import Card
from bench.evaluation.fuel_losses import losses_section
from bench.evaluation.simulated import simulated_section
from bench.evaluation.trial import Trial
from fleet.alerts import AlertType

TYPES: Final = (AlertType.FUEL_THEFT, AlertType.FUEL_LEAK, AlertType.SENSOR_FAULT)


def card(trial: Trial) -> Card:
    """Judge it."""
    return Card(
        name="fuel",
        purpose=(
            "Tells fuel that was taken from fuel that leaks, from fuel that was burnt or filled in, and from a sender that "
            "fails. Alerts: FUEL_THEFT, FUEL_LEAK, SENSOR_FAULT."
        ),
        inputs=(
            "The level in percent or litres, every second to every five minutes, and what tells how much the engine burns: a "
            "fuel rate; without one the engine load, else the air of a petrol engine, else speed, engine speed and altitude. "
            "A minute is the median of its readings. Every alert gives litres, or litres per hour, with a 95 % interval."
        ),
        training=(
            "The balance of level against consumption is physics; its calibration to a probability is learnt from a simulated"
            " fleet. What a class burns without a meter is fitted on metered driving of simulated vehicles and corrected by "
            "what meter and expectation both say of this vehicle within the last six hours. Prophet gives each class, and "
            "each vehicle with 60 metered hours, litres per driving hour by hour of the week. They serve only where neither "
            "meter, load, air nor motion tell what was burnt; with less than two days of record a level figure takes their "
            "place."
        ),
        sections=[simulated_section(trial, TYPES), losses_section(trial), consumption.section(trial)],
        limits=[
            "A leak in a car that sends only short trips (10 to 30 minutes, silent between) is not found within hours, at any"
            " rate tried: the level of one trip says nothing of the next, what remains within six hours is three trips, and "
            "in the driving part of `obd-normal` the level of each falls about 3 l/h faster than the engine can burn. An "
            "alert would need a sharper limit than this normal log itself keeps. A memory of more trips was weighed and left "
            "out for the same reason: what the sender does on every trip would add up to alarms.",
            "Without a meter a truck's consumption is known to about a quarter; a leak of one or two litres an hour is then "
            "seen while it stands, not while it drives.",
            "A sender that stands still is told from a steady level by the fuel burnt meanwhile, 2.5 % of the tank, or by a "
            "run of minutes this sender has never shown: that takes 10 to 30 minutes of driving.",
            "A vehicle that is emptied slower than 8 l/h while it stands looks like one that leaks.",
        ],
    )
