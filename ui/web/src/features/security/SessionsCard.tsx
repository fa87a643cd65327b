/** Where one is signed in, and the way out of there. */
import { useQuery } from '@tanstack/react-query';
import { Button } from 'react-aria-components';
import { t } from '@/shared/language/language';
import { Loaded } from '@/shared/page/Loaded';
import { Table } from '@/shared/page/Table';
import { Exact } from '@/shared/time/Ago';
import { browserInWords } from './browser';
import { SettingsCard } from '@/shared/page/SettingsCard';
import { sessionsQuery, useEndSession, type OpenSession } from './security.queries';

export function SessionsCard() {
  const sessions = useQuery(sessionsQuery);
  const end = useEndSession();
  return (
    <SettingsCard
      title={t('Where you are signed in')}
      about={t('End a session that you do not know, then change your password. Its page is shut within seconds.')}
      error={end.error}
    >
      <Loaded query={sessions} what={t('the sessions')}>
        {(all) => <SessionTable sessions={all} onEnd={end.mutate} />}
      </Loaded>
    </SettingsCard>
  );
}

function SessionTable({ sessions, onEnd }: { sessions: readonly OpenSession[]; onEnd: (id: string) => void }) {
  return (
    <Table
      caption={t('Sessions, newest first')}
      columns={[
        { label: t('Browser'), className: 'sm:px-5' },
        { label: t('Since'), className: 'max-sm:hidden' },
        { label: t('Manage'), isSilent: true },
      ]}
    >
      {sessions.map((session) => (
        <tr key={session.sessionId}>
          <th scope="row" className="px-3 py-2 font-medium sm:px-5">
            {browserInWords(session.openedWith)}
            {session.isThis && <span className="block text-sm font-normal text-good-ink">{t('This browser')}</span>}
          </th>
          <td className="px-3 py-2 text-sm max-sm:hidden">
            <Exact at={session.createdAt} />
          </td>
          <td className="px-3 py-2 text-end">
            {!session.isThis && (
              <Button
                className="button"
                aria-label={t('End the session of {browser}', { browser: browserInWords(session.openedWith) })}
                onPress={() => onEnd(session.sessionId)}
              >
                {t('End')}
              </Button>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}
