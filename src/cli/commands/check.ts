import type { Finding } from '../../csv/check/rules.ts';
import { type TableColumn, textTable } from '../../render/text-table.ts';
import type { CheckReport } from '../../runs/check.ts';
import { awsConfig, s3Client } from '../aws.ts';
import type { CommandSpec } from '../command.ts';
import { type AwsOptions, type CommonOptions, wholeNumber, withAwsOptions } from '../options.ts';
import { grouped } from '../progress.ts';

type CheckOptions = CommonOptions &
  AwsOptions & {
    readonly maxFindings: number;
    readonly endpoints: boolean;
    readonly acceptMilliseconds: boolean;
    readonly analytics: boolean;
  };

export const checkCommand = {
  name: 'check',
  summary: 'check Neptune CSV files against the rules of the bulk loader, before they are loaded',
  example: 'smlineage check lineage-export/20261121T041500.123Z',
  configure(command) {
    return withAwsOptions(command, 'S3')
      .argument('<source>', 'a run, any directory, a file, or s3://bucket/prefix; .gz too')
      .option('--max-findings <n>', 'findings to tell; all are counted', wholeNumber(0), 100)
      .option('--no-endpoints', 'do not ask for the vertices of edges: the graph has them already')
      .option('--accept-milliseconds', 'take times with fractions of a second', false)
      .option('--analytics', 'note what Neptune Analytics reads otherwise', false);
  },
  async run({ env, terminal, signal }, [source]: readonly [string], options: CheckOptions) {
    const { assertChecked, checkRun } = await import('../../runs/check.ts');
    const { maxFindings, endpoints, acceptMilliseconds, analytics } = options;
    const s3 = source.startsWith('s3://')
      ? await s3Client(await awsConfig(options, env), options, env)
      : undefined;
    try {
      const report = await checkRun({
        ...{ source, s3, maxFindings, endpoints, acceptMilliseconds, analytics, signal },
        onProgress: ({ file, readBytes, totalBytes }) =>
          terminal.progress(`${grouped(readBytes)} of ${grouped(totalBytes)} bytes, ${file}`),
      });
      terminal.print(
        options.output === 'json' ? JSON.stringify(report, null, 2) : reportText(report, terminal.width),
      );
      assertChecked(report);
    } finally {
      s3?.destroy();
    }
  },
} satisfies CommandSpec;

const COLUMNS: readonly TableColumn[] = [
  { title: 'rule' },
  { title: 'place', cut: 'start' },
  { title: 'column' },
  { title: 'id', cut: 'start' },
  { title: 'found' },
  { title: 'expected' },
];

function reportText({ files, findings, errors, notes, more }: CheckReport, width?: number): string {
  const rows = files.reduce((total, file) => total + file.rows, 0);
  const counts = `${counted(errors, 'error')}, ${counted(notes, 'note')}`;
  const left =
    more === 0 ? '' : `, of which ${grouped(more)} ${more === 1 ? 'is' : 'are'} not shown (--max-findings)`;
  const summary = `${counts} in ${counted(rows, 'row')} of ${counted(files.length, 'file')}${left}`;
  return findings.length === 0 ? summary : `${textTable(COLUMNS, findings.map(tableRow), width)}\n${summary}`;
}

function tableRow({ rule, file, line, column = '', id = '', found = '', expected }: Finding) {
  return [rule, `${file}:${line}`, column, id, found, expected];
}

function counted(number: number, what: string): string {
  return `${grouped(number)} ${what}${number === 1 ? '' : 's'}`;
}
