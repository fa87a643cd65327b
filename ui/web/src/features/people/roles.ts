/** The roles that may be given, in words. */
import { roleInWords, type Session } from '@/features/session/session';
import { t } from '@/shared/language/language';
import type { Option } from '@/shared/controls/Choice';

export type Role = Session['role'];

const GIVEN: readonly Role[] = ['fleet_manager', 'dispatcher', 'driver', 'analyst', 'ml_engineer'];

/** A platform administrator is made by one of them, not here; somebody who is one stays in the list. */
export function roleOptions(present: Role): readonly Option<Role>[] {
  const roles = GIVEN.includes(present) ? GIVEN : [...GIVEN, present];
  return roles.map((key) => ({ key, label: t(roleInWords(key)) }));
}
