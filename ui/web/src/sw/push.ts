/** Shows what is pushed: kind and severity only, for a locked screen may be read by others. */
declare const self: ServiceWorkerGlobalScope;

interface Pushed {
  id: string;
  type: string;
  severity: string;
  change: string;
}

const CHANGE_WORDS: Record<string, string> = {
  escalated: 'It has become worse.',
  reminder: 'Nobody has taken it yet.',
  unanswered: 'Nobody has taken it, and it is passed on to you.',
  woken: 'You had put it off, and its time is over.',
};

export function listenForPushes(): void {
  self.addEventListener('push', (event) => {
    const pushed = event.data?.json() as Pushed | undefined;
    if (pushed) event.waitUntil(show(pushed));
  });
  self.addEventListener('notificationclick', (event) => {
    event.notification.close();
    event.waitUntil(openAlert((event.notification.data as Pushed).id));
  });
}

function show(pushed: Pushed): Promise<void> {
  const body = `${CHANGE_WORDS[pushed.change] ?? ''} Open FleetGuard to see which vehicle, and why.`.trim();
  return self.registration.showNotification(`${inWords(pushed.severity)}: ${inWords(pushed.type).toLowerCase()}`, {
    body,
    tag: pushed.id, // a later word about the same alert takes the place of the earlier one
    data: pushed,
  });
}

function inWords(name: string): string {
  const words = name.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

async function openAlert(id: string): Promise<void> {
  const address = `/alerts/${encodeURIComponent(id)}`;
  const pages = await self.clients.matchAll({ type: 'window' });
  const page = pages[0];
  if (page) await (await page.navigate(address))?.focus();
  else await self.clients.openWindow(address);
}
