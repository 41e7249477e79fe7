import { LineageError } from '../../errors.ts';
import type { ElementKind } from '../../graph/stored.ts';
import type { DropProgress, DropReport, LabelSurvey, RunSurvey } from '../../runs/drop.ts';
import { awsConfig, s3Client } from '../aws.ts';
import { expectedBucketOwnerOption } from '../bucket-options.ts';
import type { CommandSpec } from '../command.ts';
import { countsTable, edgesText, elementsText, total, verticesText } from '../counts-text.ts';
import { neptuneEndpointOption, requiredEndpoint } from '../neptune-endpoint.ts';
import { type AwsOptions, type CommonOptions, withAwsOptions } from '../options.ts';
import { grouped } from '../progress.ts';
import type { Terminal } from '../terminal.ts';

type DropCommandOptions = CommonOptions &
  AwsOptions & {
    readonly endpoint?: string;
    readonly label?: readonly string[];
    readonly run?: string;
    readonly confirm?: string;
    readonly dryRun: boolean;
    readonly force: boolean;
    readonly expectedBucketOwner?: string;
    readonly audit?: string;
  };

const HOST = 'my-cluster.cluster-abc.us-east-1.neptune.amazonaws.com';

export const dropCommand = {
  name: 'drop',
  summary: 'delete vertices and edges by label, or those of one run, from a cluster that others share',
  example: `smlineage drop --run lineage-export/20261121T041500.123Z --endpoint ${HOST} --confirm ${HOST}`,
  configure(command) {
    return withAwsOptions(command, 'S3')
      .addOption(neptuneEndpointOption())
      .addOption(expectedBucketOwnerOption())
      .option('--label <labels...>', 'all vertices and edges of these labels')
      .option('--run <run>', 'exactly the ids of a run: its directory, or its s3:// URI')
      .option('--confirm <host>', 'the host of the cluster, to say that it is this one')
      .option('--dry-run', 'say what would be deleted, and delete nothing', false)
      .option('--force', 'delete vertices also where they have edges or labels that are not named', false)
      .option('--audit <file>', 'write every id that is deleted there, one JSON object a line');
  },
  idle: [
    {
      flags: ['expected-bucket-owner'],
      where: 'where nothing is read from a bucket',
      isIdle: ({ run }) => typeof run !== 'string' || !run.startsWith('s3://'),
    },
  ],
  async run({ env, terminal, signal }, _args: readonly [], options: DropCommandOptions) {
    const { label: labels, run: source, confirm, dryRun, force, output } = options;
    assertOne(labels, source);
    const endpoint = requiredEndpoint(options.endpoint, env);
    const { neptuneClient } = await import('../../neptune/clients.ts');
    const { assertNoneKept, dropLabels, surveyLabels } = await import('../../runs/drop.ts');
    const { dropRun, surveyRun } = await import('../../runs/drop-run.ts');
    const config = await awsConfig(options, env);
    const neptune = neptuneClient({ ...config, endpoint });
    const s3 = source?.startsWith('s3://') === true ? await s3Client(config, options, env) : undefined;
    const onProgress = showProgress(terminal);
    const given = { neptune, s3, signal, onProgress };
    try {
      if (dryRun) {
        const survey =
          source === undefined
            ? await surveyLabels({ ...given, labels: labels ?? [] })
            : await surveyRun({ ...given, source });
        terminal.print(
          output === 'json' ? JSON.stringify(survey, null, 2) : surveyText(survey, terminal.width),
        );
        return;
      }
      const audit = await openAudit(options.audit);
      const request = { ...given, confirm, force, onDeleted: audit.onDeleted };
      const report = await (source === undefined
        ? dropLabels({ ...request, labels: labels ?? [] })
        : dropRun({ ...request, source })
      ).finally(audit.close);
      terminal.print(output === 'json' ? JSON.stringify(report, null, 2) : reportText(report));
      assertNoneKept(report);
    } finally {
      neptune.destroy();
      s3?.destroy();
    }
  },
} satisfies CommandSpec;

function assertOne(labels: readonly string[] | undefined, source: string | undefined): void {
  if ((labels === undefined) !== (source === undefined)) return;
  throw new LineageError(
    'usage',
    `Expected --label or --run, got ${labels === undefined ? 'neither' : 'both'}.`,
    { hint: 'Pass --label with the labels to delete, or --run with the run whose ids are to be deleted.' },
  );
}

