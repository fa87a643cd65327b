/** German: the frame, signing in, settings, help, and what goes wrong. */
import type { Catalogue } from '../language';

export const FRAME: Catalogue = {
  // the frame
  'Something went wrong': 'Etwas ging schief',
  'This page could not be shown': 'Diese Seite ließ sich nicht zeigen',
  'Try again': 'Noch einmal versuchen',
  'Go to the alerts': 'Zu den Meldungen',
  'Page not found': 'Seite nicht gefunden',
  'There is nothing at this address.': 'Unter dieser Adresse gibt es nichts.',
  'It may have been moved, or the link is incomplete.': 'Vielleicht wurde es verschoben, oder der Link ist unvollständig.',
  'Age of the page': 'Stand der Seite',
  'No connection. This is what was known at {at}.': 'Keine Verbindung. Das war der Stand vom {at}.',
  'Skip to the content': 'Zum Inhalt springen',
  Settings: 'Einstellungen',
  '? Help': '? Hilfe',
  Help: 'Hilfe',
  Main: 'Hauptmenü',
  'Signed in to': 'Angemeldet bei',
  'Update available': 'Neue Fassung verfügbar',
  Later: 'Später',
  'Reload now': 'Jetzt neu laden',
  'the page': 'die Seite',
  Breadcrumb: 'Pfad',
  Connection: 'Verbindung',
  Live: 'Live',
  'Stale since {at}': 'Veraltet seit {at}',
  'Connecting…': 'Verbinde …',
  'Reconnecting…': 'Verbinde erneut …',
  'Loading {what}…': 'Es lädt: {what} …',
  'Could not load {what}': 'Nicht geladen: {what}',
  Close: 'Schließen',
  Cancel: 'Abbrechen',
  Save: 'Speichern',
  Remove: 'Entfernen',
  'Table: {title}': 'Tabelle: {title}',
  // what went wrong
  'FleetGuard cannot be reached. Check the connection, then try again.':
    'FleetGuard ist nicht zu erreichen. Prüfen Sie die Verbindung und versuchen Sie es noch einmal.',
  'FleetGuard answered with an error ({status}). Try again.':
    'FleetGuard antwortete mit einem Fehler ({status}). Versuchen Sie es noch einmal.',
  'Something unexpected went wrong. Try again.': 'Etwas Unerwartetes ging schief. Versuchen Sie es noch einmal.',
  'You are signed out.': 'Sie sind abgemeldet.',
  'Your role does not allow this.': 'Ihre Rolle erlaubt das nicht.',
  'This does not exist, or it is not yours to see.': 'Das gibt es nicht, oder es ist nicht für Sie bestimmt.',
  'Too many attempts. Wait a minute, then try again.':
    'Zu viele Versuche. Warten Sie eine Minute und versuchen Sie es noch einmal.',
  'FleetGuard is starting or a part of it is away. Try again in a moment.':
    'FleetGuard startet gerade, oder ein Teil fehlt. Versuchen Sie es gleich noch einmal.',
  // signing in and out
  'Sign in': 'Anmelden',
  'Signing in…': 'Melde an …',
  'Sign out': 'Abmelden',
  'Signing out…': 'Melde ab …',
  'Sign out and drop what waits': 'Abmelden und Wartendes verwerfen',
  'Sign out and drop the {count} that wait': 'Abmelden und {count} Wartende verwerfen',
  Account: 'Konto',
  '{initials}: account of {name}': '{initials}: Konto von {name}',
  Email: 'E-Mail',
  Password: 'Passwort',
  'For example, sam@fleet.example.': 'Zum Beispiel sam@fleet.example.',
  'Capital and small letters count as different.': 'Groß- und Kleinbuchstaben werden unterschieden.',
  'Use the email and password that your administrator gave you.':
    'Nehmen Sie die E-Mail-Adresse und das Passwort, die Sie von Ihrer Verwaltung haben.',
  'This email and password do not match. Check both, then try again.':
    'E-Mail und Passwort passen nicht zusammen. Prüfen Sie beides und versuchen Sie es noch einmal.',
  Code: 'Code',
  'Notifications in this browser': 'Benachrichtigungen in diesem Browser',
  'New serious alerts, worsened ones and reminders, also while this page is closed. Neither vehicle nor person is named.':
    'Neue schwere Meldungen, verschlimmerte und Erinnerungen, auch wenn diese Seite geschlossen ist. Weder Fahrzeug noch Person wird genannt.',
  'Turn on': 'Einschalten',
  'Turn off': 'Ausschalten',
  'One moment…': 'Einen Moment…',
  'They are on.': 'Sie sind an.',
  'They are off.': 'Sie sind aus.',
  'This browser, or this installation, cannot be notified.':
    'Dieser Browser oder diese Installation kann nicht benachrichtigt werden.',
  'This browser was told not to allow them. Change that in its settings for this site.':
    'Dieser Browser erlaubt sie nicht. Ändern Sie das in seinen Einstellungen für diese Seite.',
  'From your authenticator app, or one of your spare codes. Each works once.':
    'Aus Ihrer Authenticator-App oder einer Ihrer Ersatzcodes. Jeder gilt einmal.',
  'This account asks for a code that was not used yet.': 'Dieses Konto verlangt einen Code, der noch nicht benutzt wurde.',
  'Cannot sign in? Ask your FleetGuard administrator to set a new password.':
    'Die Anmeldung gelingt nicht? Bitten Sie Ihre FleetGuard-Verwaltung um ein neues Passwort.',
  'Sign in with {name}': 'Mit {name} anmelden',
  'This sign-in took too long, or was started elsewhere. Start again.':
    'Diese Anmeldung hat zu lange gedauert oder wurde anderswo begonnen. Fangen Sie noch einmal an.',
  'The provider did not confirm who you are. Try again.':
    'Der Anbieter hat nicht bestätigt, wer Sie sind. Versuchen Sie es noch einmal.',
  'The provider has not verified your email address, so it cannot be used here.':
    'Der Anbieter hat Ihre E-Mail-Adresse nicht geprüft, deshalb gilt sie hier nicht.',
  'No active account has this email address. Ask your FleetGuard administrator to invite you.':
    'Kein aktives Konto hat diese E-Mail-Adresse. Bitten Sie Ihre FleetGuard-Verwaltung um eine Einladung.',
  'This account asks for a code: sign in with your email, password and code.':
    'Dieses Konto verlangt einen Code: Melden Sie sich mit E-Mail, Passwort und Code an.',
  'The provider or FleetGuard does not answer. Try again in a moment.':
    'Der Anbieter oder FleetGuard antwortet nicht. Versuchen Sie es gleich noch einmal.',
  'Know what needs you, and why.': 'Wissen, was Sie braucht, und warum.',
  'Live alerts from every vehicle, each with the readings behind it and the next step to take.':
    'Meldungen aller Fahrzeuge in Echtzeit, jede mit ihren Messwerten und dem nächsten Schritt.',
  'Times are shown in your own time zone.': 'Zeiten stehen in Ihrer eigenen Zeitzone.',
  'Platform administrator': 'Plattformverwaltung',
  'Fleet manager': 'Flottenleitung',
  Dispatcher: 'Disposition',
  'ML engineer': 'ML-Entwicklung',
  Analyst: 'Analyse',
  // whether vehicles are judged
  Judging: 'Bewertung',
  'Nothing is judged yet': 'Noch wird nichts bewertet',
  'Nothing is judged at the moment': 'Zurzeit wird nichts bewertet',
  'Not every vehicle is judged at the moment': 'Zurzeit wird nicht jedes Fahrzeug bewertet',
  'It is not known whether vehicles are judged': 'Es ist nicht bekannt, ob Fahrzeuge bewertet werden',
  'FleetGuard does not say how its parts are.': 'FleetGuard sagt nicht, wie es seinen Teilen geht.',
  'The database does not answer.': 'Die Datenbank antwortet nicht.',
  'No readings arrive: the message broker takes none.': 'Es kommen keine Messwerte an: Der Nachrichtenvermittler nimmt keine an.',
  'The models are still being trained or loaded. After a first start this takes minutes.':
    'Die Modelle werden noch trainiert oder geladen. Nach einem ersten Start dauert das Minuten.',
  'The models do not answer.': 'Die Modelle antworten nicht.',
  'The readings of some vehicles are not taken in.': 'Die Messwerte einiger Fahrzeuge werden nicht angenommen.',
  'Readings are not taken in.': 'Messwerte werden nicht angenommen.',
  'Readings are not taken in yet.': 'Messwerte werden noch nicht angenommen.',
  'Asking whether vehicles are judged…': 'Es wird gefragt, ob Fahrzeuge bewertet werden…',
  'This page goes back to normal by itself.': 'Diese Seite wird von selbst wieder normal.',
  // settings
  'They hold in this browser. Nothing changes until you save.':
    'Sie gelten in diesem Browser. Erst mit dem Speichern ändert sich etwas.',
  Colours: 'Farben',
  Language: 'Sprache',
  Units: 'Einheiten',
  'Time zone': 'Zeitzone',
  'Same as my device': 'Wie mein Gerät',
  Light: 'Hell',
  Dark: 'Dunkel',
  'High contrast': 'Hoher Kontrast',
  English: 'English',
  Deutsch: 'Deutsch',
  'Kilometres, degrees Celsius, litres': 'Kilometer, Grad Celsius, Liter',
  'Miles, degrees Fahrenheit, US gallons': 'Meilen, Grad Fahrenheit, US-Gallonen',
  'Keys of the alert list': 'Tasten der Meldungsliste',
  'On: j, k, a, d and others': 'An: j, k, a, d und andere',
  Off: 'Aus',
  'Your data': 'Ihre Daten',
  'What FleetGuard stores about you, as a file: your account, where you are signed in, your tokens, notes and deeds, and for drivers their scores and alerts. It holds no passwords and nothing of anybody else.':
    'Was FleetGuard über Sie speichert, als Datei: Ihr Konto, wo Sie angemeldet sind, Ihre Tokens, Notizen und Taten, bei Fahrerinnen und Fahrern auch Bewertungen und Meldungen. Passwörter stehen nicht darin, und nichts von anderen.',
  'Download your data': 'Ihre Daten herunterladen',
  'Collecting…': 'Wird gesammelt…',
  'The file is among your downloads.': 'Die Datei liegt bei Ihren Downloads.',
  // help
  'Work through the alerts': 'Meldungen abarbeiten',
  'Open the alert page of an entry to see why it was raised and what to do. Acknowledge it to tell the others that you have it.':
    'Öffnen Sie eine Meldung, um zu sehen, warum sie kam und was zu tun ist. Übernehmen Sie sie, damit die anderen wissen, dass Sie sie haben.',
  'Press ? on the alert page to see the keys.': 'Drücken Sie auf der Meldungsseite ?, um die Tasten zu sehen.',
  Words: 'Wörter',
  Accessibility: 'Barrierefreiheit',
  'We aim at level AAA of WCAG 2.1 on every page. Tests look at each page in three colour schemes and three widths.':
    'Wir streben auf jeder Seite die Stufe AAA der WCAG 2.1 an. Tests sehen jede Seite in drei Farbschemata und drei Breiten an.',
  'Exceptions that we know': 'Ausnahmen, die wir kennen',
  'Tools cannot certify accessibility. If something keeps you from your work, tell your FleetGuard administrator.':
    'Werkzeuge können Barrierefreiheit nicht bescheinigen. Wenn Sie etwas an der Arbeit hindert, sagen Sie es Ihrer FleetGuard-Verwaltung.',
};
