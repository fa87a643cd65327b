/** Corrects what a vehicle is. */
import { useRef, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import type { VehicleDetail } from '@/api';
import { Choice } from '@/shared/controls/Choice';
import { DialogForm } from '@/shared/controls/DialogForm';
import { Overlay } from '@/shared/controls/Overlay';
import { t } from '@/shared/language/language';
import { AmountField } from './AmountField';
import { AGE_YEARS, changeOf, isPossible, MODEL_LETTERS, TANK_L, type Described } from './description';
import { litresOf, shownTank, tankWords } from './tank';
import { CLASS_WORDS } from './vehicle';
import { useDescribe } from './vehicles.queries';

const CLASSES: readonly Described['vehicleClass'][] = ['truck', 'van', 'car'];

interface Props {
  vehicle: VehicleDetail;
  onClose: (isSaved: boolean) => void;
}

export default function DescriptionDialog({ vehicle, onClose }: Props) {
  const [before] = useState<Described>(vehicle);
  const [wish, setWish] = useState<Described>(vehicle);
  const [shown, setShown] = useState(() => shownTank(vehicle.tankL));
  const [tank, age] = [useRef<HTMLInputElement>(null), useRef<HTMLInputElement>(null)];
  const words = tankWords();
  const isTank = isPossible(wish.tankL, TANK_L);
  const isAge = isPossible(wish.ageYears, AGE_YEARS);
  const { mutate, isPending, error } = useDescribe(vehicle.vehicleId);
  const change = (part: Partial<Described>) => setWish((now) => ({ ...now, ...part }));
  const submit = (field: (name: string) => string) => {
    if (!isTank || !isAge) return (isTank ? age : tank).current?.focus();
    const wanted = changeOf(before, { ...wish, model: field('model') || null });
    if (Object.keys(wanted).length === 0) onClose(false);
    else mutate(wanted, { onSuccess: () => onClose(true) });
  };
  return (
    <Overlay title={t('Description of {vehicle}', { vehicle: vehicle.vehicleId })} onClose={() => onClose(false)}>
      <p className="mt-2 text-sm text-muted">
        {t(
          'Limits and amounts of fuel rest on it. After another class or tank the fuel level is watched anew, which takes minutes.',
        )}
      </p>
      <DialogForm verb={t('Save')} onSubmit={submit} onCancel={() => onClose(false)} isPending={isPending} error={error}>
        <Choice
          label={t('Class')}
          options={CLASSES.map((key) => ({ key, label: t(CLASS_WORDS[key]) }))}
          chosen={wish.vehicleClass}
          onChoose={(vehicleClass) => change({ vehicleClass })}
        />
        <AmountField
          label={words.label}
          help={t('What it holds when it is full. Left empty: what is usual for the class.')}
          refusal={words.refusal}
          amount={shown}
          isInvalid={!isTank}
          input={tank}
          onChange={(typed) => {
            setShown(typed);
            change({ tankL: litresOf(typed, before.tankL) });
          }}
        />
        <TextField name="model" defaultValue={wish.model ?? ''} maxLength={MODEL_LETTERS} className="flex flex-col gap-1.5">
          <Label className="font-medium">{t('Model')}</Label>
          <Input className="field" autoComplete="off" />
        </TextField>
        <AmountField
          label={t('Age, in years')}
          help={t('Left empty: not known.')}
          refusal={t('An age is {least} to {most} years.', { ...AGE_YEARS })}
          amount={wish.ageYears}
          isInvalid={!isAge}
          input={age}
          onChange={(ageYears) => change({ ageYears })}
        />
      </DialogForm>
    </Overlay>
  );
}
