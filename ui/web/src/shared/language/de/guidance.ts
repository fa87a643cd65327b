/** German: what alerts mean, what to do, and the help page. */
import type { Catalogue } from '../language';

export const GUIDANCE: Catalogue = {
  'Call the driver when the vehicle stands still, not while it is moving.':
    'Rufen Sie den Fahrer an, wenn das Fahrzeug steht, nicht während der Fahrt.',
  'The vehicle slowed down much harder than drivers of its class normally do.':
    'Das Fahrzeug bremste viel härter, als Fahrer seiner Klasse es sonst tun.',
  'Ask what happened ahead, and whether anybody was hurt.': 'Fragen Sie, was voraus geschah und ob jemand verletzt wurde.',
  'If it repeats, plan a coaching talk about following distance.':
    'Wiederholt es sich, planen Sie ein Gespräch über den Abstand.',
  'The vehicle gained speed much harder than drivers of its class normally do.':
    'Das Fahrzeug beschleunigte viel härter, als Fahrer seiner Klasse es sonst tun.',
  'Look at the place and the traffic: a motorway entry can explain it.':
    'Sehen Sie sich Ort und Verkehr an: eine Autobahnauffahrt kann es erklären.',
  'If it repeats, plan a coaching talk about smooth starts.':
    'Wiederholt es sich, planen Sie ein Gespräch über sanftes Anfahren.',
  'The vehicle was pushed sideways much harder than is normal in a bend.':
    'Das Fahrzeug wurde viel stärker zur Seite gedrückt, als in einer Kurve üblich ist.',
  'Ask whether the load has shifted, and have it checked.':
    'Fragen Sie, ob die Ladung verrutscht ist, und lassen Sie sie prüfen.',
  'If it repeats, plan a coaching talk about speed before bends.':
    'Wiederholt es sich, planen Sie ein Gespräch über das Tempo vor Kurven.',
  'The vehicle drove clearly above the limit of the road for a while.':
    'Das Fahrzeug fuhr eine Weile deutlich schneller, als auf der Straße erlaubt ist.',
  'Check that the limit on record fits the road.': 'Prüfen Sie, ob das hinterlegte Tempolimit zur Straße passt.',
  'If it repeats, plan a coaching talk and look at the schedule: is it too tight?':
    'Wiederholt es sich, planen Sie ein Gespräch und sehen Sie auf den Fahrplan: ist er zu eng?',
  'Driving time, breaks or steering suggest that the driver is tired.':
    'Lenkzeit, Pausen oder Lenkbewegungen lassen vermuten, dass der Fahrer müde ist.',
  'Ask the driver to stop at the next safe place and rest.':
    'Bitten Sie den Fahrer, am nächsten sicheren Ort zu halten und zu ruhen.',
  'Check driving and rest times before the trip goes on.': 'Prüfen Sie Lenk- und Ruhezeiten, bevor die Fahrt weitergeht.',
  'Arrange another driver if the rest would be too short.': 'Sorgen Sie für einen anderen Fahrer, wenn die Ruhe zu kurz wäre.',
  'Braking, speeding up and cornering together were far rougher than normal.':
    'Bremsen, Beschleunigen und Kurvenfahren waren zusammen weit rauer als üblich.',
  'Look at the events of the trip together, not one by one.': 'Sehen Sie die Ereignisse der Fahrt zusammen an, nicht einzeln.',
  'Plan a coaching talk within the week.': 'Planen Sie noch diese Woche ein Gespräch.',
  'More fuel left the tank than the engine can have used.':
    'Es verließ mehr Kraftstoff den Tank, als der Motor verbraucht haben kann.',
  'Call the driver: is somebody at the vehicle right now?': 'Rufen Sie den Fahrer an: ist gerade jemand am Fahrzeug?',
  'Look at the tank, its cap and its lines.': 'Sehen Sie Tank, Deckel und Leitungen an.',
  'Note the place and time, and report it if fuel is missing.':
    'Notieren Sie Ort und Zeit, und zeigen Sie es an, wenn Kraftstoff fehlt.',
  'The tank loses fuel slowly and steadily, beyond what the engine uses.':
    'Der Tank verliert langsam und stetig mehr Kraftstoff, als der Motor verbraucht.',
  'Ask the driver to stop and look under the vehicle; no smoking, no sparks.':
    'Bitten Sie den Fahrer, zu halten und unter das Fahrzeug zu sehen; nicht rauchen, keine Funken.',
  'Send the vehicle to a workshop before its next trip.': 'Schicken Sie das Fahrzeug vor der nächsten Fahrt in die Werkstatt.',
  'The coolant is hotter than the engine can bear for long.': 'Das Kühlmittel ist heißer, als der Motor es lange verträgt.',
  'Ask the driver to stop safely and switch the engine off.':
    'Bitten Sie den Fahrer, sicher zu halten und den Motor abzustellen.',
  'Let it cool for 30 minutes before anybody opens the coolant cap.':
    'Lassen Sie ihn 30 Minuten abkühlen, bevor jemand den Kühlerdeckel öffnet.',
  'Have coolant, fan and thermostat checked.': 'Lassen Sie Kühlmittel, Lüfter und Thermostat prüfen.',
  'The engine runs unevenly: some of its fuel does not burn.':
    'Der Motor läuft unrund: ein Teil des Kraftstoffs verbrennt nicht.',
  'Ask the driver to avoid full power.': 'Bitten Sie den Fahrer, Vollgas zu meiden.',
  'Book a workshop: ignition, injectors and fuel supply.':
    'Buchen Sie eine Werkstatt: Zündung, Einspritzung und Kraftstoffzufuhr.',
  'If the engine lamp flashes, stop: the catalyst can be damaged.':
    'Blinkt die Motorleuchte, anhalten: der Katalysator kann Schaden nehmen.',
  'The oil pressure is too low to protect the running engine.': 'Der Öldruck ist zu niedrig, um den laufenden Motor zu schützen.',
  'Ask the driver to stop safely and switch the engine off now.':
    'Bitten Sie den Fahrer, sicher zu halten und den Motor sofort abzustellen.',
  'Check the oil level; top up only with the right oil.': 'Prüfen Sie den Ölstand; nur mit dem richtigen Öl auffüllen.',
  'Do not drive on until the cause is known.': 'Nicht weiterfahren, bevor die Ursache bekannt ist.',
  'The voltage suggests that the battery or its charging is failing.':
    'Die Spannung lässt vermuten, dass die Batterie oder ihre Ladung versagt.',
  'Ask the driver not to switch the engine off away from help.':
    'Bitten Sie den Fahrer, den Motor nicht fern von Hilfe abzustellen.',
  'Have battery and alternator tested before the next trip.':
    'Lassen Sie Batterie und Lichtmaschine vor der nächsten Fahrt prüfen.',
  'A sensor is stuck, drifts or is silent. What it says cannot be trusted.':
    'Ein Sensor hängt, driftet oder schweigt. Was er sagt, ist nicht verlässlich.',
  'Treat other alerts that rest on this sensor with care.': 'Seien Sie bei Meldungen, die auf diesem Sensor beruhen, vorsichtig.',
  'Have the sensor, its plug and its cable checked at the next service.':
    'Lassen Sie Sensor, Stecker und Kabel bei der nächsten Wartung prüfen.',
  'A part is likely to fail within the next 72 hours, judged by its age, use and history.':
    'Ein Bauteil fällt nach Alter, Nutzung und Vorgeschichte wahrscheinlich in den nächsten 72 Stunden aus.',
  'Book a workshop within the next days.': 'Buchen Sie für die nächsten Tage eine Werkstatt.',
  'Keep the vehicle on short trips near help until then.':
    'Lassen Sie das Fahrzeug bis dahin nur kurze Fahrten nahe bei Hilfe machen.',
  'Record the repair on the page of the vehicle, and whether the part had failed: the forecast learns from it.':
    'Tragen Sie die Reparatur auf der Seite des Fahrzeugs ein, auch ob das Bauteil ausgefallen war: die Vorhersage lernt daraus.',

  'Something about a vehicle or its driver that a person should look at.':
    'Etwas an einem Fahrzeug oder seinem Fahrer, das sich ein Mensch ansehen sollte.',
  'How grave an alert is: critical, high, medium or low.': 'Wie schwer eine Meldung wiegt: kritisch, hoch, mittel oder niedrig.',
  'Nobody has taken the alert yet.': 'Noch niemand hat die Meldung übernommen.',
  'Somebody has seen the alert and has it in mind.': 'Jemand hat die Meldung gesehen und kümmert sich.',
  'Somebody works on it.': 'Jemand arbeitet daran.',
  'Somebody said that the alert was not right, and why. The next models learn from it.':
    'Jemand hat gesagt, dass die Meldung nicht stimmt, und warum. Die nächsten Modelle lernen daraus.',
  'Somebody has put the alert off for a time. It is back when that is over, and at once if it gets worse.':
    'Jemand hat die Meldung für eine Zeit zurückgestellt. Ist sie vorbei, ist die Meldung wieder da, und sofort, wenn sie schlimmer wird.',
  Evidence: 'Belege',
  'The readings that led to the alert, each with its share of the decision.':
    'Die Messwerte, die zur Meldung führten, jeder mit seinem Anteil an der Entscheidung.',
  Forecast: 'Vorhersage',
  'How likely a part is to fail within 72 hours, with the range the true risk lies in nine times out of ten.':
    'Wie wahrscheinlich ein Bauteil binnen 72 Stunden ausfällt, mit dem Bereich, in dem das wahre Risiko in neun von zehn Fällen liegt.',
  'How safely and sparingly somebody drives, from 0 to 100, beside others with the same class of vehicle.':
    'Wie sicher und sparsam jemand fährt, von 0 bis 100, neben anderen mit derselben Fahrzeugklasse.',
  'All of it works by keyboard, and targets are at least 44 by 44 pixels.':
    'Alles geht mit der Tastatur, und Ziele sind mindestens 44 mal 44 Pixel groß.',
  'Text has a contrast of at least 7 to 1 in the light, the dark and the high-contrast colours.':
    'Text hat in den hellen, den dunklen und den kontrastreichen Farben einen Kontrast von mindestens 7 zu 1.',
  'Severity is a word and a shape, not only a colour.': 'Die Schwere ist ein Wort und eine Form, nicht nur eine Farbe.',
  'Every chart is told in a sentence and has a table.': 'Jedes Diagramm wird in einem Satz gesagt und hat eine Tabelle.',
  'New alerts wait for you, move nothing, and are announced at most once every four seconds.':
    'Neue Meldungen warten auf Sie, verschieben nichts und werden höchstens alle vier Sekunden angesagt.',
  'Nothing disappears but alerts that somebody snoozes, and nothing moves if your device asks for less motion.':
    'Nichts verschwindet außer Meldungen, die jemand zurückstellt, und nichts bewegt sich, wenn Ihr Gerät weniger Bewegung verlangt.',
  'Wide tables scroll sideways within their frame on narrow screens.':
    'Breite Tabellen rollen auf schmalen Bildschirmen innerhalb ihres Rahmens zur Seite.',
  'The reasons of an alert come from the models in English and in metric units, whatever the language and the units of the page.':
    'Die Gründe einer Meldung kommen von den Modellen auf Englisch und in metrischen Einheiten, gleich welche die Seite hat.',
  'The map shows a grid of degrees and no roads; the list beside it holds the same vehicles.':
    'Die Karte zeigt ein Gradnetz und keine Straßen; die Liste daneben enthält dieselben Fahrzeuge.',
  'The forms have short help texts and no help page of their own.':
    'Die Formulare haben kurze Hilfetexte und keine eigene Hilfeseite.',
  'Right-to-left scripts, screen readers beyond automated checks, and speech input have not been tried by people.':
    'Schriften von rechts nach links, Vorleseprogramme über Automatikprüfungen hinaus und Spracheingabe wurden nicht von Menschen erprobt.',
};
