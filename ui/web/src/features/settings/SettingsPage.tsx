/** How the page looks and speaks, for this person in this browser. */
import { useState, type SyntheticEvent } from 'react';
import { Button, Form } from 'react-aria-components';
import { chooseTheme, THEMES, useTheme, type Theme } from '@/app/theme';
import { Choice } from '@/shared/controls/Choice';
import { enableSingleKeys, useSingleKeysEnabled } from '@/shared/keys/useSingleKeys';
import { t } from '@/shared/language/language';
import { Page } from '@/shared/page/Page';
import { SettingsLinks } from './SettingsLinks';
import { OwnDataCard } from './OwnDataCard';
import { PushCard } from './PushCard';
import { keepPreferences, preferences, SYSTEM_ZONE, type Preferences } from '@/shared/reader/preferences';

const THEME_WORDS: Record<Theme, string> = {
  system: 'Same as my device',
  light: 'Light',
  dark: 'Dark',
  contrast: 'High contrast',
};
const LANGUAGE_WORDS: Record<Preferences['language'], string> = { system: 'Same as my device', en: 'English', de: 'Deutsch' };
const UNIT_WORDS: Record<Preferences['units'], string> = {
  metric: 'Kilometres, degrees Celsius, litres',
  imperial: 'Miles, degrees Fahrenheit, US gallons',
};

export function SettingsPage() {
  const theme = useTheme();
  const [chosen, setChosen] = useState(preferences);
  const [colours, setColours] = useState(theme);
  const hasKeys = useSingleKeysEnabled();
  const [keys, setKeys] = useState(hasKeys);
  const change = (part: Partial<Preferences>) => setChosen({ ...chosen, ...part });
  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    chooseTheme(colours);
    enableSingleKeys(keys);
    keepPreferences(chosen);
    location.reload(); // what is on screen was written in the language of before
  };
  return (
    <Page title={t('Settings')}>
      <SettingsLinks />
      <p className="mb-4 max-w-prose text-muted">{t('They hold in this browser. Nothing changes until you save.')}</p>
      <Form onSubmit={save} className="card flex max-w-lg flex-col gap-5 px-5 py-5">
        <Choice label={t('Colours')} options={optionsOf(THEMES, THEME_WORDS)} chosen={colours} onChoose={setColours} />
        <Choice
          label={t('Language')}
          options={optionsOf(['system', 'en', 'de'], LANGUAGE_WORDS)}
          chosen={chosen.language}
          onChoose={(language) => change({ language })}
        />
        <Choice
          label={t('Units')}
          options={optionsOf(['metric', 'imperial'], UNIT_WORDS)}
          chosen={chosen.units}
          onChoose={(units) => change({ units })}
        />
        <Choice
          label={t('Time zone')}
          options={[
            { key: SYSTEM_ZONE, label: t('Same as my device') },
            ...['UTC', ...Intl.supportedValuesOf('timeZone')].map((zone) => ({ key: zone, label: zone })),
          ]}
          chosen={chosen.timeZone}
          onChoose={(timeZone) => change({ timeZone })}
        />
        <Choice
          label={t('Keys of the alert list')}
          options={optionsOf(['on', 'off'], { on: 'On: j, k, a, d and others', off: 'Off' })}
          chosen={keys ? 'on' : 'off'}
          onChoose={(state) => setKeys(state === 'on')}
        />
        <Button type="submit" className="button self-start" data-primary>
          {t('Save')}
        </Button>
      </Form>
      <PushCard />
      <OwnDataCard />
    </Page>
  );
}

function optionsOf<Key extends string>(keys: readonly Key[], words: Record<Key, string>) {
  return keys.map((key) => ({ key, label: t(words[key]) }));
}
