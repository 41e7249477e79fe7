import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  createFaults,
  FAULT_NAMES,
  type FaultPlan,
  parseFaultPlan,
  parseFaultRule,
  readFaultPlan,
} from '../../src/sandbox/faults.ts';

/** What a plan plays on so many calls of `sagemaker.ListArtifacts`: `.` for nothing, else the fault's first letter. */
function played(plan: FaultPlan, calls = 10): string {
  const faults = createFaults(plan);
  return Array.from({ length: calls }, () => faults('sagemaker', 'ListArtifacts')?.name[0] ?? '.').join('');
}

test.each<[string, FaultPlan['rules']]>([
  ['..........', []],
  ['tttttttttt', [{ fault: 'throttle' }]],
  ['..t.......', [{ fault: 'throttle', at: 3 }]],
  ['t...t.....', [{ fault: 'throttle', at: [1, 5] }]],
  ['..t..t..t.', [{ fault: 'throttle', every: 3 }]],
  ['.tt..t..t.', [{ fault: 'throttle', every: 3, at: 2 }]],
  ['..t..t....', [{ fault: 'throttle', every: 3, times: 2 }]],
  ['tt........', [{ fault: 'throttle', times: 2 }]],
  ['dttttttttt', [{ fault: 'drop', at: 1 }, { fault: 'throttle' }]],
  ['tdtttttttt', [{ fault: 'drop', at: 2 }, { fault: 'throttle' }]],
  ['..........', [{ fault: 'throttle', probability: 0 }]],
  ['tttttttttt', [{ fault: 'throttle', probability: 1 }]],
  ['..........', [{ fault: 'throttle', service: 's3' }]],
  ['..........', [{ fault: 'throttle', operation: 'ListActions' }]],
  ['tttttttttt', [{ fault: 'throttle', service: 'sagemaker', operation: 'ListArtifacts' }]],
])('%s is played by %j', (expected, rules) => {
  expect(played({ rules })).toBe(expected);
});

test('rules count every call that they match, whichever of them plays', () => {
  const rules = [
    { fault: 'drop' as const, at: 1 },
    { fault: 'throttle' as const, at: 2 },
  ];

  expect(played({ rules })).toBe('dt........');
});

test('a probability is drawn from the seed, by the count of the operation alone', () => {
  const plan = (seed: number): FaultPlan => ({ seed, rules: [{ fault: 'throttle', probability: 0.3 }] });
  const interleaved = createFaults(plan(7));
  const among = Array.from({ length: 1000 }, (_, index) => {
    if (index % 3 === 0) interleaved('s3', 'PutObject');
    return interleaved('sagemaker', 'ListArtifacts')?.name[0] ?? '.';
  }).join('');

  expect(played(plan(7), 1000)).toBe(played(plan(7), 1000));
  expect(among).toBe(played(plan(7), 1000));
  expect(played(plan(8), 1000)).not.toBe(played(plan(7), 1000));
  expect(played(plan(7), 1000).replaceAll('.', '').length).toBeGreaterThan(250);
  expect(played(plan(7), 1000).replaceAll('.', '').length).toBeLessThan(350);
});

test.each([
  ['throttle', { fault: 'throttle' }],
  ['drop:s3', { fault: 'drop', service: 's3' }],
  [
    'throttle:sagemaker.ListArtifacts,at=3',
    { fault: 'throttle', service: 'sagemaker', operation: 'ListArtifacts', at: 3 },
  ],
  [
    'error-500:neptune-db.StartLoaderJob,at=1/4,times=2',
    { fault: 'error-500', service: 'neptune-db', operation: 'StartLoaderJob', at: [1, 4], times: 2 },
  ],
  [
    'slow,milliseconds=300,probability=0.5,every=2',
    { fault: 'slow', milliseconds: 300, probability: 0.5, every: 2 },
  ],
])('%s is a rule', (text, rule) => {
  expect(parseFaultRule(text)).toEqual(rule);
});

test.each([
  ['', '--fault : fault: '],
  ['explode', '--fault explode: fault: '],
  ['throttle:ec2', '--fault throttle:ec2: service: '],
  ['throttle:s3.', '--fault throttle:s3.: operation: '],
  ['throttle,at=', '--fault throttle,at=: at: '],
  ['throttle,at=0', '--fault throttle,at=0: at: '],
  ['throttle,at=x', '--fault throttle,at=x: at: '],
  ['throttle,probability=2', '--fault throttle,probability=2: probability: '],
  [
    'throttle,milliseconds=5',
    '--fault throttle,milliseconds=5: milliseconds: belongs to the fault `slow` only.',
  ],
  ['queue-full:s3', '--fault queue-full:s3: service: must be neptune-db for that fault.'],
  ['throttle,when=3', '--fault throttle,when=3: Unrecognized key: "when"'],
])('the rule "%s" is refused: %s', (text, message) => {
  expect(() => parseFaultRule(text)).toThrow(
    expect.objectContaining({ outcome: 'usage', message: expect.stringContaining(message) }),
  );
});

test.each([
  [null, 'plan.json: '],
  [{}, 'plan.json: rules: '],
  [{ rules: [], seeds: 1 }, 'plan.json: Unrecognized key: "seeds"'],
  [{ rules: [{ fault: 'throttle' }, { fault: 'throttle', every: 0 }] }, 'plan.json: rule 2, every: '],
  [{ rules: [{ at: 1 }] }, 'plan.json: rule 1, fault: '],
  [{ rules: ['throttle'] }, 'plan.json: rule 1: '],
  [
    { rules: [], loads: [{}, { status: 'FAILED' }] },
    'plan.json: load 2, status: is not the form of a status',
  ],
  [{ rules: [], loads: [{ errors: 2 }] }, 'plan.json: load 1, errors: needs an `errorCode`.'],
])('the plan %j is refused: %s', (value, message) => {
  expect(() => parseFaultPlan(value, 'plan.json')).toThrow(
    expect.objectContaining({
      outcome: 'usage',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(FAULT_NAMES.join(', ')),
    }),
  );
});

test('a plan is read from a file, or refused with its path', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'faults-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const plan: FaultPlan = { seed: 1, rules: [{ fault: 'drop', at: [1, 2] }] };
  await writeFile(join(directory, 'good.json'), JSON.stringify(plan));
  await writeFile(join(directory, 'bad.json'), '{');

  expect(await readFaultPlan(join(directory, 'good.json'))).toEqual(plan);
  await expect(readFaultPlan(join(directory, 'bad.json'))).rejects.toMatchObject({
    outcome: 'usage',
    message: `The fault plan ${join(directory, 'bad.json')} is not JSON.`,
  });
  await expect(readFaultPlan(join(directory, 'absent.json'))).rejects.toMatchObject({
    outcome: 'usage',
    message: `The fault plan ${join(directory, 'absent.json')} cannot be read.`,
  });
});

test('the plan that docs/sandbox.md shows is one', async () => {
  const page = await readFile(new URL('../../docs/sandbox.md', import.meta.url), 'utf8');
  const plan = JSON.parse(/^```json\n(.*?)^```$/ms.exec(page)?.[1] ?? '');

  expect(parseFaultPlan(plan, 'docs/sandbox.md')).toEqual(plan);
  expect(plan.loads).toHaveLength(2);
});
