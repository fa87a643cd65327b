/** How insistently the fleet's people are told of alerts, and which systems are told too. */
import { useQuery } from '@tanstack/react-query';
import { t } from '@/shared/language/language';
import { Loaded } from '@/shared/page/Loaded';
import { Page } from '@/shared/page/Page';
import { notifyRulesQuery } from './notifications.queries';
import { RulesForm } from './RulesForm';
import { WebhooksCard } from './WebhooksCard';

export function NotificationsPage() {
  const rules = useQuery(notifyRulesQuery);
  return (
    <Page title={t('Notifications')} crumbs={[{ label: t('Settings'), to: '/settings' }]}>
      <div className="flex max-w-3xl flex-col gap-5">
        <Loaded query={rules} what={t('the rules')}>
          {(found) => <RulesForm kept={found} />}
        </Loaded>
        <WebhooksCard />
      </div>
    </Page>
  );
}
