/** The glossary, and the accessibility statement in sentences. */
export const GLOSSARY: readonly (readonly [word: string, meaning: string])[] = [
  ['Alert', 'Something about a vehicle or its driver that a person should look at.'],
  ['Severity', 'How grave an alert is: critical, high, medium or low.'],
  ['Open', 'Nobody has taken the alert yet.'],
  ['Acknowledged', 'Somebody has seen the alert and has it in mind.'],
  ['In progress', 'Somebody works on it.'],
  ['Dismissed', 'Somebody said that the alert was not right, and why. The next models learn from it.'],
  ['Snoozed', 'Somebody has put the alert off for a time. It is back when that is over, and at once if it gets worse.'],
  ['Evidence', 'The readings that led to the alert, each with its share of the decision.'],
  ['Forecast', 'How likely a part is to fail within 72 hours, with the range the true risk lies in nine times out of ten.'],
  ['Score', 'How safely and sparingly somebody drives, from 0 to 100, beside others with the same class of vehicle.'],
  ['Harsh braking', 'The vehicle slowed down much harder than drivers of its class normally do.'],
];

export const KEPT: readonly string[] = [
  'All of it works by keyboard, and targets are at least 44 by 44 pixels.',
  'Text has a contrast of at least 7 to 1 in the light, the dark and the high-contrast colours.',
  'Severity is a word and a shape, not only a colour.',
  'Every chart is told in a sentence and has a table.',
  'New alerts wait for you, move nothing, and are announced at most once every four seconds.',
  'Nothing disappears but alerts that somebody snoozes, and nothing moves if your device asks for less motion.',
];

export const EXCEPTIONS: readonly string[] = [
  'Wide tables scroll sideways within their frame on narrow screens.',
  'The reasons of an alert come from the models in English and in metric units, whatever the language and the units of the page.',
  'The map shows a grid of degrees and no roads; the list beside it holds the same vehicles.',
  'The forms have short help texts and no help page of their own.',
  'Right-to-left scripts, screen readers beyond automated checks, and speech input have not been tried by people.',
];
