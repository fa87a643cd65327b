/** Records what the workshop did to a vehicle: which part, when, and whether it had failed. */
import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { DialogForm } from '@/shared/controls/DialogForm';
import { Overlay } from '@/shared/controls/Overlay';
import { t } from '@/shared/language/language';
import { zoneInUse } from '@/shared/reader/preferences';
import { instantOfMinute, localMinute } from '@/shared/time/zone';
import { partMeant } from './part';
import { PartField } from './PartField';
import { risksByPart } from './risks';
import { forecastQuery } from './vehicles.queries';
import { useRecordVisit } from './workshop.queries';

const EARLIEST = '1990-01-02T00:00'; // the server's, in any zone

interface Props {
  vehicleId: string;
  onClose: (isRecorded: boolean) => void;
}

export default function VisitDialog({ vehicleId, onClose }: Props) {
  const forecasts = useQuery(forecastQuery(vehicleId)).data?.items ?? [];
  const offered = risksByPart(forecasts).parts.map(({ component }) => component);
  const [now] = useState(() => localMinute(Date.now(), zoneInUse()));
  const [failure, setFailure] = useState(false);
  const moment = useId();
  const { mutate, isPending, error } = useRecordVisit(vehicleId);
  const submit = (field: (name: string) => string) => {
    const at = new Date(instantOfMinute(field('at'), zoneInUse())).toISOString();
    mutate({ component: partMeant(field('part'), offered), at, failure }, { onSuccess: () => onClose(true) });
  };
  return (
    <Overlay title={t('Workshop visit of {vehicle}', { vehicle: vehicleId })} onClose={() => onClose(false)}>
      <p className="mt-2 text-sm text-muted">
        {t('A part that was repaired or replaced. Both the forecast and what is said of past forecasts rest on it.')}
      </p>
      <DialogForm verb={t('Record it')} onSubmit={submit} onCancel={() => onClose(false)} isPending={isPending} error={error}>
        <PartField name="part" offered={offered} />
        <div className="flex min-w-0 flex-col gap-1.5">
          <label htmlFor={moment} className="font-medium">
            {t('When')}
          </label>
          <input
            id={moment}
            name="at"
            type="datetime-local"
            className="field min-w-0"
            defaultValue={now}
            min={EARLIEST}
            max={now}
            required
          />
        </div>
        <div>
          <label className="flex min-h-11 cursor-pointer items-center gap-2.5">
            <input
              type="checkbox"
              className="size-5 accent-(--accent)"
              checked={failure}
              onChange={({ target }) => setFailure(target.checked)}
            />
            {t('It had failed')}
          </label>
          <p className="text-sm text-muted">{t('Left unchecked: it was replaced before it failed.')}</p>
        </div>
      </DialogForm>
    </Overlay>
  );
}
