/** Everybody's own data as a file: what the server stores, and what lies in this browser. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Button } from 'react-aria-components';
import { getOwnData } from '@/api';
import { readSavedFilters } from '@/features/alerts/savedFilterStore';
import { sessionQuery } from '@/features/session/session';
import { t } from '@/shared/language/language';
import { answer, inWords } from '@/shared/problem';
import { preferences } from '@/shared/reader/preferences';

const FILE = 'fleetguard-data.json';

export function OwnDataCard() {
  const { data: session } = useQuery(sessionQuery);
  const take = useMutation({
    mutationFn: async (userId: string) => {
      const stored = await answer(getOwnData());
      save({ ...stored, thisBrowser: { preferences: preferences(), savedFilters: readSavedFilters(userId) } });
    },
  });
  if (!session) return null;
  return (
    <section aria-labelledby="own-data" className="card mt-5 flex max-w-lg flex-col items-start gap-3 px-5 py-5">
      <h2 id="own-data" className="font-semibold">
        {t('Your data')}
      </h2>
      <p className="text-sm text-muted">
        {t(
          'What FleetGuard stores about you, as a file: your account, where you are signed in, your tokens, notes and deeds, and for drivers their scores and alerts. It holds no passwords and nothing of anybody else.',
        )}
      </p>
      <p role="status" className="text-sm font-medium">
        {take.isError && inWords(take.error)}
        {take.isSuccess && t('The file is among your downloads.')}
      </p>
      <Button className="button" isPending={take.isPending} onPress={() => take.mutate(session.userId)}>
        {take.isPending ? t('Collecting…') : t('Download your data')}
      </Button>
    </section>
  );
}

/** Hands the browser a file to keep. */
function save(content: object): void {
  const address = URL.createObjectURL(new Blob([JSON.stringify(content, null, 2)], { type: 'application/json' }));
  const link = Object.assign(document.createElement('a'), { href: address, download: FILE });
  link.click();
  URL.revokeObjectURL(address);
}
