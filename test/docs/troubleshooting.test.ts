import { test } from 'vitest';
import { NEPTUNE_ERRORS } from '../../src/neptune/loader-errors.ts';
import { ERROR_CODES, LOAD_STATUSES, type Verdict } from '../../src/neptune/verdict.ts';
import { expectTable } from './doc-table.ts';

/* The page says what the failures say: its tables are the tables that the hints come from. */

const RETRIES = {
  resume: 'three times',
  once: 'once',
  never: 'no',
  'by-errors': 'as its errors say',
} as const;

const MEANINGS = { running: 'under way', loaded: 'loaded', unknown: 'unknown' } as const;

test('docs/troubleshooting.md tells every status of a load as the verdict does', async () => {
  const rows = Object.entries<Verdict>(LOAD_STATUSES).map(([status, verdict]) =>
    verdict.state === 'failed'
      ? `| \`${status}\` | failed | ${RETRIES[verdict.retry]} | ${verdict.hint} |`
      : `| \`${status}\` | ${MEANINGS[verdict.state]} | | |`,
  );

  await expectTable(
    'troubleshooting.md',
    'load-statuses',
    ['| status | the load is | loaded again | what to do |', '|---|---|---|---|', ...rows].join('\n'),
  );
});

test('docs/troubleshooting.md tells every error code as the report does', async () => {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { meaning, spoils, retry, hint }]) =>
      `| \`${code}\` | ${meaning} | ${spoils === 'record' ? 'a line' : 'a file'} | ${RETRIES[retry]} | ${hint} |`,
  );

  await expectTable(
    'troubleshooting.md',
    'load-error-codes',
    ['| code | meaning | costs | loaded again | what to do |', '|---|---|---|---|---|', ...rows].join('\n'),
  );
});

test('docs/troubleshooting.md tells every refusal as the failure does', async () => {
  const rows = Object.entries(NEPTUNE_ERRORS).map(([name, { hint }]) => `| \`${name}\` | ${hint} |`);

  await expectTable(
    'troubleshooting.md',
    'neptune-errors',
    ['| error | what to do |', '|---|---|', ...rows].join('\n'),
  );
});
