/** Who works with this fleet, and what they may do. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from 'react-aria-components';
import { roleInWords, useMay } from '@/features/session/session';
import { counted, t } from '@/shared/language/language';
import { Loaded } from '@/shared/page/Loaded';
import { Page } from '@/shared/page/Page';
import { Table } from '@/shared/page/Table';
import { InviteDialog } from './InviteDialog';
import { peopleQuery, type Person } from './people.queries';
import { PersonDialog } from './PersonDialog';

export function PeoplePage() {
  const people = useQuery(peopleQuery);
  const mayManage = useMay('manage people');
  const [asked, setAsked] = useState<'invite' | Person>();
  const close = () => setAsked(undefined);
  return (
    <Page
      title={t('People')}
      crumbs={[{ label: t('Settings'), to: '/settings' }]}
      aside={
        mayManage && (
          <Button className="button" data-primary onPress={() => setAsked('invite')}>
            {t('Invite a person')}
          </Button>
        )
      }
    >
      <Loaded query={people} what={t('the people')}>
        {(all) => <PeopleTable people={all} onManage={mayManage ? setAsked : undefined} />}
      </Loaded>
      {asked === 'invite' && <InviteDialog onClose={close} />}
      {asked && asked !== 'invite' && <PersonDialog person={asked} onClose={close} />}
    </Page>
  );
}

interface TableProps {
  people: readonly Person[];
  onManage: ((person: Person) => void) | undefined;
}

function PeopleTable({ people, onManage }: TableProps) {
  return (
    <>
      <p role="status" className="figures mb-2 text-sm text-muted">
        {counted(people.length, '{count} person', '{count} people')}
      </p>
      <div className="card overflow-hidden">
        <Table
          caption={t('People by email address')}
          columns={[
            { label: t('Person') },
            { label: t('Role'), className: 'max-sm:hidden' },
            { label: t('Code at sign-in'), className: 'max-md:hidden' },
            ...(onManage ? [{ label: t('Manage'), isSilent: true }] : []),
          ]}
        >
          {people.map((person) => (
            <PersonRow key={person.userId} person={person} onManage={onManage} />
          ))}
        </Table>
      </div>
    </>
  );
}

function PersonRow({ person, onManage }: { person: Person; onManage: TableProps['onManage'] }) {
  const standing = standingOf(person);
  return (
    <tr className="hover:bg-hover">
      <th scope="row" className="px-3 py-2 font-normal sm:px-4">
        <span className="font-semibold">{person.name}</span>
        <span className="block text-sm wrap-anywhere text-muted">{person.email}</span>
        <span className="block text-sm sm:hidden">{t(roleInWords(person.role))}</span>
        {standing && <span className="block text-sm font-medium text-medium-ink">{standing}</span>}
      </th>
      <td className="px-3 py-2 max-sm:hidden">{t(roleInWords(person.role))}</td>
      <td className="px-3 py-2 text-sm max-md:hidden">{person.secondFactor ? t('Asked for') : t('Not asked for')}</td>
      {onManage && (
        <td className="px-3 py-2 text-end">
          <Button className="button" aria-label={t('Manage {person}', { person: person.name })} onPress={() => onManage(person)}>
            {t('Manage')}
          </Button>
        </td>
      )}
    </tr>
  );
}

function standingOf({ active, invited }: Person): string | undefined {
  if (!active) return t('Deactivated');
  return invited ? t('Invited, has not chosen a password yet') : undefined;
}
