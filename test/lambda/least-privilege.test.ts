import { afterAll, beforeAll, expect, test } from 'vitest';
import { NIGHTLY_FUNCTIONS, PERMISSIONS } from '../../src/graph/permissions.ts';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import { iamActions } from '../../src/sandbox/iam.ts';
import type { GremlinEngine } from '../../src/sandbox/neptune/gremlin-engine.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { pairsOf, recordsOf } from '../runs/scope-records.ts';
import { CALLER, roleScope } from '../runs/scopes-sandbox.ts';
import { startedEngine } from '../sandbox/neptune/started-engine.ts';
import { invoke, type NightSandbox, REGION, startNightSandbox } from './night-sandbox.ts';
import { night } from './whole-night.ts';

/*
 * Each function of the nightly is granted what it asks for, and nothing else: the table, which the templates are held to,
 * is compared with what the sandbox was asked during nights that do all there is to do.
 */

const OWN = { account: CALLER, region: REGION };
const OTHER = { account: '222222222222', region: 'eu-west-1' };
const scopes = [{ region: REGION }, roleScope(OTHER.account, OTHER.region)];

/** Granted, and not asked for in these nights: by functions, why. */
const NOT_SEEN: Readonly<Record<string, string>> = {
  'kms:Decrypt': 'the sandbox does not encrypt',
  'kms:GenerateDataKey': 'the sandbox does not encrypt',
  's3:ListBucket':
    'without it an object that is missing is forbidden (GetObject API page): who looks for one needs it',
  's3:AbortMultipartUpload': 'only of an upload in parts that fails',
};

let engine: GremlinEngine;
let sandbox: NightSandbox;
const asked = new Map<string, Set<string>>();

beforeAll(async () => {
  engine = await startedEngine();
  sandbox = await startNightSandbox(engine);
  await nights();
});

afterAll(async () => {
  await sandbox.close();
  await engine.close();
});

test.each(NIGHTLY_FUNCTIONS)('%s asks for what it is granted, and is granted what it asks for', (name) => {
  const granted = PERMISSIONS.filter(({ functions = [] }) => functions.includes(name)).map(
    ({ action }) => action,
  );
  const called = [...(asked.get(name) ?? [])].filter((action) => action !== 'sts:GetCallerIdentity');

  expect({
    beyond: called.filter((action) => !granted.includes(action)).sort(),
    idle: granted.filter((action) => !called.includes(action) && NOT_SEEN[action] === undefined).sort(),
  }).toEqual({ beyond: [], idle: [] });
});

/**
 * The first; one that makes an entity anew, empties cells and removes; one that marks what is gone and compares everything;
 * an idle one; one that leaves in the graph what is gone; one of which a scope is denied, so that the graph is asked whose that is.
 */
async function nights(): Promise<void> {
  const of = recordsOf(OWN);
  const arn = `arn:aws:sagemaker:${OWN.region}:${OWN.account}`;
  // Ends that no listing gives, of every kind: each is asked for by its ARN.
  const ends = [of.actionArn('gone'), of.contextArn('gone'), of.artifactArn('s3://gone')].concat(
    ['experiment', 'experiment-trial', 'experiment-trial-component'].map((type) => `${arn}:${type}/gone`),
  );
  const generated = [...generateLineage({ entities: 120, seed: 3, ...OWN })];
  const own = [
    ...generated,
    of.action('here', 0),
    ...ends.map((end) => of.association(of.actionArn('here'), end, 1)),
  ];
  const ofOther = recordsOf(OTHER);
  const beyond = ofOther.association(ofOther.actionArn('step-5'), ofOther.actionArn('gone'), 5);
  const other = [beyond, ...pairsOf(OTHER, 6)];
  hold(own, other);
  await run(1, { detail: 'full', tags: true });

  sandbox.play(() => undefined);
  // Somebody else's property, on a vertex that becomes another.
  await sandbox.send(`g.V('${of.actionArn('gone')}').property(single, 'reviewed', 'yes')`);
  hold([...own, of.action('gone', 2)], [beyond, ...other.slice(4)]);
  await run(2, { removal: 'delete', maxDelete: { share: 1 } });

  hold([...own, of.action('gone', 2)], [beyond, ...other.slice(7)]);
  await run(3, { removal: 'tombstone', maxDelete: { share: 1 }, full: true });
  await run(4, {});
  hold([...generated, of.action('here', 0)], [beyond, ...other.slice(7)]);
  await run(5, {});
  await run(6, { removal: 'delete', maxDelete: { share: 1 } }, ({ service, account }) =>
    service === 'sagemaker' && account === OTHER.account ? DENIED : undefined,
  );
}

function hold(own: readonly AccountRecord[], other: readonly AccountRecord[]): void {
  sandbox.hold([
    { ...OWN, records: own },
    { ...OTHER, records: other },
  ]);
}

const DENIED = { status: 400, code: 'AccessDeniedException', message: 'not authorized' };

type Play = Parameters<NightSandbox['play']>[0];

function run(number: number, input: Readonly<Record<string, unknown>>, fault: Play = () => undefined) {
  return night(sandbox, {
    execution: `night-${number}`,
    startedAt: `2026-11-2${number}T04:00:00.000Z`,
    input: { scopes, ...input },
    call: async (name, event) => {
      const actions = asked.get(name) ?? new Set();
      asked.set(name, actions);
      sandbox.play((played) => {
        const { service, operation, body, account } = played;
        // What a reader role may do in another account is its own affair.
        if (account === CALLER) {
          const request = { headers: {}, body: Buffer.from(body), url: new URL(sandbox.url) };
          for (const action of iamActions(service, operation, request)) actions.add(action);
        }
        return fault(played);
      });
      return invoke(sandbox, name, event);
    },
  });
}
