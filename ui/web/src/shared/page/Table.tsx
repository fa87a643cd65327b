/** A plain table in a card: a caption for screen readers, column headings, rows. */
import type { ReactNode } from 'react';

export interface Column {
  label: string;
  className?: string;
  /** Said to screen readers only: a column of buttons needs no heading for the eye. */
  isSilent?: boolean;
}

interface Props {
  caption: string;
  columns: readonly Column[];
  children: ReactNode;
}

export function Table({ caption, columns, children }: Props) {
  return (
    <table className="w-full">
      <caption className="sr-only">{caption}</caption>
      <thead className="border-b border-line bg-sunken text-sm">
        <tr>
          {columns.map(({ label, className = '', isSilent = false }) => (
            <th key={label} scope="col" className={`px-3 py-2.5 font-semibold ${className}`}>
              {isSilent ? <span className="sr-only">{label}</span> : label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="divide-y divide-line">{children}</tbody>
    </table>
  );
}
