import type { SandboxReply } from '../service.ts';
import { NEPTUNE_ERROR_STATUS, type NeptuneError } from './neptune-error.ts';

export function jsonReply(status: number, body: unknown): SandboxReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** Some of AWS's clients read `message`, Neptune's documentation names `detailedMessage`: the body has both. */
export function errorReply({ code, message }: NeptuneError, requestId: string): SandboxReply {
  return jsonReply(NEPTUNE_ERROR_STATUS[code], { requestId, code, message, detailedMessage: message });
}
