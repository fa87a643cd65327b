import { expect, test } from 'vitest';
import type { PartState } from '@/api';
import { judgingOf } from './judging';

const UP = ['postgres', 'broker', 'device-auth', 'ingest-0', 'ingest-1', 'scoring', 'notifier'];

/** Every part is up but for those: `down` has stopped, `never` has not reported since the start. */
function parts(fallen: Record<string, 'down' | 'never'> = {}, known = UP): PartState[] {
  return known.map((name) => ({ name, detail: '', state: name in fallen ? 'down' : 'ok', reported: fallen[name] !== 'never' }));
}

function titleOf(known: PartState[]): string {
  const judging = judgingOf(known);
  return typeof judging === 'string' ? judging : judging.title;
}

const YET = 'Nothing is judged yet';
const NOW = 'Nothing is judged at the moment';
const UNKNOWN = 'It is not known whether vehicles are judged';

test.each<[string, PartState[], string]>([
  ['everything is up', parts(), 'running'],
  ['only what comes after an alert is down', parts({ notifier: 'down', 'device-auth': 'down' }), 'running'],
  ['the models were not loaded yet', parts({ scoring: 'never', 'ingest-0': 'never', 'ingest-1': 'never' }), YET],
  ['the models have stopped', parts({ scoring: 'down' }), NOW],
  ['the broker is away', parts({ broker: 'down' }), NOW],
  ['ingest has not started', parts({ 'ingest-0': 'never', 'ingest-1': 'never' }), YET],
  ['ingest has stopped', parts({ 'ingest-0': 'down', 'ingest-1': 'down' }), NOW],
  ['half of ingest has stopped', parts({ 'ingest-1': 'down' }), 'Not every vehicle is judged at the moment'],
  ['the database is away', parts({ postgres: 'down' }, ['postgres', 'broker']), NOW],
  ['the heartbeats cannot be read', parts({ heartbeats: 'down' }, ['postgres', 'broker', 'heartbeats']), UNKNOWN],
  ['no part is named', [], UNKNOWN],
])('when %s', (_, known, title) => {
  expect(titleOf(known)).toBe(title);
});
