/** German: people, devices and rules of a fleet, and invitations. */
import type { Catalogue } from '../language';

export const PEOPLE: Catalogue = {
  Manage: 'Verwalten',
  Copy: 'Kopieren',
  'Copied.': 'Kopiert.',

  // people
  People: 'Personen',
  'the people': 'die Personen',
  '{count} person': '{count} Person',
  '{count} people': '{count} Personen',
  'People by email address': 'Personen nach E-Mail-Adresse',
  Person: 'Person',
  Role: 'Rolle',
  'Code at sign-in': 'Code bei der Anmeldung',
  'Asked for': 'Wird verlangt',
  'Not asked for': 'Wird nicht verlangt',
  'Manage {person}': '{person} verwalten',
  Deactivated: 'Deaktiviert',
  'Invited, has not chosen a password yet': 'Eingeladen, hat noch kein Passwort gewählt',
  'Invite a person': 'Person einladen',
  Invite: 'Einladen',
  Invited: 'Eingeladen',
  Name: 'Name',
  'They sign in with it.': 'Damit meldet sich die Person an.',
  'As the vehicle sends it.': 'So, wie das Fahrzeug sie sendet.',
  'Send this link to {person}, by a way that only they read. It works once, until {at}.':
    'Senden Sie diesen Link an {person}, auf einem Weg, den sonst niemand mitliest. Er gilt einmal, bis {at}.',
  'Link to choose a password': 'Link zum Wählen eines Passworts',
  'Another manager has to change your own role, or deactivate you.':
    'Ihre eigene Rolle ändert jemand anderes aus der Leitung; das gilt auch für das Deaktivieren.',
  'Save the role': 'Rolle speichern',
  'New link to choose a password': 'Neuer Link zum Wählen eines Passworts',
  'Ask for no code any more': 'Keinen Code mehr verlangen',
  Deactivate: 'Deaktivieren',
  'Let in again': 'Wieder zulassen',
  'Who is deactivated is signed out everywhere at once. Nothing is deleted.':
    'Wer deaktiviert ist, wird überall sofort abgemeldet. Gelöscht wird nichts.',

  // the page behind an invitation
  Welcome: 'Willkommen',
  'This address is incomplete: open the whole link of your invitation.':
    'Diese Adresse ist unvollständig: öffnen Sie den ganzen Link Ihrer Einladung.',
  'Choose the password with which you sign in from now on.': 'Wählen Sie das Passwort, mit dem Sie sich künftig anmelden.',
  'New password': 'Neues Passwort',
  'At least 12 characters. A few words in a row are good and easy to remember.':
    'Mindestens 12 Zeichen. Ein paar Wörter hintereinander sind gut und leicht zu merken.',
  'Keep this password': 'Dieses Passwort behalten',
  'Your password is kept. Sign in with it and {email}.': 'Ihr Passwort gilt. Melden Sie sich damit und mit {email} an.',

  // devices
  Devices: 'Geräte',
  'the devices': 'die Geräte',
  'Add a vehicle': 'Fahrzeug hinzufügen',
  'Each vehicle has a device with a credential of its own. A revoked one is cut off within a minute.':
    'Jedes Fahrzeug hat ein Gerät mit eigenen Zugangsdaten. Werden sie widerrufen, ist es binnen einer Minute getrennt.',
  'Add the first one.': 'Fügen Sie das erste hinzu.',
  'Search the devices': 'Geräte durchsuchen',
  '{count} device': '{count} Gerät',
  '{count} devices': '{count} Geräte',
  'The first {shown} are shown: search for the others.': 'Die ersten {shown} werden gezeigt: suchen Sie nach den anderen.',
  'No device matches this search': 'Kein Gerät passt zu dieser Suche',
  'Devices by vehicle': 'Geräte nach Fahrzeug',
  Credential: 'Zugangsdaten',
  'Manage {vehicle}': '{vehicle} verwalten',
  'None: it cannot sign in': 'Keine: es kann sich nicht anmelden',
  Since: 'Seit',
  'The one before it holds until': 'Die vorigen gelten bis',
  'Letters, digits, - and _.': 'Buchstaben, Ziffern, - und _.',
  Class: 'Klasse',
  'This device has no credential and cannot sign in.': 'Dieses Gerät hat keine Zugangsdaten und kann sich nicht anmelden.',
  'A rotated credential holds for 24 hours beside the new one. A revoked one is cut off within a minute.':
    'Erneuerte Zugangsdaten gelten 24 Stunden neben den neuen. Widerrufene sind binnen einer Minute wertlos.',
  'Issue a credential': 'Zugangsdaten ausstellen',
  Rotate: 'Erneuern',
  Revoke: 'Widerrufen',
  'Put this into the device now: the password is not shown again.':
    'Tragen Sie das jetzt in das Gerät ein: das Passwort wird nicht noch einmal gezeigt.',
  'User name': 'Benutzername',

  // rules
  Rules: 'Regeln',
  'the rules': 'die Regeln',
  'Say how many alerts your people can look at, or from which certainty on each type begins. What that would have meant is shown first.':
    'Sagen Sie, wie viele Meldungen Ihre Leute ansehen können, oder ab welcher Sicherheit jede Art beginnt. Was das bedeutet hätte, wird zuerst gezeigt.',
  'Alerts per vehicle and week': 'Meldungen je Fahrzeug und Woche',
  'The thresholds for all vehicles follow; those you chose for a class stay.':
    'Die Schwellen für alle Fahrzeuge folgen; die für eine Klasse gewählten bleiben.',
  'Nothing is saved yet: it is tried on the last {days} days first.':
    'Noch wird nichts gespeichert: es wird zuerst an den letzten {days} Tagen erprobt.',
  'Try it on the past': 'An der Vergangenheit erproben',
  'An alert begins at': 'Eine Meldung beginnt bei',
  'What is chosen for a class goes before what is chosen for all vehicles, and that before the usual. In bold: chosen.':
    'Was für eine Klasse gewählt ist, geht vor dem für alle Fahrzeuge, und das vor dem Üblichen. Fett: gewählt.',
  'Change them for': 'Ändern für',
  'All vehicles': 'Alle Fahrzeuge',
  Cars: 'Pkw',
  Vans: 'Transporter',
  Trucks: 'Lkw',
  'Back to the usual…': 'Zurück zum Üblichen…',
  'Back to the usual thresholds?': 'Zurück zu den üblichen Schwellen?',
  'Give up our own': 'Eigene aufgeben',
  'What was chosen for all vehicles and for each class is given up, and has to be chosen again if you want it back.':
    'Was für alle Fahrzeuge und für jede Klasse gewählt war, wird aufgegeben und muss neu gewählt werden, falls Sie es wieder wollen.',
  'From which certainty on an alert of each type begins, by vehicle class':
    'Ab welcher Sicherheit eine Meldung jeder Art beginnt, nach Fahrzeugklasse',
  Type: 'Art',
  'May be': 'Möglich',
  Usual: 'Üblich',
  'usual: {share}, may be: {bounds}': 'üblich: {share}, möglich: {bounds}',
  'the usual alone': 'nur das Übliche',
  'the usual': 'das Übliche',
  '{type}, {vehicles}: an alert begins at': '{type}, {vehicles}: eine Meldung beginnt bei',
  'Try these on the past': 'Diese an der Vergangenheit erproben',
  'Discard the changes': 'Änderungen verwerfen',
  'One change that is not saved.': 'Eine Änderung ist nicht gespeichert.',
  '{count} changes that are not saved.': '{count} Änderungen sind nicht gespeichert.',
  'Nothing is changed.': 'Nichts ist geändert.',
  'the trial': 'die Erprobung',
  'the trials': 'die Erprobungen',
  'Recent trials': 'Letzte Erprobungen',
  'What was tried on the past, the newest first.': 'Was an der Vergangenheit erprobt wurde, das Neueste zuerst.',
  'Nothing was tried yet.': 'Noch wurde nichts erprobt.',
  'Trials of thresholds, the newest first': 'Erprobungen von Schwellen, die neuesten zuerst',
  Tried: 'Erprobt',
  'Tried {time}.': 'Erprobt am {time}.',
  By: 'Von',
  'What came out': 'Was herauskam',
  'Somebody who has left': 'Jemand, der nicht mehr da ist',
  'Open the trial of {time}': 'Die Erprobung vom {time} öffnen',
  'Show older trials': 'Ältere Erprobungen zeigen',
  'Aim: {count} per vehicle and week': 'Ziel: {count} je Fahrzeug und Woche',
  'The usual thresholds': 'Die üblichen Schwellen',
  'One threshold of our own': 'Eine eigene Schwelle',
  '{count} thresholds of our own': '{count} eigene Schwellen',
  'Under way': 'Läuft noch',
  'No result': 'Kein Ergebnis',
  '{before} alerts per vehicle and week before, {after} after':
    '{before} Meldungen je Fahrzeug und Woche vorher, {after} nachher',
  Saved: 'Gespeichert',
  'These thresholds were saved. Others may hold by now.':
    'Diese Schwellen wurden gespeichert. Inzwischen können andere gelten.',
  'On the last {days} days': 'An den letzten {days} Tagen',
  'Save these thresholds': 'Diese Schwellen speichern',
  'Save them untried': 'Unerprobt speichern',
  'The past is judged anew: this takes up to a few minutes.':
    'Die Vergangenheit wird neu beurteilt: das dauert bis zu ein paar Minuten.',
  'It could not be tried: {reason}': 'Es ließ sich nicht erproben: {reason}',
  'Saved. It holds within half a minute.': 'Gespeichert. Es gilt binnen einer halben Minute.',
  '{before} alerts per vehicle and week as it is, {after} with these thresholds.':
    '{before} Meldungen je Fahrzeug und Woche bisher, {after} mit diesen Schwellen.',
  '{vehicles} of {all} vehicles that reported were judged anew.':
    '{vehicles} von {all} Fahrzeugen, die gesendet haben, wurden neu beurteilt.',
  'One alert there would not have been.': 'Eine Meldung hätte es nicht gegeben.',
  '{count} alerts there would not have been.': '{count} Meldungen hätte es nicht gegeben.',
  'Of {all} alerts that people confirmed, {gone} would be gone.': 'Von {all} bestätigten Meldungen fehlten {gone}.',
  'Of {all} alerts that people dismissed, {gone} would be gone.': 'Von {all} verworfenen Meldungen fehlten {gone}.',
  'one judged alert would be gone': 'eine beurteilte Meldung fehlte',
  '{count} judged alerts would be gone': '{count} beurteilte Meldungen fehlten',
  'No alerts, neither before nor after.': 'Keine Meldungen, weder vorher noch nachher.',
  '{vehicles}: alerts by type, as it is and with these thresholds':
    '{vehicles}: Meldungen nach Art, bisher und mit diesen Schwellen',
  Before: 'Vorher',
  After: 'Nachher',
  'Begins at': 'Beginnt bei',
};
