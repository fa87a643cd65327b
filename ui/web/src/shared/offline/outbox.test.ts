import { expect, test } from 'vitest';
import { Outbox, type Entry, type Outcome } from './outbox';
import { memoryShelf } from './shelf';

const entry = (id: string, at: number, userId = 'sam'): Entry<string> => ({
  id,
  userId,
  subject: 'a20',
  label: `Acknowledge: ${id}`,
  deed: 'acknowledge',
  at,
  tried: false,
});

function office(answers: Record<string, Outcome> = {}) {
  const shelf = memoryShelf();
  const world = { sent: [] as string[], who: 'sam' as string | null, answers };
  const make = () =>
    new Outbox<string>({
      shelf,
      whoIsSignedIn: () => Promise.resolve(world.who),
      send: ({ id }) => {
        world.sent.push(id);
        return Promise.resolve(world.answers[id] ?? { kind: 'done' });
      },
      alone: (work) => work(),
    });
  return { world, make };
}

const ids = (outbox: Outbox<string>) => outbox.entries().map(({ id }) => id);

test('what waits is sent once, the oldest first', async () => {
  const { world, make } = office();
  const outbox = make();
  await outbox.add(entry('second', 2));
  await outbox.add(entry('first', 1));
  await outbox.flush();
  await outbox.flush();
  expect(world.sent).toEqual(['first', 'second']);
  expect(ids(outbox)).toEqual([]);
});

test('what waits outlives the page', async () => {
  const { make } = office();
  await make().add(entry('kept', 1));
  const reopened = make();
  await reopened.load();
  expect(ids(reopened)).toEqual(['kept']);
});

test("another person's deed is never sent, and waits for its author", async () => {
  const { world, make } = office();
  const outbox = make();
  await outbox.add(entry('mine', 1));
  world.who = 'kim';
  await outbox.flush();
  expect(world.sent).toEqual([]);
  world.who = 'sam';
  await outbox.flush();
  expect(world.sent).toEqual(['mine']);
});

test('while nobody is signed in nothing is sent', async () => {
  const { world, make } = office();
  const outbox = make();
  await outbox.add(entry('mine', 1));
  world.who = null;
  await outbox.flush();
  expect(world.sent).toEqual([]);
  expect(ids(outbox)).toEqual(['mine']);
});

test('a refusal stays to be read and is not sent again; the next one still goes', async () => {
  const { world, make } = office({ late: { kind: 'refused', reason: 'Kim Osei was first.' } });
  const outbox = make();
  await outbox.add(entry('late', 1));
  await outbox.add(entry('next', 2));
  await outbox.flush();
  await outbox.flush();
  expect(world.sent).toEqual(['late', 'next']);
  expect(outbox.entries().map(({ refusal }) => refusal)).toEqual(['Kim Osei was first.']);
});

test('where nobody answers, the rest waits too and is remembered as tried', async () => {
  const { world, make } = office({ first: { kind: 'unreachable' } });
  const outbox = make();
  await outbox.add(entry('first', 1));
  await outbox.add(entry('second', 2));
  await outbox.flush();
  expect(world.sent).toEqual(['first']);
  expect(outbox.entries().map(({ id, tried }) => [id, tried])).toEqual([
    ['first', true],
    ['second', false],
  ]);
});

test('who signs out leaves nothing behind, and others keep theirs', async () => {
  const { make } = office();
  const outbox = make();
  await outbox.add(entry('mine', 1));
  await outbox.add(entry('theirs', 2, 'kim'));
  await outbox.wipe('sam');
  expect(ids(outbox)).toEqual(['theirs']);
});
