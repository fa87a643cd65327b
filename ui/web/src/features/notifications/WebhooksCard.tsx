/** Systems that are told of every change of an alert, and how that fares. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from 'react-aria-components';
import { Choice } from '@/shared/controls/Choice';
import { CloseBar } from '@/shared/controls/CloseBar';
import { DialogForm } from '@/shared/controls/DialogForm';
import { FormField } from '@/shared/controls/FormField';
import { Overlay } from '@/shared/controls/Overlay';
import { Settled } from '@/shared/controls/Settled';
import { ShownOnce } from '@/shared/controls/ShownOnce';
import { counted, t } from '@/shared/language/language';
import { Loaded } from '@/shared/page/Loaded';
import { SettingsCard } from '@/shared/page/SettingsCard';
import { Table } from '@/shared/page/Table';
import { SEVERITIES, SEVERITY_WORD, type Severity } from '@/shared/severity/severity';
import { useAddWebhook, useRemoveWebhook, webhooksQuery, type Webhook } from './notifications.queries';

export function WebhooksCard() {
  const webhooks = useQuery(webhooksQuery);
  const remove = useRemoveWebhook();
  const [isAsked, ask] = useState(false);
  return (
    <SettingsCard
      title={t('Other systems')}
      about={t('A webhook is told of every change of an alert, signed, and again until it arrives.')}
      error={remove.error}
      aside={
        <Button className="button" onPress={() => ask(true)}>
          {t('Add a webhook')}
        </Button>
      }
    >
      <Loaded query={webhooks} what={t('the webhooks')}>
        {(all) => all.length > 0 && <WebhookTable webhooks={all} onRemove={remove.mutate} />}
      </Loaded>
      {isAsked && <NewWebhookDialog onClose={() => ask(false)} />}
    </SettingsCard>
  );
}

function WebhookTable({ webhooks, onRemove }: { webhooks: readonly Webhook[]; onRemove: (id: string) => void }) {
  return (
    <Table
      caption={t('Webhooks')}
      columns={[
        { label: t('Address'), className: 'sm:px-5' },
        { label: t('Deliveries'), className: 'max-sm:hidden' },
        { label: t('Manage'), isSilent: true },
      ]}
    >
      {webhooks.map((webhook) => (
        <tr key={webhook.webhookId}>
          <th scope="row" className="px-3 py-2 font-medium wrap-anywhere sm:px-5">
            {webhook.url}
            <span className="block text-sm font-normal text-muted">
              {t('From {severity} on', { severity: t(SEVERITY_WORD[webhook.minSeverity]) })}
            </span>
            {webhook.trouble && <span className="block text-sm font-medium text-high-ink">{webhook.trouble}</span>}
          </th>
          <td className="px-3 py-2 text-sm max-sm:hidden">{deliveries(webhook)}</td>
          <td className="px-3 py-2 text-end">
            <Button
              className="button"
              aria-label={t('Remove the webhook {address}', { address: webhook.url })}
              onPress={() => onRemove(webhook.webhookId)}
            >
              {t('Remove')}
            </Button>
          </td>
        </tr>
      ))}
    </Table>
  );
}

function deliveries({ delivered, waiting, parked }: Webhook): string {
  const words = [t('{count} arrived', { count: delivered })];
  if (waiting > 0) words.push(counted(waiting, '{count} waits', '{count} wait'));
  if (parked > 0) words.push(t('{count} given up', { count: parked }));
  return words.join(', ');
}

function NewWebhookDialog({ onClose }: { onClose: () => void }) {
  const [minSeverity, setSeverity] = useState<Severity>('LOW');
  const { mutate, data, isPending, error } = useAddWebhook();
  return (
    <Overlay title={t('Add a webhook')} onClose={onClose}>
      {data ? (
        <>
          <Settled>{t('Your system checks the signatures with this secret. It is not shown again.')}</Settled>
          <ShownOnce label={t('Secret')} secret={data.secret} />
          <CloseBar onClose={onClose} />
        </>
      ) : (
        <DialogForm
          verb={t('Add')}
          onSubmit={(field) => mutate({ url: field('url'), minSeverity })}
          onCancel={onClose}
          isPending={isPending}
          error={error}
        >
          <FormField
            name="url"
            type="url"
            label={t('Address')}
            help={t('A public address that begins with https.')}
            most={2000}
          />
          <Choice
            label={t('From which severity on')}
            options={SEVERITIES.map((key) => ({ key, label: t(SEVERITY_WORD[key]) }))}
            chosen={minSeverity}
            onChoose={setSeverity}
          />
        </DialogForm>
      )}
    </Overlay>
  );
}
