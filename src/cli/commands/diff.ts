import type { RunChange, RunComparison } from '../../graph/run-change.ts';
import { CHANGES_CSV_HEADER, changeCsv, changesTable, countsTable } from '../../render/run-changes.ts';
import type { ComparedRuns } from '../../runs/compare-runs.ts';
import type { RowKind } from '../../snapshot/diff.ts';
import type { CommandSpec } from '../command.ts';
import { type AwsOptions, type CommonOptions, wholeNumber, withAwsOptions } from '../options.ts';
import { grouped } from '../progress.ts';
import { rowKinds } from '../row-kinds.ts';
import { s3For } from '../run-source.ts';
import type { Terminal } from '../terminal.ts';

type DiffOptions = CommonOptions &
  AwsOptions & { readonly kinds?: readonly RowKind[]; readonly limit: number };

export const diffCommand = {
  name: 'diff',
  summary: 'say what changed between two runs of an account: added, updated, removed, and which values',
  example: 'smlineage diff lineage-export/20261121T041500.123Z lineage-export/20261122T041500.456Z',
  outputs: ['table', 'json', 'jsonl', 'csv'],
  configure(command) {
    return withAwsOptions(command, 'S3')
      .argument('<before>', 'the earlier run: its directory, or its s3:// URI as `upload` printed it')
      .argument('<after>', 'the later run')
      .option('--kinds <list>', 'only these: artifact, action, …, external, edge', rowKinds)
      .option('--limit <n>', 'changes in the table; all are counted', wholeNumber(0), 100);
  },
  idle: [
    {
      flags: ['limit'],
      where: 'of anything but the table',
      instead: 'Print a table',
      isIdle: ({ output }) => output !== 'table',
    },
  ],
  async run({ env, terminal, signal }, [before, after]: readonly [string, string], options: DiffOptions) {
    const { compareRuns } = await import('../../runs/compare-runs.ts');
    const s3 = await s3For([before, after], options, env);
    try {
      const compared = await compareRuns({ before, after, kinds: options.kinds, s3, signal });
      for (const note of compared.notes) terminal.warn('diff.incomplete', note);
      await WRITERS[options.output as keyof typeof WRITERS](terminal, compared, options.limit);
    } finally {
      s3?.destroy();
    }
  },
} satisfies CommandSpec;

const WRITERS = { table: printTable, json: printJson, jsonl: printJsonLines, csv: printCsv } as const;

async function printTable(terminal: Terminal, compared: ComparedRuns, limit: number): Promise<void> {
  const shown: RunChange[] = [];
  const changes = compared.changes();
  while (shown.length < limit) {
    const { done, value } = await changes.next();
    if (done === true) break;
    shown.push(value);
  }
  await changes.return(undefined);
  const total = Object.values(compared.counts).reduce(
    (sum, { added, updated, removed }) => sum + added + updated + removed,
    0,
  );
  if (shown.length > 0) terminal.print(`${changesTable(shown, terminal.width)}\n`);
  terminal.print(countsTable(compared.counts, terminal.width));
  if (shown.length < total)
    terminal.log('diff.limited', `${grouped(total - shown.length)} changes are not shown (--limit)`);
}

function summaryOf({ before, after, complete, notes, counts }: RunComparison): RunComparison {
  return { before, after, complete, notes, counts };
}

/** One document, written as it comes. */
async function printJson(terminal: Terminal, compared: ComparedRuns): Promise<void> {
  const summary = JSON.stringify(summaryOf(compared), null, 2);
  terminal.print(`${summary.slice(0, -2)},\n  "changes": [`);
  let previous: string | undefined;
  for await (const change of compared.changes()) {
    if (previous !== undefined) terminal.print(`${previous},`);
    previous = `    ${JSON.stringify(change)}`;
  }
  if (previous !== undefined) terminal.print(previous);
  terminal.print('  ]\n}');
}

async function printJsonLines(terminal: Terminal, compared: ComparedRuns): Promise<void> {
  terminal.print(JSON.stringify({ record: 'diff', ...summaryOf(compared) }));
  for await (const change of compared.changes())
    terminal.print(JSON.stringify({ record: 'change', ...change }));
}

async function printCsv(terminal: Terminal, compared: ComparedRuns): Promise<void> {
  terminal.print(CHANGES_CSV_HEADER);
  for await (const change of compared.changes()) terminal.print(changeCsv(change));
}
