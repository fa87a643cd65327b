/** One vehicle as a link to its page, or several as a button that comes closer. */
import { Link } from '@tanstack/react-router';
import { Button } from 'react-aria-components';
import { counted, t } from '@/shared/language/language';
import { SEVERITY_WORD, type Severity } from '@/shared/severity/severity';
import { SeverityIcon } from '@/shared/severity/SeverityBadge';
import { snoozedInWords } from '../alertCounts';
import type { Group } from './geometry';

const SIZE_PX = 44;

const TONE: Record<Severity | 'NONE', string> = {
  CRITICAL: 'bg-critical-soft text-critical-ink border-critical-mark',
  HIGH: 'bg-high-soft text-high-ink border-high-mark',
  MEDIUM: 'bg-medium-soft text-medium-ink border-medium-mark',
  LOW: 'bg-low-soft text-low-ink border-low-mark',
  NONE: 'bg-surface text-ink border-stroke',
};

export function Marker({ group, onOpen }: { group: Group; onOpen: () => void }) {
  const { vehicles, worst, at } = group;
  const look = {
    className: `absolute grid place-items-center rounded-full border-2 text-xs font-semibold ${TONE[worst ?? 'NONE']}`,
    style: {
      left: at.x - SIZE_PX / 2,
      top: at.y - SIZE_PX / 2,
      width: SIZE_PX,
      height: SIZE_PX,
      '--severity-cut': worst ? `var(--${worst.toLowerCase()}-soft)` : undefined,
    } as React.CSSProperties,
  };
  const alerts = worst ? t('worst alert: {severity}', { severity: t(SEVERITY_WORD[worst]) }) : t('no live alert');
  const snoozed = vehicles.reduce((sum, { snoozedAlerts }) => sum + snoozedAlerts, 0);
  const trouble = snoozed > 0 ? `${alerts}, ${snoozedInWords(snoozed)}` : alerts;
  const [only] = vehicles;
  if (vehicles.length === 1 && only)
    return (
      <Link
        to="/vehicles/$vehicleId"
        params={{ vehicleId: only.vehicleId }}
        aria-label={`${t('Open vehicle {vehicle}', { vehicle: only.vehicleId })}, ${trouble}`}
        title={only.vehicleId}
        {...look}
      >
        {worst ? <SeverityIcon severity={worst} className="size-5" /> : <Dot />}
      </Link>
    );
  const many = counted(vehicles.length, '{count} vehicle', '{count} vehicles');
  return (
    <Button aria-label={`${t('Come closer to {what}', { what: many })}, ${trouble}`} onPress={onOpen} {...look}>
      <span className="flex flex-col items-center leading-none">
        {worst && <SeverityIcon severity={worst} className="size-3.5" />}
        {vehicles.length}
      </span>
    </Button>
  );
}

function Dot() {
  return (
    <svg viewBox="0 0 16 16" className="size-4" aria-hidden="true" focusable="false">
      <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" strokeWidth="2.5" />
    </svg>
  );
}
