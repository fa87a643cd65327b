/** What each alert means and what to do about it, in plain words. */
import type { AlertType } from './alert';

export interface Guidance {
  meaning: string;
  steps: readonly string[];
  /** Columns of the signal table worth seeing beside the evidence. */
  signals: readonly string[];
}

const CALL_SAFELY = 'Call the driver when the vehicle stands still, not while it is moving.';

export const GUIDANCE: Record<AlertType, Guidance> = {
  HARSH_BRAKING: {
    meaning: 'The vehicle slowed down much harder than drivers of its class normally do.',
    steps: [
      CALL_SAFELY,
      'Ask what happened ahead, and whether anybody was hurt.',
      'If it repeats, plan a coaching talk about following distance.',
    ],
    signals: ['speed_kmh', 'accel_x_ms2', 'brake_pressure_kpa'],
  },
  HARSH_ACCELERATION: {
    meaning: 'The vehicle gained speed much harder than drivers of its class normally do.',
    steps: [
      'Look at the place and the traffic: a motorway entry can explain it.',
      'If it repeats, plan a coaching talk about smooth starts.',
    ],
    signals: ['speed_kmh', 'accel_x_ms2', 'throttle_pct'],
  },
  HARSH_CORNERING: {
    meaning: 'The vehicle was pushed sideways much harder than is normal in a bend.',
    steps: [
      CALL_SAFELY,
      'Ask whether the load has shifted, and have it checked.',
      'If it repeats, plan a coaching talk about speed before bends.',
    ],
    signals: ['speed_kmh', 'accel_y_ms2', 'yaw_rate_dps'],
  },
  SPEEDING: {
    meaning: 'The vehicle drove clearly above the limit of the road for a while.',
    steps: [
      'Check that the limit on record fits the road.',
      CALL_SAFELY,
      'If it repeats, plan a coaching talk and look at the schedule: is it too tight?',
    ],
    signals: ['speed_kmh', 'speed_limit_kmh'],
  },
  FATIGUE: {
    meaning: 'Driving time, breaks or steering suggest that the driver is tired.',
    steps: [
      'Ask the driver to stop at the next safe place and rest.',
      'Check driving and rest times before the trip goes on.',
      'Arrange another driver if the rest would be too short.',
    ],
    signals: ['speed_kmh', 'yaw_rate_dps'],
  },
  AGGRESSIVE_DRIVING: {
    meaning: 'Braking, speeding up and cornering together were far rougher than normal.',
    steps: [CALL_SAFELY, 'Look at the events of the trip together, not one by one.', 'Plan a coaching talk within the week.'],
    signals: ['speed_kmh', 'accel_x_ms2', 'accel_y_ms2'],
  },
  FUEL_THEFT: {
    meaning: 'More fuel left the tank than the engine can have used.',
    steps: [
      'Call the driver: is somebody at the vehicle right now?',
      'Look at the tank, its cap and its lines.',
      'Note the place and time, and report it if fuel is missing.',
    ],
    signals: ['fuel_level_pct', 'fuel_level_l', 'speed_kmh'],
  },
  FUEL_LEAK: {
    meaning: 'The tank loses fuel slowly and steadily, beyond what the engine uses.',
    steps: [
      'Ask the driver to stop and look under the vehicle; no smoking, no sparks.',
      'Send the vehicle to a workshop before its next trip.',
    ],
    signals: ['fuel_level_pct', 'fuel_level_l', 'fuel_rate_lph'],
  },
  ENGINE_OVERHEAT: {
    meaning: 'The coolant is hotter than the engine can bear for long.',
    steps: [
      'Ask the driver to stop safely and switch the engine off.',
      'Let it cool for 30 minutes before anybody opens the coolant cap.',
      'Have coolant, fan and thermostat checked.',
    ],
    signals: ['coolant_temp_c', 'engine_load_pct', 'engine_rpm'],
  },
  MISFIRE: {
    meaning: 'The engine runs unevenly: some of its fuel does not burn.',
    steps: [
      'Ask the driver to avoid full power.',
      'Book a workshop: ignition, injectors and fuel supply.',
      'If the engine lamp flashes, stop: the catalyst can be damaged.',
    ],
    signals: ['engine_rpm', 'engine_load_pct', 'map_kpa'],
  },
  LOW_OIL_PRESSURE: {
    meaning: 'The oil pressure is too low to protect the running engine.',
    steps: [
      'Ask the driver to stop safely and switch the engine off now.',
      'Check the oil level; top up only with the right oil.',
      'Do not drive on until the cause is known.',
    ],
    signals: ['oil_pressure_kpa', 'engine_rpm', 'oil_temp_c'],
  },
  BATTERY_FAILURE: {
    meaning: 'The voltage suggests that the battery or its charging is failing.',
    steps: [
      'Ask the driver not to switch the engine off away from help.',
      'Have battery and alternator tested before the next trip.',
    ],
    signals: ['battery_v', 'engine_rpm'],
  },
  SENSOR_FAULT: {
    meaning: 'A sensor is stuck, drifts or is silent. What it says cannot be trusted.',
    steps: [
      'Treat other alerts that rest on this sensor with care.',
      'Have the sensor, its plug and its cable checked at the next service.',
    ],
    signals: ['speed_kmh'],
  },
  COMPONENT_FAILURE_RISK: {
    meaning: 'A part is likely to fail within the next 72 hours, judged by its age, use and history.',
    steps: [
      'Book a workshop within the next days.',
      'Keep the vehicle on short trips near help until then.',
      'Record the repair on the page of the vehicle, and whether the part had failed: the forecast learns from it.',
    ],
    signals: ['speed_kmh', 'coolant_temp_c'],
  },
};
