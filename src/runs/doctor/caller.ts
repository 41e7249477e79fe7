import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { parseArn } from '../../graph/arn.ts';
import { type DoctorLine, ok, unknown, wrong } from './line.ts';
import type { Observe, Observed } from './observe.ts';
import { failureRemedy, failureText } from './permission-line.ts';

type Credentials = { readonly expiration?: Date | undefined };

export type CallerIdentity = {
  readonly arn: string;
  /** Twelve digits. */
  readonly account: string;
  readonly partition: string;
};

export type Caller = {
  readonly credentials: Observed<Credentials>;
  /** Undefined where there are no credentials to ask with. */
  readonly identity: Observed<CallerIdentity> | undefined;
};

/** Finds the credentials, and asks STS whose they are: nobody needs a permission for that (GetCallerIdentity API page). */
export async function findCaller(sts: STSClient, observe: Observe): Promise<Caller> {
  const credentials = await observe(() => sts.config.credentials());
  if (credentials.failure !== undefined) return { credentials, identity: undefined };
  const identity = await observe(async (abortSignal) => {
    const { Arn, Account } = await sts.send(new GetCallerIdentityCommand({}), { abortSignal });
    if (Arn === undefined || Account === undefined) throw new SyntaxError('the reply names nobody');
    return { arn: Arn, account: Account, partition: parseArn(Arn)?.partition ?? 'aws' };
  });
  return { credentials, identity };
}

/** Who the caller is, where STS said it. */
export function identityOf({ identity }: Caller): CallerIdentity | undefined {
  return identity?.failure === undefined ? identity?.reply : undefined;
}

export function credentialsLine({ credentials, identity }: Caller, region: string): DoctorLine {
  const check = 'credentials';
  if (credentials.failure !== undefined) return noCredentials(credentials.failure.message);
  if (identity === undefined || identity.failure === undefined) {
    const until = credentials.reply.expiration;
    const end = until === undefined ? '' : `, until ${until.toISOString()}`;
    return ok(check, `${identity?.reply.arn ?? 'found'}${end}`);
  }
  const { failure } = identity;
  if (failure.kind === 'expired') {
    return wrong(check, `expired (${failureText(failure)})`, failureRemedy(failure));
  }
  if (failure.kind === 'credentials' || failure.kind === 'denied') {
    return wrong(check, `refused (${failureText(failure)})`, failureRemedy(failure));
  }
  return unknown(
    check,
    `found, but STS does not say whose: ${failureText(failure)}`,
    `Let this machine reach STS in ${region}: by NAT, or by an interface endpoint com.amazonaws.${region}.sts.`,
  );
}

function noCredentials(message: string): DoctorLine {
  const needsLogin = /sso|token is expired|refresh/i.test(message);
  return wrong(
    'credentials',
    `none (${message})`,
    needsLogin
      ? 'Log in again: aws sso login.'
      : 'Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role gives credentials.',
  );
}

/** `us-east-1`, `us-gov-west-1`: what all Regions look like. */
const REGION = /^[a-z]{2,}(-[a-z]+)+-\d+$/;

/** Whether the Region can be the right one: by its form, and by the host name of the cluster. */
export function regionLine(region: string, clusterRegion: string | undefined): DoctorLine {
  if (!REGION.test(region)) {
    return wrong('region', `${region} is no Region`, 'Pass --region in the form of us-east-1.');
  }
  if (clusterRegion !== undefined && clusterRegion !== region) {
    const remedy = `Pass --region ${clusterRegion}: account, bucket and cluster of a run are in one Region.`;
    return wrong('region', `${region}, and the cluster is in ${clusterRegion}`, remedy);
  }
  return ok('region', region);
}
