/**
 * An error that Neptune answers a request with, by its code (Neptune user guide, "Graph engine error messages and
 * codes").
 */
export class NeptuneError extends Error {
  override readonly name = 'NeptuneError';
  readonly code: NeptuneErrorCode;

  constructor(code: NeptuneErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** HTTP status of each code that the sandbox answers with. */
export const NEPTUNE_ERROR_STATUS = {
  AccessDeniedException: 403,
  BadRequestException: 400,
  BulkLoadIdNotFoundException: 404,
  ConcurrentModificationException: 500,
  ConstraintViolationException: 400,
  InternalFailureException: 500,
  InvalidParameterException: 400,
  MalformedQueryException: 400,
  MemoryLimitExceededException: 500,
  MethodNotAllowedException: 405,
  MissingParameterException: 400,
  QueryTooLargeException: 400,
  S3Exception: 400,
  ServerShutdownException: 500,
  TimeLimitExceededException: 500,
  UnsupportedOperationException: 400,
} as const;

export type NeptuneErrorCode = keyof typeof NEPTUNE_ERROR_STATUS;
