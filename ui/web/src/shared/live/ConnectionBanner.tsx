/** Whether what is on screen is current: live, reconnecting, or stale since when. */
import { t } from '@/shared/language/language';
import { clock } from '@/shared/time/format';
import { useLineState } from './LiveProvider';
import type { LineState } from './liveConnection';

const TONE = {
  live: 'bg-good-soft text-good-ink',
  connecting: 'bg-sunken text-muted',
  reconnecting: 'bg-medium-soft text-medium-ink',
  stale: 'bg-critical-soft text-critical-ink',
};

const SHAPE = {
  live: <circle cx="8" cy="8" r="5" fill="currentColor" />,
  connecting: <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" strokeWidth="2" />,
  reconnecting: <path d="M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3" fill="none" stroke="currentColor" strokeWidth="2" />,
  stale: <path d="M3.5 3.5l9 9m0-9l-9 9" stroke="currentColor" strokeWidth="2.4" strokeLinecap="round" />,
};

export function lineInWords({ status, heardAt }: LineState): string {
  if (status === 'live') return t('Live');
  if (status === 'stale' && heardAt !== null) return t('Stale since {at}', { at: clock(heardAt) });
  return status === 'connecting' ? t('Connecting…') : t('Reconnecting…');
}

export function ConnectionBanner() {
  const line = useLineState();
  return (
    <div
      role="status"
      aria-label={t('Connection')}
      className={`inline-flex items-center gap-2 rounded-full px-3 py-1 text-sm font-semibold whitespace-nowrap ${TONE[line.status]}`}
    >
      <svg viewBox="0 0 16 16" className="size-3.5 shrink-0" aria-hidden="true" focusable="false">
        {SHAPE[line.status]}
      </svg>
      <span className="figures">{lineInWords(line)}</span>
    </div>
  );
}
