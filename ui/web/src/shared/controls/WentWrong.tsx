/** What went wrong with a deed, said where it was asked for. */
import { inWords } from '@/shared/problem';

export function WentWrong({ error }: { error: Error | null }) {
  return (
    error && (
      <p role="alert" className="mt-3 text-sm font-medium text-high-ink">
        {inWords(error)}
      </p>
    )
  );
}