/** Where ids that are gone are written down, if anywhere: at once, so that what is written is what is gone. */
async function openAudit(file: string | undefined) {
  if (file === undefined) return { onDeleted: () => undefined, close: () => undefined };
  const { closeSync, openSync, writeSync } = await import('node:fs');
  const descriptor = tryToOpen(() => openSync(file, 'a'), file);
  return {
    onDeleted(element: ElementKind, ids: readonly string[]) {
      writeSync(descriptor, ids.map((id) => `${JSON.stringify({ element, id })}\n`).join(''));
    },
    close: () => closeSync(descriptor),
  };
}

function tryToOpen(open: () => number, file: string): number {
  try {
    return open();
  } catch (cause) {
    throw new LineageError('usage', `The audit log cannot be written to ${file}.`, {
      cause,
      hint: 'Pass another --audit. Nothing was deleted.',
    });
  }
}

function showProgress(terminal: Terminal): (progress: DropProgress) => void {
  return (progress) => {
    switch (progress.step) {
      case 'surveyed':
        terminal.warn('drop.losing', `Deleting ${losingText(progress.survey)}`, { ...progress.survey });
        break;
      case 'reading':
        terminal.progress(`Reading: ${grouped(progress.readBytes)} of ${grouped(progress.totalBytes)} bytes`);
        break;
      case 'deleting':
        terminal.progress(`Deleted ${grouped(progress.deleted)} of ${grouped(progress.of)}`);
    }
  };
}

function losingText(survey: LabelSurvey | RunSurvey): string {
  if ('run' in survey) {
    const { host, run, inGraph, otherEdges } = survey;
    return `${elementsText(inGraph.vertices, inGraph.edges)} of run ${run}, and ${edgesText(otherEdges)} of others, at ${host}`;
  }
  const { host, counts } = survey;
  return `${elementsText(total(counts.vertices), total(counts.edges))} at ${host}`;
}

function surveyText(survey: LabelSurvey | RunSurvey, width: number | undefined): string {
  return [
    ...('run' in survey ? runLines(survey) : labelLines(survey, width)),
    `To go on, run it without --dry-run, and with --confirm ${survey.host}`,
  ].join('\n');
}

function runLines({ host, run, named, inGraph, otherEdges }: RunSurvey): readonly string[] {
  return [
    `Run ${run} names ${elementsText(named.vertices, named.edges)}; ${elementsText(inGraph.vertices, inGraph.edges)} of them are at ${host}.`,
    ...(otherEdges === 0
      ? []
      : [
          `There ${otherEdges === 1 ? 'is' : 'are'} ${edgesText(otherEdges)} of others at these vertices, which are kept with them unless --force.`,
        ]),
  ];
}

function labelLines(
  { host, counts, otherEdges, otherLabels }: LabelSurvey,
  width: number | undefined,
): readonly string[] {
  const edges = total(otherEdges);
  const labels = Object.entries(otherEdges).map(([label, count]) => `${label} ${grouped(count)}`);
  const isEmpty = total(counts.vertices) + total(counts.edges) === 0;
  return [
    ...(isEmpty ? [] : [countsTable(counts, width), '']),
    `${elementsText(total(counts.vertices), total(counts.edges))} have these labels at ${host}.`,
    ...(edges === 0
      ? []
      : [
          `At these vertices are ${edgesText(edges)} of other labels (${labels.join(', ')}), which keep them unless --force.`,
        ]),
    ...(otherLabels === 0
      ? []
      : [`${verticesText(otherLabels)} have other labels besides, and are kept unless --force.`]),
  ];
}

function reportText({ host, vertices, edges }: DropReport): string {
  const absent = vertices.absent + edges.absent;
  const more = [
    ...(vertices.edgesDeleted === 0 ? [] : [`${edgesText(vertices.edgesDeleted)} of others with them`]),
    ...(vertices.kept === 0 ? [] : [`${verticesText(vertices.kept)} kept`]),
    ...(absent === 0 ? [] : [`${grouped(absent)} were not there`]),
  ];
  const text = `${elementsText(vertices.deleted, edges.deleted)} deleted at ${host}`;
  return [text, ...more].join(', ');
}
