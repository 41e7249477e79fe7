/** What one check came to. `unknown`: it could not be made, or what it found allows no verdict. */
export type DoctorVerdict = 'ok' | 'wrong' | 'unknown';

/** One line of a diagnosis. */
export type DoctorLine = {
  /** What was looked at: `bucket`, or the IAM action that was tried. */
  readonly check: string;
  readonly verdict: DoctorVerdict;
  readonly found: string;
  /** What to do, in one sentence. Always there where the verdict is not `ok`. */
  readonly remedy?: string;
};

export function ok(check: string, found: string): DoctorLine {
  return { check, verdict: 'ok', found };
}

export function wrong(check: string, found: string, remedy: string): DoctorLine {
  return { check, verdict: 'wrong', found, remedy };
}

export function unknown(check: string, found: string, remedy: string): DoctorLine {
  return { check, verdict: 'unknown', found, remedy };
}
