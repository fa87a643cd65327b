/** An address that leads nowhere. */
import { Link } from '@tanstack/react-router';
import { t } from '@/shared/language/language';
import { Nothing } from '@/shared/page/Notice';
import { Page } from '@/shared/page/Page';

export function NotFoundPage() {
  return (
    <main className="mx-auto max-w-6xl px-4 py-6">
      <Page title={t('Page not found')}>
        <Nothing title={t('There is nothing at this address.')}>
          <p>{t('It may have been moved, or the link is incomplete.')}</p>
          <Link to="/alerts" className="button mt-4">
            {t('Go to the alerts')}
          </Link>
        </Nothing>
      </Page>
    </main>
  );
}
