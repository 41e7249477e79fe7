/**
 * What the process exits with. The numbers are a contract with schedulers and scripts (docs/exit-codes.md):
 * they may gain members, never change meaning.
 */
export const EXIT_CODES = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  accessDenied: 3,
  partialExport: 4,
  loadFailed: 5,
  deleteGuard: 6,
  locked: 7,
  validationFailed: 8,
  deadline: 124,
  interrupted: 130,
} as const;

/** The name of a way to end: `usage`, `loadFailed` … */
export type Outcome = Exclude<keyof typeof EXIT_CODES, 'ok'>;

type LineageErrorOptions = {
  /** What the reader should do next: one sentence, imperative. */
  readonly hint?: string;
  /** The error that this one explains. */
  readonly cause?: unknown;
  /** Ids and positions for logs and reports: loadId, requestId, ARN, file:line. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
};

/**
 * An error that a user can act on. Everything that this package throws on purpose is one of these; anything else that
 * surfaces is a defect (exit code 1).
 */
export class LineageError extends Error {
  override readonly name = 'LineageError';
  readonly outcome: Outcome;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(outcome: Outcome, message: string, options: LineageErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.outcome = outcome;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  get exitCode(): number {
    return EXIT_CODES[this.outcome];
  }
}
