/** German: every sentence of the page. */
import { ALERTS } from './de/alerts';
import { FLEET } from './de/fleet';
import { FRAME } from './de/frame';
import { GUIDANCE } from './de/guidance';
import { NOTIFICATIONS } from './de/notifications';
import { PEOPLE } from './de/people';
import { SECURITY } from './de/security';
import type { Catalogue } from './language';

export const SENTENCES: Catalogue = { ...FRAME, ...ALERTS, ...FLEET, ...GUIDANCE, ...NOTIFICATIONS, ...PEOPLE, ...SECURITY };
