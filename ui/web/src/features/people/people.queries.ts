/** The people of this fleet on the server. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import {
  changePerson,
  invitePerson,
  invitePersonAgain,
  listPeople,
  resetSecondFactor,
  type Invitation,
  type NewPerson,
  type Person,
  type PersonChange,
} from '@/api';
import { everyItem } from '@/shared/everyItem';
import { answer } from '@/shared/problem';

export type { Invitation, NewPerson, Person };

const PAGE = 500;

/** Everybody, page after page. */
export const peopleQuery = queryOptions({
  queryKey: ['people'],
  queryFn: ({ signal }) => everyItem((cursor) => answer(listPeople({ signal, query: { limit: PAGE, cursor } }))),
  staleTime: 60_000,
});

export type PersonDeed = { person: Person } & (
  { kind: 'change'; change: PersonChange } | { kind: 'newLink' } | { kind: 'resetSecondFactor' }
);

export function useInvite() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: NewPerson) => answer(invitePerson({ body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: peopleQuery.queryKey }),
  });
}

export function usePersonDeed() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (deed: PersonDeed): Promise<Invitation | undefined> => {
      const path = { userId: deed.person.userId };
      if (deed.kind === 'newLink') return answer(invitePersonAgain({ path }));
      if (deed.kind === 'resetSecondFactor') await answer(resetSecondFactor({ path }));
      else await answer(changePerson({ path, body: deed.change }));
      return undefined;
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: peopleQuery.queryKey }),
  });
}

/** The address at which an invited person chooses a password. */
export function linkOf({ token }: Invitation): string {
  return `${location.origin}/welcome#${token}`;
}
