/** What each behaviour costs the score, beside the mean of the class. */
import { t } from '@/shared/language/language';
import { figure, percent } from '@/shared/language/numbers';
import { bandOf, behaviourInWords, TONE, type ScoreContribution } from './driver';

export function Contributions({ contributions }: { contributions: readonly ScoreContribution[] }) {
  if (contributions.length === 0) return <p className="text-muted">{t('Nothing could be measured yet.')}</p>;
  return (
    <>
      <p className="mb-3 max-w-prose text-sm text-muted">
        {t('Dismissed alerts do not count. Few kilometres weigh little: the value is drawn towards the class.')}
      </p>
      <div
        role="region"
        aria-label={t('Table: {title}', { title: t('What the score comes from') })}
        tabIndex={0}
        className="overflow-x-auto"
      >
        <table className="w-full text-sm">
          <caption className="sr-only">{t('What the score comes from')}</caption>
          <thead className="border-b border-line">
            <tr>
              {[t('Behaviour'), t('Points'), t('Costs'), t('Weight'), t('Measured'), t('Mean of the class')].map(
                (name, column) => (
                  <th key={name} scope="col" className={`py-1.5 pe-3 font-semibold ${column > 0 ? 'text-end' : ''}`}>
                    {name}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {contributions.map((one) => (
              <tr key={one.behaviour} className="border-b border-line last:border-b-0">
                <th scope="row" className="py-2 pe-3 font-normal">
                  {t(behaviourInWords(one.behaviour))}
                </th>
                <td className="py-2 pe-3 text-end">
                  <span className={`inline-block min-w-10 rounded px-1.5 text-center font-semibold ${TONE[bandOf(one.points)]}`}>
                    {Math.round(one.points)}
                  </span>
                </td>
                <td className="py-2 pe-3 text-end">{figure(one.lost)}</td>
                <td className="py-2 pe-3 text-end">{percent(one.weight)}</td>
                <td className="py-2 pe-3 text-end whitespace-nowrap">
                  {figure(one.observed)} {t(one.unit)}
                </td>
                <td className="py-2 text-end whitespace-nowrap">{figure(one.classMean)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
