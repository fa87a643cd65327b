/** What came of a dialog's form. Takes the focus: the form is gone. */
import { useEffect, useRef, type ReactNode } from 'react';

export function Settled({ children }: { children: ReactNode }) {
  const place = useRef<HTMLParagraphElement>(null);
  useEffect(() => place.current?.focus(), []);
  return (
    <p ref={place} tabIndex={-1} className="my-3 outline-none">
      {children}
    </p>
  );
}
