import {
  type EntityCalls,
  entityCalls,
  otherCalls,
  type singleCallClient,
} from '../../crawl/harmless-calls.ts';
import type { PermissionResources } from '../../graph/permissions.ts';
import { type DoctorLine, unknown, wrong } from './line.ts';
import type { Observe, Observed } from './observe.ts';
import { failureText, permissionLine } from './permission-line.ts';

type Asking = {
  readonly client: ReturnType<typeof singleCallClient>;
  readonly observe: Observe;
  readonly resources: PermissionResources;
  /** The actions to try. */
  readonly wanted: ReadonlySet<string>;
  /** The Region that is asked. */
  readonly region: string;
};

/** An action that was tried, and what came of it. */
type Tried = readonly [action: string, observed: Observed<unknown>];

/** Tries every action of SageMaker that is wanted, each by one call for one record. */
export async function diagnoseSageMaker(asking: Asking): Promise<readonly DoctorLine[]> {
  const { client, observe, resources, wanted } = asking;
  const { partition = 'aws', region = '', account = '' } = resources;
  const arnPrefix = `arn:${partition}:sagemaker:${region}:${account}`;
  const byKind = entityCalls(client, { arnPrefix }).map((calls) => tryEntity(calls, asking));
  const others = otherCalls(client, { arnPrefix })
    .filter(({ action }) => wanted.has(action))
    .map(
      async ({ action, send }): Promise<readonly Tried[]> => [
        [action, await observe((abortSignal) => send({ abortSignal }))],
      ],
    );
  return sageMakerLines((await Promise.all([...byKind, ...others])).flat(), asking);
}

async function tryEntity(
  { listAction, list, describeAction, describe }: EntityCalls,
  { wanted, observe }: Asking,
): Promise<readonly Tried[]> {
  const listed = wanted.has(listAction) ? await observe((abortSignal) => list({ abortSignal })) : undefined;
  const id = listed?.failure === undefined ? listed?.reply : undefined;
  const described = wanted.has(describeAction)
    ? await observe((abortSignal) => describe(id, { abortSignal }))
    : undefined;
  return [
    ...(listed === undefined ? [] : [[listAction, listed] as const]),
    ...(described === undefined ? [] : [[describeAction, described] as const]),
  ];
}

/** Where no call got through to SageMaker, one line says so; else each action has its own. */
function sageMakerLines(
  tried: readonly Tried[],
  { resources, region }: Pick<Asking, 'resources' | 'region'>,
): readonly DoctorLine[] {
  const [first] = tried.flatMap(([, { failure }]) => failure ?? []);
  const isSame = tried.every(([, { failure }]) => failure?.kind === first?.kind);
  if (first === undefined || !isSame) return permissionLines(tried, resources);
  if (first.kind === 'unreachable' || first.kind === 'timeout' || first.kind === 'tls') {
    return [
      wrong(
        'sagemaker',
        `cannot be reached in ${region}: ${failureText(first)}`,
        `Let this machine reach SageMaker's API (by NAT, or by an interface endpoint com.amazonaws.${region}.sagemaker.api), and check that ${region} is a Region.`,
      ),
    ];
  }
  if (first.kind === 'credentials') {
    return [
      wrong(
        'sagemaker',
        `refuses credentials that STS takes: ${failureText(first)}`,
        `Enable the Region ${region} for the account (account:EnableRegion), or pass another --region.`,
      ),
    ];
  }
  if (first.kind === 'foreign') {
    return [unknown('sagemaker', failureText(first), 'Check the proxy, and AWS_ENDPOINT_URL_SAGEMAKER.')];
  }
  return permissionLines(tried, resources);
}

function permissionLines(tried: readonly Tried[], resources: PermissionResources): readonly DoctorLine[] {
  return tried.map(([action, observed]) => permissionLine(action, 'everything', observed, resources));
}
