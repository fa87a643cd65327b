/** The FleetGuard mark: a shield with a road through it. */
export function Emblem({ className = 'size-7' }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true" focusable="false">
      <path d="M16 2 28 6.5V15c0 7.2-4.9 12.4-12 15C8.9 27.4 4 22.2 4 15V6.5z" fill="#6ea8ff" />
      <path d="M13.9 8h4.2l3.7 14.7a16 16 0 0 1-2.9 2.3H13.1a16 16 0 0 1-2.9-2.3z" fill="#0f1b33" />
      <path d="M16 9.5v3m0 3.2v3m0 3.2v2.3" stroke="#6ea8ff" strokeWidth="1.5" strokeLinecap="round" />
    </svg>
  );
}
