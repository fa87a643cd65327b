/** A moment as people say it, with the exact time one hover or one screen-reader step away. */
import { ago, dayAndClock, fullTime, type Instant } from './format';
import { useNowAs } from './useNow';

export function Ago({ at }: { at: Instant }) {
  const said = useNowAs((now) => ago(at, now));
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {said}
    </time>
  );
}

export function Exact({ at }: { at: Instant }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {dayAndClock(at)}
    </time>
  );
}
