/** Single-key commands of a page. Readers can switch them off; they never act while one types or a dialog is open. */
import { useEffect, useRef, useSyncExternalStore } from 'react';

export type KeyCommands = Readonly<Record<string, () => void>>;

const KEY = 'fleetguard.singleKeys';
const OFF = 'off';
const readers = new Set<() => void>();
const BUSY = 'input:not([type=checkbox]), textarea, select, [contenteditable=true], [role=slider], [role=menu], [role=listbox]';
const PAGE = 'root';
const OVERLAY = '[role=dialog], [role=alertdialog], [role=menu], [role=listbox]';

export function useSingleKeys(commands: KeyCommands): void {
  const enabled = useSingleKeysEnabled();
  const current = useRef(commands);
  useEffect(() => {
    current.current = commands;
  });
  useEffect(() => {
    if (!enabled) return;
    const press = (event: KeyboardEvent) => {
      const command = isFree(event) ? current.current[event.key] : undefined;
      if (!command) return;
      event.preventDefault();
      command();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [enabled]);
}

function isFree(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
  const busy = event.target instanceof Element && event.target.closest(BUSY) !== null;
  return !busy && !isOverlayOpen();
}

/** Overlays stand beside the page, never in it: so that a page of any length is not searched for them. */
function isOverlayOpen(): boolean {
  return [...document.body.children].some((part) => part.id !== PAGE && (part.matches(OVERLAY) || part.querySelector(OVERLAY) !== null));
}

function subscribe(reader: () => void): () => void {
  readers.add(reader);
  return () => readers.delete(reader);
}

export function useSingleKeysEnabled(): boolean {
  return useSyncExternalStore(subscribe, () => localStorage.getItem(KEY) !== OFF);
}

export function enableSingleKeys(enabled: boolean): void {
  if (enabled) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, OFF);
  readers.forEach((read) => read());
}
