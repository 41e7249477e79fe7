import {
  type PermissionResources,
  type PermissionScope,
  permissionResource,
} from '../../graph/permissions.ts';
import { UNREACHABLE } from '../../neptune/service-errors.ts';
import { type DoctorLine, ok, unknown, wrong } from './line.ts';
import type { Failure, Observed } from './observe.ts';

/**
 * The verdict on an action that was tried by a harmless call. A service that refuses what was asked (there is no such entity)
 * has let the caller in: AWS looks at policies first.
 */
export function permissionLine(
  action: string,
  on: PermissionScope,
  observed: Observed<unknown>,
  resources: PermissionResources,
): DoctorLine {
  const { failure } = observed;
  if (failure === undefined || failure.kind === 'refused') return ok(action, 'allowed');
  if (failure.kind === 'denied') {
    return wrong(action, `denied (${failure.message})`, denialRemedy(action, on, failure, resources));
  }
  return unknown(action, `not told: ${failureText(failure)}`, failureRemedy(failure));
}

/**
 * What has to be changed where a policy denies: the text of a refusal names the kind of policy (IAM user guide,
 * "Troubleshoot access denied error messages").
 */
export function denialRemedy(
  action: string,
  on: PermissionScope,
  { message }: Pick<Failure, 'message'>,
  resources: PermissionResources,
): string {
  const resource = permissionResource(on, resources);
  const denying = /with an explicit deny in (?:an? |the )?([\w -]*?policy|permissions boundary)/i.exec(
    message,
  )?.[1];
  if (denying !== undefined)
    return `Take the explicit deny of ${action} on ${resource} out of the ${denying}.`;
  const silent = /because no ([\w -]*?policy|permissions boundary) allows/i.exec(message)?.[1] ?? '';
  if (silent !== '' && silent !== 'identity-based policy') {
    return `Allow ${action} on ${resource} in the ${silent}.`;
  }
  return `Allow ${action} on ${resource} in the IAM policy of ${principalOf(message)}.`;
}

function principalOf(message: string): string {
  const arn = /User:? (arn:\S+)/i.exec(message)?.[1];
  const role = /:assumed-role\/([^/]+)\//.exec(arn ?? '')?.[1];
  return role === undefined ? (arn ?? 'the caller') : `the role ${role}`;
}

/** Why there was no answer. */
export function failureText({ kind, name, message, code }: Failure): string {
  if (kind === 'unreachable' && code !== undefined) return `${UNREACHABLE[code]} (${code})`;
  if (kind === 'foreign') return 'the reply is not one of an AWS service';
  return kind === 'timeout' || name === 'Error' ? message : `${name}: ${message}`;
}

/** What to do about a call without an answer, whatever it asked. */
export function failureRemedy({ kind }: Failure): string {
  return REMEDIES[kind];
}

const AGAIN = 'Run doctor again; if it stays so, look at the AWS Health Dashboard.';

const REMEDIES: Readonly<Record<Failure['kind'], string>> = {
  denied: 'Allow the action in the IAM policy of the caller.',
  expired: 'Renew the credentials: log in again (aws sso login), or assume the role again.',
  credentials: 'Check the access key and its secret, the session token, and the clock of this machine.',
  scope: 'Pass the Region of the cluster as --region.',
  throttled: 'Run doctor again in a while: other programs of this account use up the rate.',
  timeout: 'Check the route to the service (NAT, VPC endpoint, proxy), or allow more time with --timeout.',
  unreachable: 'Check the route to the service: NAT, VPC endpoint, proxy, name resolution.',
  tls: 'Behind a proxy that opens TLS, name its certificate in NODE_EXTRA_CA_CERTS.',
  foreign: 'Check what stands between here and the service: a proxy, a load balancer, another endpoint.',
  failed: AGAIN,
  refused: AGAIN,
};
