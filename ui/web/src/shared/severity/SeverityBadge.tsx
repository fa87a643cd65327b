/** Severity as colour, shape and word together. */
import { t } from '@/shared/language/language';
import { SEVERITY_WORD, type Severity } from './severity';

const TONE: Record<Severity, string> = {
  CRITICAL: 'bg-critical-soft text-critical-ink',
  HIGH: 'bg-high-soft text-high-ink',
  MEDIUM: 'bg-medium-soft text-medium-ink',
  LOW: 'bg-low-soft text-low-ink',
};

const SHAPE: Record<Severity, string> = {
  CRITICAL: 'M5.2 1h5.6L15 5.2v5.6L10.8 15H5.2L1 10.8V5.2z',
  HIGH: 'M8 1.2 15.4 14.4H.6z',
  MEDIUM: 'M8 .8 15.2 8 8 15.2.8 8z',
  LOW: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z',
};

export function SeverityIcon({ severity, className = 'size-3.5' }: { severity: Severity; className?: string }) {
  const low = severity === 'LOW';
  const lift = severity === 'HIGH' ? 1.4 : 0;
  return (
    <svg viewBox="0 0 16 16" className={className} aria-hidden="true" focusable="false">
      <path d={SHAPE[severity]} fill="currentColor" />
      <g fill="none" stroke="var(--severity-cut)" strokeWidth="1.9" strokeLinecap="round">
        <path d={low ? 'M8 7.6v3.6' : `M8 ${4.4 + lift}v3.6`} />
        <path d={low ? 'M8 4.7v.01' : `M8 ${11.1 + lift / 2}v.01`} />
      </g>
    </svg>
  );
}

export function SeverityBadge({ severity }: { severity: Severity }) {
  const cut = `var(--${severity.toLowerCase()}-soft)`;
  return (
    <span
      className={`inline-flex items-center gap-1.5 rounded-full px-2.5 py-0.5 text-xs font-semibold whitespace-nowrap ${TONE[severity]}`}
      style={{ '--severity-cut': cut } as React.CSSProperties}
    >
      <SeverityIcon severity={severity} />
      {t(SEVERITY_WORD[severity])}
    </span>
  );
}
