"""The card of the driver model."""

from bench.evaluation.card import Card
from bench.evaluation.manoeuvres import manoeuvre_section
from bench.evaluation.silence import silence_section
from bench.evaluation.simulated import simulated_section
from bench.evaluation.styles import style_section
from bench.evaluation.trial import Trial
from fleet.scores import MODEL_TYPES

_PURPOSE = (
    "Harsh braking, acceleration and cornering, speeding, fatigue and aggressive driving, second by second. Single events "
    "are judged by physics against the limits of the vehicle's class; the manner of driving by minutes."
)
_INPUTS = (
    "Speed, accelerometer, yaw rate, course, speed limit, pedals: any subset, at 1 Hz or from an IMU of 10 to 50 Hz. The "
    "style of minutes rests on the hardest push and pull of a minute, speed times deceleration, and small sideways "
    "corrections of its typical second; an LSTM reads the last 30 seconds, an Isolation Forest says how unlike the fleet "
    "the minutes are; a logistic fusion whose weights cannot be negative makes one calibrated probability of them. Hours "
    "without a rest are a rule (EU 561/2006), counted as a tachograph counts them. Fatigue is judged among those who do "
    "not hurry: its probability is multiplied by that of not driving aggressively, and it must last two minutes."
)
_TRAINING = (
    "A simulated fleet, or a labelled history. The fusion sees forest and LSTM only through versions that never saw the "
    "vehicle or driver of a row. Its inputs (minutes alone, with the learnt ones, or more) and its penalty are chosen "
    "over folds of vehicles that share no driver; the simplest wins that a t-test does not show to be worse. With fewer "
    "than 40 vehicles the version that is registered learns from all of them, after it was measured without those held "
    "out."
)
_LIMITS = (
    "On three real drivers the LSTM alone tells aggressive from normal with AUC .71 and the forest alone with .82 to .89, "
    "the two minute inputs alone with 1.00: what is learnt from few drivers does not carry, so the choice mostly leaves "
    "both out there. On simulated fleets both are fused with weight.",
    "The peaks of an IMU with earth-fixed or unknown axes and no speed tell turning from going straight, not braking from "
    "accelerating.",
    "Windows that only touch an event by a fraction of a second bound the streaming figure. Tried and no better: longer "
    "memories of a peak (2 to 4 s lose up to .06), energies over 1 to 3 s, jerk, yaw times acceleration, peaks relative "
    "to the road's shaking.",
    "An event of one second exactly at its limit is found about as often as not; without an IMU, and at speeds that are "
    "sent in whole km/h, a little later or not at all.",
    "Tiredness before the hours of the law is felt by an accelerometer or a yaw rate: with a course over ground alone it "
    "is unknown. Bends of such a vehicle are harsh only beyond 1.5 standard deviations of its course's own noise.",
    "A vehicle that reports no speed limit cannot be seen speeding: the answer is unknown. Simulated speeding is labelled by "
    "what the vehicle truly does, whatever brought it about: more than 6 km/h and 10 % above the limit for 30 s, or 25 km/h and "
    "35 % for 10 s, so that a hard acceleration may be speeding too.",
    "A rest is counted to the second, driving in whole minutes, as a tachograph counts it: a few seconds of motion in a minute "
    "end no rest, and who drives on for less than three minutes after four and a half hours is not told.",
    "Aggressive drivers take bends at the limit: within a few hundredths of a g the noise of two sensors decides which of them "
    "are harsh. Speeding of exactly 6 km/h, in speeds sent in whole km/h, is told and is none half of the time.",
    "A speed that is polled every few seconds shows a push between two readings only where an accelerometer felt it.",
    "Tiredness shows at more than 30 km/h and from the third minute on; several bends in as many minutes still look like it.",
    "Without a speed one sensor must be believed: on five fleets used for development, 8 vehicles for a day each, 0 to 6 more "
    "harsh events were told than there were.",
)


def card(trial: Trial) -> Card:
    """Judge the model on unseen fleets, trips and drivers."""
    sections = [simulated_section(trial, MODEL_TYPES["driver"]), silence_section(trial)]
    if trial.data is not None:
        sections += [manoeuvre_section(trial), style_section(trial)]
    return Card("driver", _PURPOSE, _INPUTS, _TRAINING, sections, _LIMITS)
