/** Starts the service worker that keeps the app's shell. */
import type { Workbox } from 'workbox-window';

export async function registerWorker(onWaiting: (worker: Workbox) => void): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  const { Workbox: Registration } = await import('workbox-window');
  const worker = new Registration('/worker.js');
  worker.addEventListener('waiting', () => onWaiting(worker));
  worker.addEventListener('controlling', (event) => {
    if (event.isUpdate) location.reload();
  });
  try {
    await worker.register();
  } catch (problem) {
    console.warn('FleetGuard works without its offline shell: the browser refused the service worker.', problem);
  }
}
