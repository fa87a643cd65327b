/** The live alert desk: newest first, calm under the reader's eyes. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useRef, useState } from 'react';
import { Button, ToggleButton } from 'react-aria-components';
import { mayDealWithAlerts, sessionQuery } from '@/features/session/session';
import { Failed, Nothing, Waiting } from '@/shared/page/Notice';
import { Page } from '@/shared/page/Page';
import { AlertFilters } from './AlertFilters';
import { AlertList } from './AlertList';
import type { AlertFilter } from './alertFilter';
import { useAlertFeed } from './useAlertFeed';

const route = getRouteApi('/desk/alerts');
const TOP_PX = 120;

export function AlertsPage() {
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const [paused, setPaused] = useState(false);
  return (
    <Page
      title="Alerts"
      aside={
        <ToggleButton className="button" isSelected={paused} onChange={setPaused}>
          {paused ? 'Resume live updates' : 'Pause live updates'}
        </ToggleButton>
      }
    >
      <AlertFilters filter={filter} onChange={(next) => void navigate({ search: next, replace: true })} />
      <LiveAlerts key={JSON.stringify(filter)} filter={filter} paused={paused} />
    </Page>
  );
}

/** While the reader is at the top and works on no alert, new ones may go straight into the list. */
function useReaderAtTop() {
  const list = useRef<HTMLDivElement>(null);
  const isAtTop = useCallback(() => window.scrollY < TOP_PX && !list.current?.contains(document.activeElement), []);
  return { list, isAtTop };
}

interface LiveAlertsProps {
  filter: AlertFilter;
  paused: boolean;
  showVehicle?: boolean;
}

export function LiveAlerts({ filter, paused, showVehicle = true }: LiveAlertsProps) {
  const { list, isAtTop } = useReaderAtTop();
  const { data: session } = useQuery(sessionQuery);
  const { feed, pages, showWaiting, change } = useAlertFeed({ filter, paused, mayFollow: isAtTop });
  const section = useRef<HTMLElement>(null);
  const showFromTop = () => {
    showWaiting();
    window.scrollTo({ top: 0 });
    section.current?.focus({ preventScroll: true });
  };
  return (
    <section ref={section} tabIndex={-1} aria-label="Alerts, newest first" className="mt-2 outline-none">
      <NewAlerts count={feed.waiting.length} paused={paused} onShow={showFromTop} />
      {pages.isPending && <Waiting what="alerts" />}
      {pages.isError && feed.shown.length === 0 && (
        <Failed what="the alerts" error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {pages.isSuccess && feed.shown.length === 0 && <NoAlerts filter={filter} />}
      <div ref={list}>
        {feed.shown.length > 0 && (
          <AlertList
            alerts={feed.shown}
            mayDealWithAlerts={session ? mayDealWithAlerts(session.role) : false}
            onChanged={change}
            showVehicle={showVehicle}
          />
        )}
        {pages.hasNextPage && (
          <div className="mt-4 flex justify-center">
            <Button className="button" isPending={pages.isFetchingNextPage} onPress={() => void pages.fetchNextPage()}>
              {pages.isFetchingNextPage ? 'Loading older alerts…' : 'Show older alerts'}
            </Button>
          </div>
        )}
      </div>
    </section>
  );
}

/** A line that is always there, so that the list stays where it is when new alerts come. */
function NewAlerts({ count, paused, onShow }: { count: number; paused: boolean; onShow: () => void }) {
  return (
    <div className="sticky top-14 z-10 flex min-h-14 items-center bg-canvas py-1.5">
      {count > 0 ? (
        <Button className="button figures mx-auto shadow-lift-high" data-primary onPress={onShow}>
          Show {count} new {count === 1 ? 'alert' : 'alerts'}
        </Button>
      ) : (
        <p className="text-sm text-muted">
          {paused ? 'Live updates are paused. New alerts are counted here.' : 'Newest first. New alerts appear by themselves.'}
        </p>
      )}
    </div>
  );
}

function NoAlerts({ filter }: { filter: AlertFilter }) {
  const filtered = Object.keys(filter).length > 0;
  return (
    <Nothing title={filtered ? 'No alert matches these filters' : 'No alerts'}>
      {filtered ? 'Widen or clear the filters to see more.' : 'All is quiet. New alerts appear here by themselves.'}
    </Nothing>
  );
}
