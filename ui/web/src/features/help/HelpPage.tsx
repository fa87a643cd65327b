/** Help: the words of the desk, and how accessible it is. */
import type { ReactNode } from 'react';
import { t } from '@/shared/language/language';
import { Page } from '@/shared/page/Page';
import { EXCEPTIONS, GLOSSARY, KEPT } from './words';

export function HelpPage() {
  return (
    <Page title={t('Help')}>
      <div className="flex max-w-prose flex-col gap-8">
        <Chapter title={t('Work through the alerts')}>
          <p>
            {t(
              'Open the alert page of an entry to see why it was raised and what to do. Acknowledge it to tell the others that you have it.',
            )}
          </p>
          <p>{t('Press ? on the alert page to see the keys.')}</p>
        </Chapter>
        <Chapter title={t('Words')}>
          <dl className="flex flex-col gap-3">
            {GLOSSARY.map(([word, meaning]) => (
              <div key={word}>
                <dt className="font-semibold">{t(word)}</dt>
                <dd className="text-muted">{t(meaning)}</dd>
              </div>
            ))}
          </dl>
        </Chapter>
        <Chapter title={t('Accessibility')}>
          <p>
            {t(
              'We aim at level AAA of WCAG 2.1 on every page. Tests look at each page in three colour schemes and three widths.',
            )}
          </p>
          <List items={KEPT} />
          <h3 className="mt-2 font-semibold">{t('Exceptions that we know')}</h3>
          <List items={EXCEPTIONS} />
          <p>
            {t('Tools cannot certify accessibility. If something keeps you from your work, tell your FleetGuard administrator.')}
          </p>
        </Chapter>
      </div>
    </Page>
  );
}

function Chapter({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-2">
      <h2 className="text-lg font-semibold">{title}</h2>
      {children}
    </section>
  );
}

function List({ items }: { items: readonly string[] }) {
  return (
    <ul className="flex list-disc flex-col gap-1.5 ps-5">
      {items.map((item) => (
        <li key={item}>{t(item)}</li>
      ))}
    </ul>
  );
}
