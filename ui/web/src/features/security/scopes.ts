/** What a token may be used for, in words. */
import type { Permission } from '@/features/session/session';

export const SCOPE_IN_WORDS: Record<Permission, string> = {
  'read alerts': 'Read alerts',
  'acknowledge alerts': 'Acknowledge alerts',
  'work on alerts': 'Work on alerts',
  'read the fleet': 'Read vehicles and forecasts',
  'read driver scores': 'Read driver scores',
  'change the rules': 'Change the rules',
  'manage devices': 'Manage devices',
  'record maintenance': 'Record workshop visits',
  'manage people': 'Manage people',
  'read about the models': 'Read about the models',
  analyse: 'Analyse by GraphQL',
};

export function scopeInWords(scope: Permission): string {
  return SCOPE_IN_WORDS[scope];
}
