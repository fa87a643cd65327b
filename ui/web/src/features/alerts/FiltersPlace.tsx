/** Keeps the place of the filters while they load, so that the list below stays where it is. */
import { Chevron } from '@/shared/controls/Chevron';
import { t } from '@/shared/language/language';
import { hasFurther, type AlertFilter } from './alertFilter';

export function FiltersPlace({ filter }: { filter: AlertFilter }) {
  const more = hasFurther(filter);
  const isBetweenDays = filter.from !== undefined || filter.to !== undefined;
  return (
    <div className="grid grid-cols-2 items-end gap-3 md:grid-cols-4">
      <p role="status" className="sr-only">
        {t('Loading {what}…', { what: t('the filters') })}
      </p>
      {Array.from({ length: more ? 7 : 4 }, (_, index) => (
        <Field key={index} />
      ))}
      {isBetweenDays && <Field className="max-md:col-span-2" />}
      <div aria-hidden="true" className="invisible col-span-full flex flex-wrap gap-2">
        <span className="button">{more ? t('Fewer filters') : t('Vehicle, driver, time')}</span>
        <span className="button">
          {t('Saved filters')} <Chevron />
        </span>
        {Object.keys(filter).length > 0 && <span className="button">{t('Clear the filters')}</span>}
      </div>
    </div>
  );
}

function Field({ className = '' }) {
  return (
    <div aria-hidden="true" className={`flex flex-col gap-1 ${className}`}>
      <span className="text-xs">&nbsp;</span>
      <span className="field" />
    </div>
  );
}
