/** Light, dark or high contrast: the system's choice unless the reader made one. */
import { useSyncExternalStore } from 'react';

export const THEMES = ['system', 'light', 'dark', 'contrast'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'fleetguard.theme';
const readers = new Set<() => void>();

function stored(): Theme {
  const value = localStorage.getItem(KEY);
  return THEMES.find((theme) => theme === value) ?? 'system';
}

/** The system's wish for more contrast counts only while the reader has not chosen. */
function effective(theme: Theme): Theme {
  return theme === 'system' && matchMedia('(prefers-contrast: more)').matches ? 'contrast' : theme;
}

export function applyTheme(theme: Theme = stored()): void {
  const shown = effective(theme);
  if (shown === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = shown;
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme(theme);
  readers.forEach((read) => read());
}

function subscribe(reader: () => void): () => void {
  readers.add(reader);
  return () => readers.delete(reader);
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, stored);
}
