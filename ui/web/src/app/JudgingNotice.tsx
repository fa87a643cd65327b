/** Says below every page that vehicles are not judged, and why: there it moves nothing as it comes, and as it goes by itself. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { t } from '@/shared/language/language';
import { readinessQuery, useJudging } from '@/shared/live/judging';
import { useLineState } from '@/shared/live/LiveProvider';

export function JudgingNotice() {
  const judging = useJudging();
  const { status } = useLineState();
  const queries = useQueryClient();
  useEffect(() => {
    if (status === 'live') void queries.invalidateQueries({ queryKey: readinessQuery.queryKey }); // what was said before a break is old
  }, [status, queries]);
  const isToldByTheLine = status !== 'live';
  return (
    <div role="status" aria-label={t('Judging')} className="sticky bottom-0 z-10">
      {typeof judging === 'object' && !(judging.status === 'unknown' && isToldByTheLine) && (
        <p className="border-t border-line bg-medium-soft px-4 py-2 text-sm text-medium-ink sm:px-6">
          <strong className="font-semibold">{judging.title}.</strong> {judging.why}
        </p>
      )}
    </div>
  );
}
