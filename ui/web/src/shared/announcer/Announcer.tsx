/** One polite live region for the whole page; messages are spaced so that speech can keep up. */
import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react';
import { PacedSpeech, type Message } from './pacedSpeech';

const AnnounceContext = createContext<(message: Message) => void>(() => undefined);

export function AnnouncerProvider({ children }: { children: ReactNode }) {
  const [spoken, setSpoken] = useState('');
  const speech = useMemo(() => new PacedSpeech(setSpoken), []);
  useEffect(() => () => speech.stop(), [speech]);
  return (
    <AnnounceContext value={speech.say}>
      {children}
      <p role="status" aria-live="polite" className="sr-only" data-testid="announcements">
        {spoken}
      </p>
    </AnnounceContext>
  );
}

/** Says a sentence to screen readers, at most one every few seconds; the latest one wins. */
export function useAnnounce(): (message: Message) => void {
  return use(AnnounceContext);
}
