/** From which certainty on alerts begin, by type and vehicle class; whatever is changed is tried on the past first. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '@/features/session/session';
import { t } from '@/shared/language/language';
import { Loaded } from '@/shared/page/Loaded';
import { Page } from '@/shared/page/Page';
import { BudgetForm } from './BudgetForm';
import { RecentTrials } from './RecentTrials';
import { rulesQuery, type BudgetTrial } from './rules.queries';
import { ThresholdsCard } from './ThresholdsCard';
import { TrialCard } from './TrialCard';

const route = getRouteApi('/desk/settings/rules');

export function RulesPage() {
  const { trial } = route.useSearch();
  const navigate = route.useNavigate();
  const rules = useQuery(rulesQuery);
  const mayChange = useMay('change the rules');
  const [asked, setAsked] = useState<string>();
  const show = ({ trialId }: BudgetTrial) => {
    setAsked(trialId);
    void navigate({ search: { trial: trialId }, replace: true, resetScroll: false });
  };
  return (
    <Page title={t('Rules')} crumbs={[{ label: t('Settings'), to: '/settings' }]}>
      <p className="mb-4 max-w-prose text-muted">
        {t(
          'Say how many alerts your people can look at, or from which certainty on each type begins. What that would have meant is shown first.',
        )}
      </p>
      <div className="flex flex-col gap-5">
        {mayChange && <BudgetForm onAsked={show} />}
        <Loaded query={rules} what={t('the rules')}>
          {({ items }) => <ThresholdsCard rules={items} mayChange={mayChange} onAsked={show} />}
        </Loaded>
        {trial && mayChange && <TrialCard key={trial} id={trial} isNew={trial === asked} />}
        {mayChange && <RecentTrials open={trial} onOpen={setAsked} />}
      </div>
    </Page>
  );
}
