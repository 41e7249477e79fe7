import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import validate from 'asl-validator';
import { expect, test } from 'vitest';

const FOLDER = fileURLToPath(new URL('../../cloudformation', import.meta.url));
const DEFINITION = readFileSync(join(FOLDER, 'nightly.asl.json'), 'utf8');
const PLACEHOLDER = /\$\{(\w+)\}/g;

test.each(['aws', 'aws-cn'])('the state machine is valid in partition %s', (partition) => {
  const values: Readonly<Record<string, string>> = {
    Partition: partition,
    TopicArn: `arn:${partition}:sns:eu-west-1:123456789012:nightly`,
  };
  // As CloudFormation does with DefinitionSubstitutions.
  const text = DEFINITION.replaceAll(
    PLACEHOLDER,
    (_, name: string) => values[name] ?? `arn:${partition}:lambda:eu-west-1:123456789012:function:${name}`,
  );
  const { isValid, errors } = validate(JSON.parse(text), { checkPaths: true, checkArn: true });

  expect({ isValid, errors }).toEqual({ isValid: true, errors: [] });
});

test('the template gives a value to each placeholder of the state machine, and to nothing else', () => {
  const template = readFileSync(join(FOLDER, 'nightly.yaml'), 'utf8');
  const [, substitutions = ''] = /DefinitionSubstitutions:\n((?: {8}\w+: .*\n)+)/.exec(template) ?? [];
  const given = [...substitutions.matchAll(/^ {8}(\w+):/gm)].map(([, name]) => name);
  const wanted = new Set([...DEFINITION.matchAll(PLACEHOLDER)].map(([, name]) => name));

  expect(given.toSorted()).toEqual([...wanted].sort());
});
