/** A live list of alerts, calm under the reader's eyes. */
import { lazy, Suspense, useCallback, useRef, type RefObject } from 'react';
import { Button } from 'react-aria-components';
import { useMay } from '@/features/session/session';
import { counted, t } from '@/shared/language/language';
import { useJudging } from '@/shared/live/judging';
import { Failed, Nothing, Waiting } from '@/shared/page/Notice';
import { AlertList } from './AlertList';
import type { AlertFilter } from './alertFilter';
import { SelectionBar } from './SelectionBar';
import { useAlertFeed } from './useAlertFeed';
import { useSelection, type Selection } from './useSelection';
import { useTriage } from './useTriage';

const BulkDialog = lazy(() => import('./BulkDialog'));
const KeyHelp = lazy(() => import('./KeyHelp'));
const TOP_PX = 120;

/** While the reader is at the top and works on no alert, new ones may go straight into the list. */
function useReaderAtTop() {
  const list = useRef<HTMLDivElement>(null);
  const isAtTop = useCallback(() => window.scrollY < TOP_PX && !list.current?.contains(document.activeElement), []);
  return { list, isAtTop };
}

interface Props {
  filter: AlertFilter;
  paused: boolean;
  showVehicle?: boolean;
  /** Given where people work through the list: selection, keys, deeds on many. */
  onTogglePause?: () => void;
}

export function LiveAlerts({ filter, paused, showVehicle = true, onTogglePause }: Props) {
  const { list, isAtTop } = useReaderAtTop();
  const { feed, pages, showWaiting, change } = useAlertFeed({ filter, paused, mayFollow: isAtTop });
  const section = useRef<HTMLElement>(null);
  const selection = useSelection(feed.shown);
  const [mayAcknowledge, mayWork] = [useMay('acknowledge alerts'), useMay('work on alerts')];
  const showFromTop = () => {
    showWaiting();
    window.scrollTo({ top: 0 });
    section.current?.focus({ preventScroll: true });
  };
  const desk = { list, shown: feed.shown, selection, mayAcknowledge, mayWork, change, showNew: showFromTop };
  return (
    <section ref={section} tabIndex={-1} aria-label={t('Alerts, newest first')} className="mt-2 outline-none">
      <div className="sticky top-14 z-10 flex min-h-14 flex-wrap items-center gap-2 bg-canvas py-1.5">
        <NewAlerts count={feed.waiting.length} paused={paused} onShow={showFromTop} />
        {onTogglePause && <Triage {...desk} togglePause={onTogglePause} />}
      </div>
      {pages.isPending && <Waiting what={t('the alerts')} />}
      {pages.isError && feed.shown.length === 0 && (
        <Failed what={t('the alerts')} error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {pages.isSuccess && feed.shown.length === 0 && <NoAlerts filtered={onTogglePause !== undefined && Object.keys(filter).length > 0} />}
      <div ref={list}>
        {feed.shown.length > 0 && (
          <AlertList
            alerts={feed.shown}
            mayAcknowledge={mayAcknowledge}
            onChanged={change}
            showVehicle={showVehicle}
            selection={mayAcknowledge && onTogglePause ? selection : undefined}
          />
        )}
        {pages.hasNextPage && (
          <div className="mt-4 flex justify-center">
            <Button className="button" isPending={pages.isFetchingNextPage} onPress={() => void pages.fetchNextPage()}>
              {pages.isFetchingNextPage ? t('Loading older alerts…') : t('Show older alerts')}
            </Button>
          </div>
        )}
      </div>
    </section>
  );
}

interface TriageProps extends Omit<Parameters<typeof useTriage>[0], 'list'> {
  list: RefObject<HTMLElement | null>;
  selection: Selection;
}

function Triage(desk: TriageProps) {
  const { asking, ask, help, close } = useTriage(desk);
  const finish = (isDone: boolean) => {
    close();
    if (isDone) desk.selection.clear();
  };
  return (
    <>
      <SelectionBar selection={desk.selection} shown={desk.shown.length} mayDismiss={desk.mayWork} onAsk={ask} onHelp={help} />
      <Suspense>
        {asking?.kind === 'help' && <KeyHelp onClose={close} />}
        {asking && asking.kind !== 'help' && <BulkDialog {...asking} onChanged={desk.change} onClose={finish} />}
      </Suspense>
    </>
  );
}

/** A line that is always there, so that the list stays where it is when new alerts come. */
function NewAlerts({ count, paused, onShow }: { count: number; paused: boolean; onShow: () => void }) {
  if (count > 0)
    return (
      <Button className="button figures shadow-lift-high" data-primary onPress={onShow}>
        {counted(count, 'Show {count} new alert', 'Show {count} new alerts')}
      </Button>
    );
  return (
    <p className="text-sm text-muted">
      {paused ? t('Live updates are paused. New alerts are counted here.') : t('Newest first. New alerts appear by themselves.')}
    </p>
  );
}

/** Where nobody chose filters, as on a vehicle's page, none can be widened. */
function NoAlerts({ filtered }: { filtered: boolean }) {
  const judging = useJudging();
  if (filtered)
    return <Nothing title={t('No alert matches these filters')}>{t('Widen or clear the filters to see more.')}</Nothing>;
  if (judging === 'asking') return <Nothing title={t('No alerts')}>{t('Asking whether vehicles are judged…')}</Nothing>;
  if (judging === 'running')
    return <Nothing title={t('No alerts')}>{t('All is quiet. New alerts appear here by themselves.')}</Nothing>;
  return (
    <Nothing title={judging.title}>
      {judging.why} {t('This page goes back to normal by itself.')}
    </Nothing>
  );
}
