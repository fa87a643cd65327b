/** Where a code from an authenticator app is typed. */
import { FormField } from '@/shared/controls/FormField';
import { t } from '@/shared/language/language';

export function CodeField({ help }: { help: string }) {
  return <FormField name="code" label={t('Code')} autoComplete="one-time-code" help={help} least={6} most={10} />;
}
