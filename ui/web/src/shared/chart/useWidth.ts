/** The width an element has, kept up to date. */
import { useLayoutEffect, useRef, useState, type RefObject } from 'react';

const BEFORE_LAYOUT_PX = 640;

export function useWidth<T extends HTMLElement>(): [RefObject<T | null>, number] {
  const element = useRef<T>(null);
  const [width, setWidth] = useState(BEFORE_LAYOUT_PX);
  useLayoutEffect(() => {
    if (!element.current || !('ResizeObserver' in window)) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) setWidth(Math.floor(entry.contentRect.width));
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, width];
}
