/** How long an alert may wait, in minutes: the usual ones, and in words. */
import { counted } from '@/shared/language/language';

export const MINUTES = [5, 15, 30, 60, 240] as const;

export function afterMinutes(minutes: number): string {
  return counted(minutes, 'After a minute', 'After {count} minutes');
}
