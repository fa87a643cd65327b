/** Working through the list by keyboard: where the focus is, there the deed is done. */
import { useState, type RefObject } from 'react';
import { useSingleKeys } from '@/shared/keys/useSingleKeys';
import { isLive, type Alert } from './alert';
import type { DeedKind } from './alertDeed';
import type { BulkKind } from './bulkWords';
import { useDeedAloud } from './useDeedAloud';
import type { Selection } from './useSelection';

export type Asking = { kind: BulkKind; alerts: readonly Alert[] } | { kind: 'help' } | undefined;

interface Desk {
  list: RefObject<HTMLElement | null>;
  shown: readonly Alert[];
  selection: Selection;
  mayAcknowledge: boolean;
  mayWork: boolean;
  change: (alert: Alert) => void;
  showNew: () => void;
  togglePause: () => void;
}

type OneStep = Exclude<DeedKind, 'dismiss' | 'comment' | 'handOver' | 'snooze'>;

export function useTriage(desk: Desk) {
  const { list, shown, selection, change, showNew, togglePause } = desk;
  const [asking, setAsking] = useState<Asking>();
  const { act } = useDeedAloud(change);
  const focused = () => shown.find(({ id }) => id === rowIn(list.current, document.activeElement)?.dataset.alert);
  const may = (kind: DeedKind) => (kind === 'acknowledge' || kind === 'snooze' ? desk.mayAcknowledge : desk.mayWork);
  const ask = (kind: BulkKind) => {
    const one = focused();
    const alerts = selection.alerts.length > 0 ? selection.alerts : one ? [one] : [];
    if (may(kind) && alerts.length > 0) setAsking({ kind, alerts });
  };
  const once = (kind: OneStep) => () => {
    const alert = focused();
    if (may(kind) && alert && fits(kind, alert)) act(alert, { kind });
  };
  useSingleKeys({
    j: () => step(list.current, 1),
    k: () => step(list.current, -1),
    a: () => (selection.alerts.length > 0 ? ask('acknowledge') : once('acknowledge')()),
    d: () => ask('dismiss'),
    s: () => ask('snooze'),
    c: once('confirm'),
    t: once('assign'),
    r: once('resolve'),
    x: () => {
      const alert = focused();
      if (desk.mayAcknowledge && alert) selection.toggle(alert.id);
    },
    n: showNew,
    p: togglePause,
    '/': () => document.querySelector<HTMLElement>('[role=search] input')?.focus(),
    '?': () => setAsking({ kind: 'help' }),
  });
  return { asking, ask, help: () => setAsking({ kind: 'help' }), close: () => setAsking(undefined) };
}

function fits(kind: OneStep, { state }: Alert): boolean {
  if (kind === 'acknowledge') return state === 'OPEN';
  return kind === 'confirm' || isLive(state);
}

function rowIn(list: HTMLElement | null, element: Element | null): HTMLElement | undefined {
  return (list?.contains(element) && element?.closest<HTMLElement>('[data-alert]')) || undefined;
}

/** Moves the focus to the next or previous alert; from elsewhere to the first. */
function step(list: HTMLElement | null, by: 1 | -1): void {
  const here = rowIn(list, document.activeElement);
  const beside = by > 0 ? here?.nextElementSibling : here?.previousElementSibling;
  const next = here ? beside : list?.querySelector('[data-alert]');
  next?.querySelector('a')?.focus();
}
