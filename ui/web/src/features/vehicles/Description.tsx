/** What the vehicle is: class, tank, model and age, on which limits and litres rest. */
import { lazy, Suspense, useState } from 'react';
import { Button } from 'react-aria-components';
import type { VehicleDetail } from '@/api';
import { useMay } from '@/features/session/session';
import { t } from '@/shared/language/language';
import { useLineState } from '@/shared/live/LiveProvider';
import { ageInWords, CLASS_WORDS, measured } from './vehicle';

const DescriptionDialog = lazy(() => import('./DescriptionDialog'));

export function Description({ vehicle }: { vehicle: VehicleDetail }) {
  const { vehicleClass, tankL, model, ageYears } = vehicle;
  const mayDescribe = useMay('manage devices');
  return (
    <>
      <dl className="text-sm">
        <Item name={t('Class')}>{t(CLASS_WORDS[vehicleClass])}</Item>
        <Item name={t('Tank')}>{tankL === null ? t('Usual for the class') : measured(tankL, 'l')}</Item>
        <Item name={t('Model')}>{model ?? t('Not known')}</Item>
        <Item name={t('Age')}>{ageYears === null ? t('Not known') : ageInWords(ageYears)}</Item>
      </dl>
      {mayDescribe && <Edit vehicle={vehicle} />}
    </>
  );
}

function Item({ name, children }: { name: string; children: string }) {
  return (
    <div className="flex justify-between gap-4 border-b border-line py-1.5 last:border-b-0">
      <dt className="text-muted">{name}</dt>
      <dd className="figures text-end font-semibold wrap-anywhere">{children}</dd>
    </div>
  );
}

function Edit({ vehicle }: { vehicle: VehicleDetail }) {
  const [isAsked, ask] = useState(false);
  const [isSaved, setSaved] = useState(false);
  const { status } = useLineState();
  const isAway = status === 'reconnecting' || status === 'stale';
  const open = () => {
    setSaved(false);
    ask(true);
  };
  const close = (saved: boolean) => {
    setSaved(saved);
    ask(false);
  };
  return (
    <>
      <Button className="button mt-3" isDisabled={isAway} onPress={open}>
        {isAway ? t('Editing needs a connection') : t('Edit the description…')}
      </Button>
      <p role="status" className="mt-2 min-h-5 text-sm font-medium text-good-ink">
        {isSaved && t('Saved. It counts within half a minute.')}
      </p>
      <Suspense>{isAsked && <DescriptionDialog vehicle={vehicle} onClose={close} />}</Suspense>
    </>
  );
}
