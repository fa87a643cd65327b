/** Whether this browser is notified while the page is closed (Web Push). */
import { getPushKey, subscribeToPush, unsubscribeFromPush } from '@/api';
import { answer, isProblem } from '@/shared/problem';

export type PushState = 'on' | 'off' | 'refused' | 'impossible';

async function registration(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('serviceWorker' in navigator) || !('PushManager' in window)) return undefined;
  return (await navigator.serviceWorker.getRegistration()) ?? undefined;
}

export async function pushState(): Promise<PushState> {
  const worker = await registration();
  if (!worker || !(await serverKey())) return 'impossible';
  if (Notification.permission === 'denied') return 'refused';
  return (await worker.pushManager.getSubscription()) ? 'on' : 'off';
}

/** Asks the person, then the browser, then the server. */
export async function turnOn(): Promise<PushState> {
  const [worker, key] = [await registration(), await serverKey()];
  if (!worker || !key) return 'impossible';
  if ((await Notification.requestPermission()) !== 'granted') return 'refused';
  const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = subscription.toJSON();
  await answer(
    subscribeToPush({ body: { endpoint: endpoint ?? '', keys: { p256dh: keys?.['p256dh'] ?? '', auth: keys?.['auth'] ?? '' } } }),
  );
  return 'on';
}

export async function turnOff(): Promise<PushState> {
  const subscription = await (await registration())?.pushManager.getSubscription();
  if (subscription) {
    await answer(unsubscribeFromPush({ body: { endpoint: subscription.endpoint } }));
    await subscription.unsubscribe();
  }
  return 'off';
}

/** Undefined where the installation does not push. */
async function serverKey(): Promise<string | undefined> {
  try {
    return (await answer(getPushKey())).key;
  } catch (problem) {
    if (isProblem(problem, 404)) return undefined;
    throw problem;
  }
}
