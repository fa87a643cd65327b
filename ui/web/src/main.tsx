/** Wires the app together and shows it. */
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { I18nProvider } from 'react-aria-components';
import { createRoot } from 'react-dom/client';
import { client } from '@/api/client.gen';
import { createQueryClient } from '@/app/queryClient';
import { createAppRouter } from '@/app/router';
import '@/app/styles/app.css';
import { applyTheme } from '@/app/theme';
import { UpdateNotice } from '@/app/UpdateNotice';
import { speakAsAsked } from '@/shared/language/choice';
import { localeInUse } from '@/shared/language/language';
import { AnnouncerProvider } from '@/shared/announcer/Announcer';

applyTheme();
await speakAsAsked();
client.setConfig({ baseUrl: '', headers: { 'X-Requested-With': 'fleetguard' } });

const queries = createQueryClient(() => {
  const { pathname, href } = router.state.location;
  if (pathname !== '/sign-in') void router.navigate({ to: '/sign-in', search: { next: href } });
});
const router = createAppRouter(queries);

const root = document.getElementById('root');
if (!root) throw new Error('The page has no #root element.');

createRoot(root).render(
  <StrictMode>
    <I18nProvider locale={localeInUse()}>
      <QueryClientProvider client={queries}>
        <AnnouncerProvider>
          <RouterProvider router={router} />
          <UpdateNotice />
        </AnnouncerProvider>
      </QueryClientProvider>
    </I18nProvider>
  </StrictMode>,
);
