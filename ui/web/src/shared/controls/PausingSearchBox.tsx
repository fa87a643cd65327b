/** A search field that waits for a pause in typing before anything changes. */
import { useEffect, useState } from 'react';
import { SearchBox } from './SearchBox';

const TYPING_MS = 350;

interface Props {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
}

export function PausingSearchBox({ value, onChange, ...field }: Props) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  if (value !== known) {
    setKnown(value);
    if (value !== typed.trim()) setTyped(value); // changed from elsewhere, as by "Clear"
  }
  useEffect(() => {
    if (typed.trim() === value) return;
    const timer = setTimeout(() => onChange(typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return <SearchBox {...field} value={typed} onChange={setTyped} />;
}
