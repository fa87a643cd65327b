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
            "In a car that sends only short trips (10 to 30 minutes, silent between) the level of one trip says nothing of the"
            " next: in the healthy `obd-normal` it differs by 20 points between two trips, at times by 40. What is lost while "
            "such a car stands goes unseen, and a leak of 10 l/h that goes on then leaves the tank at its float's end before "
            "the third trip. What is lost within trips is held against the sender's own habit, which falls 0.8 l/h (idling) to "
            "3.9 l/h (driving) faster than the engine can burn. Beyond that healthy trips of this log scatter by 0.4 l "
            "(idling) and 0.9 l (driving; the slosh of a 20-minute trip, which no choice of seconds made smaller), while a "
            "leak of 10 l/h takes 1.9 and 3.5 l of a trip, one of 3 l/h 0.6 and 1.0 l: one or two trips of the former tell, "
            "of the latter it takes four idling trips or more than ten driving ones, which are not in six hours.",
            "The habit is known after a dozen trips; a leak that was there from the first one is part of it. It is forgotten "
            "where the vehicle's snapshots are lost, and `export-judged` and rescoring, which read ten hours before a moment, "
            "do not know it.",
            "Without a meter a truck's consumption is known to about a quarter; a leak of one or two litres an hour is then "
            "seen while it stands, not while it drives.",
            "On the move the level of a 400 l tank tells a loss to 1.1 l/h over three hours and 0.9 l/h over five (standard "
            "error, with a meter), and 4.3 of these make an alert: a leak of 3 l/h is then not told from its wander while the "
            "truck drives, one of 5 l/h after three hours. Without a meter both wait until the truck stands, an hour for 7 l/h. "
            "In fleets used for development all 40 leaks of one to eight litres an hour were found, half of them within 80 "
            "minutes, those of trucks after two to six hours.",
            "A leak that has stopped is known to have after a quarter of an hour of rest or half an hour of driving, and its "
            "alert clears half an hour later; a small one in a large tank after up to two hours.",
            "A sender that stands still is told from a steady level by the fuel burnt meanwhile, 2.5 % of the tank, or by a "
            "run of minutes this sender has never shown: that takes 10 to 30 minutes of driving.",
            "A vehicle that is emptied slower than 8 l/h while it stands looks like one that leaks; little faster, it may be "
            "told as leaking before it is told as robbed.",
            "A float that is within five points of full when its circuit opens, and from then on reads full, looks like one at "
            "its end; so does one that is stuck in the lowest tenth or the upper eighth of the tank for some minutes.",
            "A level that was read on the move within the last 18 minutes is as uncertain as that drive was: with a sender that "
            "swings widely a theft just after parking is told a quarter of an hour later.",
            "Faults of other sensors than the fuel sender count here too, and are the engine model's: an intake temperature or "
            "a manifold pressure that stands still or drifts for less than ten minutes is often missed.",
        ],
    )
