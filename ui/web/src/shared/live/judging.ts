/** Whether vehicles are being judged, as `/ready` tells it: an empty list is a quiet fleet only while they are. */
import { queryOptions, useQuery } from '@tanstack/react-query';
import { getReadiness, type PartState, type Readiness } from '@/api';
import { t } from '@/shared/language/language';
import { useLineState } from './LiveProvider';

const ASK_AGAIN_MS = 15_000;
const ASK_AGAIN_WHILE_DOWN_MS = 3_000;

/** Running, not answered yet, or why not every vehicle is judged. */
export type Judging = 'running' | 'asking' | { status: 'unknown' | 'stopped'; title: string; why: string };

export const readinessQuery = queryOptions({
  queryKey: ['readiness'],
  queryFn: async ({ signal }) => {
    const { data, error } = await getReadiness({ signal }); // a part that is down makes it a 503 that says the same
    const { parts } = (data ?? error ?? {}) as Partial<Readiness>;
    if (!parts) throw new Error('/ready does not name the parts.');
    return parts;
  },
  retry: false,
  refetchInterval: ({ state: { status, data } }) =>
    status === 'success' && data && judgingOf(data) === 'running' ? ASK_AGAIN_MS : ASK_AGAIN_WHILE_DOWN_MS,
});

export function useJudging(): Judging {
  const { data, isError } = useQuery(readinessQuery);
  const { status } = useLineState();
  if (isError || status === 'stale' || status === 'reconnecting') return unknown();
  return data ? judgingOf(data) : 'asking';
}

/** From the parts that a reading passes on its way to an alert. */
export function judgingOf(parts: readonly PartState[]): Judging {
  const down = parts.filter(({ state }) => state === 'down');
  const isDown = (name: string) => down.some((part) => part.name === name);
  const scoring = parts.find(({ name }) => name === 'scoring');
  const isIngest = ({ name }: PartState) => name.startsWith('ingest-');
  const [ingest, ingestDown] = [parts.filter(isIngest), down.filter(isIngest)];
  if (isDown('postgres')) return stopped(t('The database does not answer.'));
  if (!scoring || ingest.length === 0) return unknown();
  if (isDown('broker')) return stopped(t('No readings arrive: the message broker takes none.'));
  if (!scoring.reported)
    return notYet(t('The models are still being trained or loaded. After a first start this takes minutes.'));
  if (isDown('scoring')) return stopped(t('The models do not answer.'));
  if (ingestDown.length === 0) return 'running';
  if (ingestDown.length < ingest.length)
    return {
      status: 'stopped',
      title: t('Not every vehicle is judged at the moment'),
      why: t('The readings of some vehicles are not taken in.'),
    };
  return ingestDown.some(({ reported }) => reported)
    ? stopped(t('Readings are not taken in.'))
    : notYet(t('Readings are not taken in yet.'));
}

function stopped(why: string): Judging {
  return { status: 'stopped', title: t('Nothing is judged at the moment'), why };
}

function notYet(why: string): Judging {
  return { status: 'stopped', title: t('Nothing is judged yet'), why };
}

function unknown(): Judging {
  return {
    status: 'unknown',
    title: t('It is not known whether vehicles are judged'),
    why: t('FleetGuard does not say how its parts are.'),
  };
}
