/** One's own ways in: password, a code from an app, where one is signed in, tokens of programs. */
import { t } from '@/shared/language/language';
import { Page } from '@/shared/page/Page';
import { PasswordCard } from './PasswordCard';
import { SecondFactorCard } from './SecondFactorCard';
import { SessionsCard } from './SessionsCard';
import { TokensCard } from './TokensCard';

export function SecurityPage() {
  return (
    <Page title={t('Sign-in and security')} crumbs={[{ label: t('Settings'), to: '/settings' }]}>
      <div className="flex max-w-3xl flex-col gap-5">
        <div className="grid gap-5 md:grid-cols-2">
          <PasswordCard />
          <SecondFactorCard />
        </div>
        <SessionsCard />
        <TokensCard />
      </div>
    </Page>
  );
}
