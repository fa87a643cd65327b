/** German: how insistently people and systems are told. */
import type { Catalogue } from '../language';

export const NOTIFICATIONS: Catalogue = {
  Notifications: 'Benachrichtigungen',
  'Reminders and quiet hours': 'Erinnerungen und Ruhezeiten',
  'Remind of alerts that nobody takes': 'An Meldungen erinnern, die niemand übernimmt',
  'From which severity on': 'Ab welcher Schwere',
  'Quiet hours': 'Ruhezeiten',
  None: 'Keine',
  'Each night, or whenever you say': 'Jede Nacht, oder wann Sie wollen',
  'In quiet hours browsers are told only when they end. Critical alerts break through, and systems are told at once.':
    'In Ruhezeiten erfahren Browser erst an deren Ende davon. Kritische Meldungen kommen durch, und Systeme erfahren es sofort.',
  'Saved.': 'Gespeichert.',
  'Write it as 22:00.': 'Schreiben Sie es als 22:00.',
  'After a minute': 'Nach einer Minute',
  'After {count} minutes': 'Nach {count} Minuten',
  'When still nobody takes an alert': 'Wenn weiter niemand eine Meldung übernimmt',
  'Step by step, from the same severity on, their browsers are told. Other systems hear of every step.':
    'Schritt für Schritt, ab derselben Schwere, erfahren es ihre Browser. Andere Systeme erfahren von jedem Schritt.',
  'Step {count}': 'Schritt {count}',
  'How long nobody took it': 'Wie lange sie niemand nahm',
  'Who is told': 'Wer es erfährt',
  'Remove step {count}': 'Schritt {count} entfernen',
  'Add a step': 'Schritt hinzufügen',
  'Somebody who cannot take it any more': 'Jemand, der sie nicht mehr übernehmen kann',
  'Every dispatcher': 'Alle der Disposition',
  'Every fleet manager': 'Alle der Flottenleitung',
  'Every platform administrator': 'Alle der Plattformverwaltung',
  'Other systems alone': 'Nur andere Systeme',
  'Other systems': 'Andere Systeme',
  'A webhook is told of every change of an alert, signed, and again until it arrives.':
    'Ein Webhook erfährt von jeder Änderung einer Meldung, signiert, und so oft, bis es ankommt.',
  'Add a webhook': 'Webhook hinzufügen',
  'the webhooks': 'die Webhooks',
  Webhooks: 'Webhooks',
  Add: 'Hinzufügen',
  Address: 'Adresse',
  Deliveries: 'Zustellungen',
  'From {severity} on': 'Ab {severity}',
  'Remove the webhook {address}': 'Webhook {address} entfernen',
  '{count} arrived': '{count} angekommen',
  '{count} waits': '{count} wartet',
  '{count} wait': '{count} warten',
  '{count} given up': '{count} aufgegeben',
  'Your system checks the signatures with this secret. It is not shown again.':
    'Ihr System prüft die Signaturen mit diesem Geheimnis. Es wird nicht noch einmal gezeigt.',
  'A public address that begins with https.': 'Eine öffentliche Adresse, die mit https beginnt.',
};
