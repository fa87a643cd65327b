/** What went wrong, in a sentence a person can act on. */
import { t } from '@/shared/language/language';

export class ApiProblem extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, detail: string, body?: unknown) {
    super(detail);
    this.status = status;
    this.body = body;
  }
}

const FALLBACK: Record<number, string> = {
  401: 'You are signed out.',
  403: 'Your role does not allow this.',
  404: 'This does not exist, or it is not yours to see.',
  429: 'Too many attempts. Wait a minute, then try again.',
  503: 'FleetGuard is starting or a part of it is away. Try again in a moment.',
};

interface Outcome<Data> {
  data?: Data;
  error?: unknown;
  response?: Response;
}

/** The data of an API call, or an `ApiProblem`. */
export async function answer<Data>(call: PromiseLike<Outcome<Data>>): Promise<Data> {
  const { data, error, response } = await call;
  if (response?.ok) return data as Data;
  if (!response) throw new ApiProblem(0, t('FleetGuard cannot be reached. Check the connection, then try again.'));
  throw new ApiProblem(response.status, sentence(error, response.status), error);
}

function sentence(error: unknown, status: number): string {
  const { detail } = (error ?? {}) as { detail?: unknown };
  if (typeof detail === 'string' && detail) return detail;
  return t(FALLBACK[status] ?? 'FleetGuard answered with an error ({status}). Try again.', { status });
}

export function isProblem(error: unknown, status: number): boolean {
  return error instanceof ApiProblem && error.status === status;
}

/** Whether the password was right and a code is missing, or wrong. */
export function asksForCode(error: unknown): boolean {
  return error instanceof ApiProblem && (error.body as { secondFactor?: unknown } | undefined)?.secondFactor === true;
}

/** Whether nobody answered: no connection, or no server behind it. */
export function isUnreachable(error: unknown): boolean {
  return isProblem(error, 0);
}

export function inWords(error: unknown): string {
  return error instanceof ApiProblem ? error.message : t('Something unexpected went wrong. Try again.');
}
