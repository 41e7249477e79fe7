/** What the service answers instead of doing as asked. `type` is the name that clients match on. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

/** SageMaker has no error of its own for bad input and for duplicates: it answers both with this one. */
export function validation(message: string): Refusal {
  return new Refusal('ValidationException', message);
}

export function notFound(message: string): Refusal {
  return new Refusal('ResourceNotFound', message);
}

export function accessDenied(message: string): Refusal {
  return new Refusal('AccessDeniedException', message);
}

export function limitExceeded(message: string): Refusal {
  return new Refusal('ResourceLimitExceeded', message);
}
