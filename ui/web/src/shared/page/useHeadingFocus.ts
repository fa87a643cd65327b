/** Tells screen-reader and keyboard users that the page changed. */
import { useEffect, useRef, type RefObject } from 'react';

let pagesShown = 0;

/** Moves the focus to the heading, but not when the app opens: then the reader starts at the top. */
export function useHeadingFocus(): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    pagesShown += 1;
    if (pagesShown > 1) heading.current?.focus({ preventScroll: true });
  }, []);
  return heading;
}
