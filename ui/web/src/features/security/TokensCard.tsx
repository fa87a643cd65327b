/** Tokens with which one's own programs call the interface. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from 'react-aria-components';
import { t } from '@/shared/language/language';
import { Loaded } from '@/shared/page/Loaded';
import { Table } from '@/shared/page/Table';
import { Ago, Exact } from '@/shared/time/Ago';
import { NewTokenDialog } from './NewTokenDialog';
import { SettingsCard } from '@/shared/page/SettingsCard';
import { scopeInWords } from './scopes';
import { tokensQuery, useRevokeToken, type ApiToken } from './security.queries';

export function TokensCard() {
  const tokens = useQuery(tokensQuery);
  const revoke = useRevokeToken();
  const [isAsked, ask] = useState(false);
  return (
    <SettingsCard
      title={t('Programs')}
      about={t(
        'A token lets a program of yours do what you choose, and never more than you may. It works until it is revoked or too old.',
      )}
      error={revoke.error}
      aside={
        <Button className="button" onPress={() => ask(true)}>
          {t('New token')}
        </Button>
      }
    >
      <Loaded query={tokens} what={t('the tokens')}>
        {(all) => all.length > 0 && <TokenTable tokens={all} onRevoke={revoke.mutate} />}
      </Loaded>
      {isAsked && <NewTokenDialog onClose={() => ask(false)} />}
    </SettingsCard>
  );
}

function TokenTable({ tokens, onRevoke }: { tokens: readonly ApiToken[]; onRevoke: (id: string) => void }) {
  return (
    <Table
      caption={t('Tokens, newest first')}
      columns={[
        { label: t('Program'), className: 'sm:px-5' },
        { label: t('Last used'), className: 'max-sm:hidden' },
        { label: t('Manage'), isSilent: true },
      ]}
    >
      {tokens.map((token) => (
        <tr key={token.tokenId}>
          <th scope="row" className="px-3 py-2 font-medium wrap-anywhere sm:px-5">
            {token.name}
            <span className="block text-sm font-normal text-muted">
              {token.scopes.map((scope) => t(scopeInWords(scope))).join(', ')}
            </span>
            <span className="block text-sm font-normal text-muted">
              {t('Until')} <Exact at={token.expiresAt} />
            </span>
          </th>
          <td className="px-3 py-2 text-sm max-sm:hidden">{token.lastUsedAt ? <Ago at={token.lastUsedAt} /> : t('Never')}</td>
          <td className="px-3 py-2 text-end">
            <Button
              className="button"
              aria-label={t('Revoke the token of {program}', { program: token.name })}
              onPress={() => onRevoke(token.tokenId)}
            >
              {t('Revoke')}
            </Button>
          </td>
        </tr>
      ))}
    </Table>
  );
}
