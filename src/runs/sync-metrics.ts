import { isMissingScope } from '../snapshot/manifest.ts';
import type { SyncReport } from './sync-report.ts';

/** The namespace of the metrics in CloudWatch. */
const NAMESPACE = 'SageMakerLineageNeptune';

/**
 * The report of a sync as a line in CloudWatch's embedded metric format, from which CloudWatch Logs makes metrics by itself
 * (CloudWatch user guide, "Specification: Embedded metric format"). One line; every metric under the dimension Deployment:
 * two deployments in one Region must not silence each other's alarms.
 *
 * @param to the prefix in S3 under which runs and state are: what tells deployments apart.
 */
export function emfLines(
  report: SyncReport,
  { to, region }: { readonly to: string; readonly region: string },
): readonly string[] {
  const metrics = metricsOf(report);
  const line = {
    _aws: {
      Timestamp: Date.parse(report.finishedAt),
      CloudWatchMetrics: [
        {
          Namespace: NAMESPACE,
          Dimensions: [['Deployment']],
          Metrics: metrics.map(({ name, unit }) => ({ Name: name, Unit: unit })),
        },
      ],
    },
    Deployment: dimension(to),
    Region: region,
    Outcome: report.outcome,
    Run: report.run,
    ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
  };
  return [JSON.stringify(line)];
}

/** In ASCII, as CloudWatch wants it (Dimension API page), and the same with a slash at its end. */
function dimension(to: string): string {
  return encodeURI(to.replace(/\/+$/, ''));
}

type Metric = { readonly name: string; readonly unit: 'Count' | 'Seconds' | 'Bytes'; readonly value: number };

function metricsOf(report: SyncReport): readonly Metric[] {
  const { changes, loaded, calls, seconds, state, finishedAt, error } = report;
  const sum = (
    pick: (counts: {
      before: number;
      after: number;
      added: number;
      updated: number;
      removed: number;
    }) => number,
  ) => Object.values(changes ?? {}).reduce((total, counts) => total + pick(counts), 0);
  const count = (name: string, value: number): Metric => ({ name, unit: 'Count', value });
  const isVerified = error === null && report.outcome !== 'planned';
  const verifiedAt = isVerified ? finishedAt : state?.verifiedAt;
  const missing = report.scopes.filter(isMissingScope).length;
  return [
    count('Failed', error === null ? 0 : 1),
    count('Verified', isVerified ? 1 : 0),
    count('Partial', error?.outcome === 'partialExport' || missing > 0 ? 1 : 0),
    count('Refused', report.refusals.length > 0 ? 1 : 0),
    count('ScopesMissing', missing),
    count('LoadErrors', error?.outcome === 'loadFailed' ? 1 : 0),
    count(
      'Elements',
      sum(({ after }) => after),
    ),
    count(
      'Added',
      sum(({ added }) => added),
    ),
    count(
      'Updated',
      sum(({ updated }) => updated),
    ),
    count(
      'Gone',
      sum(({ removed }) => removed),
    ),
    count('Removed', total(report.removed)),
    count('Residue', report.residue),
    count('LoadedRecords', loaded?.records ?? 0),
    { name: 'LoadedBytes', unit: 'Bytes', value: loaded?.bytes ?? 0 },
    count('Calls', calls.sagemaker),
    count('Throttles', calls.throttles),
    { name: 'Duration', unit: 'Seconds', value: total(seconds) },
    ...(['export', 'load'] as const).map((step) => ({
      name: step === 'export' ? 'ExportDuration' : 'LoadDuration',
      unit: 'Seconds' as const,
      value: seconds[step] ?? 0,
    })),
    // Without it no run was ever verified.
    ...(verifiedAt == null
      ? []
      : [
          {
            name: 'VerifiedAge',
            unit: 'Seconds' as const,
            value: (Date.parse(finishedAt) - Date.parse(verifiedAt)) / 1_000,
          },
        ]),
  ];
}

function total(counts: Readonly<Record<string, number | undefined>>): number {
  return Object.values(counts).reduce<number>((sum, count = 0) => sum + count, 0);
}
