/** The fleet at a glance: how often alerts come, what may fail, how fast people answer, how drivers do. */
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMay } from '@/features/session/session';
import { Choice } from '@/shared/controls/Choice';
import { t } from '@/shared/language/language';
import { Page } from '@/shared/page/Page';
import { DriverHeatmap } from './DriverHeatmap';
import { FailureGauge } from './FailureGauge';
import { FrequencyChart } from './FrequencyChart';
import { FuelBars } from './FuelBars';
import { PERIOD_WORDS, PERIODS } from './period';
import { ResponseHistogram } from './ResponseHistogram';

const route = getRouteApi('/desk/dashboard');

export function DashboardPage() {
  const { period = 'day' } = route.useSearch();
  const navigate = route.useNavigate();
  const mayReadScores = useMay('read driver scores');
  return (
    <Page
      title={t('Dashboard')}
      aside={
        <div className="w-52">
          <Choice
            label={t('Alerts of')}
            options={PERIODS.map((key) => ({ key, label: t(PERIOD_WORDS[key]) }))}
            chosen={period}
            onChoose={(chosen) => void navigate({ search: chosen === 'day' ? {} : { period: chosen }, replace: true })}
          />
        </div>
      }
    >
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <Card title={t('How often alerts come')} wide>
          <FrequencyChart period={period} />
        </Card>
        <Card title={t('Predicted failures')}>
          <FailureGauge />
        </Card>
        <div className="flex min-w-0 flex-col gap-5">
          <Card title={t('How fast alerts are answered')}>
            <ResponseHistogram period={period} />
          </Card>
          {mayReadScores && (
            <Card title={t('Fuel consumption')}>
              <FuelBars />
            </Card>
          )}
        </div>
        {mayReadScores && (
          <Card title={t('How drivers drive')} wide>
            <DriverHeatmap />
          </Card>
        )}
      </div>
    </Page>
  );
}

function Card({ title, wide = false, children }: { title: string; wide?: boolean; children: ReactNode }) {
  return (
    <section aria-label={title} className={`card min-w-0 px-5 py-4 ${wide ? 'lg:col-span-2' : ''}`}>
      <h2 className="mb-3 text-lg font-semibold">{title}</h2>
      {children}
    </section>
  );
}
