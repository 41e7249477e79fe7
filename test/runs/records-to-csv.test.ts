import type {
  ActionSummary,
  ArtifactSummary,
  AssociationSummary,
  ContextSummary,
  ExperimentSummary,
  TrialComponentSummary,
  TrialSummary,
} from '@aws-sdk/client-sagemaker';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { actionRow } from '../../src/crawl/actions.ts';
import { artifactRow } from '../../src/crawl/artifacts.ts';
import { associationRow } from '../../src/crawl/associations.ts';
import type { Origin } from '../../src/crawl/cells.ts';
import { contextRow } from '../../src/crawl/contexts.ts';
import { experimentRow } from '../../src/crawl/experiments.ts';
import { storableEdge, storableVertex } from '../../src/crawl/storable-row.ts';
import { trialComponentRow } from '../../src/crawl/trial-components.ts';
import { trialRow } from '../../src/crawl/trials.ts';
import { csvLines, edgeHeader, encodeEdge, encodeVertex, vertexHeader } from '../../src/csv/encode.ts';
import { type Columns, EDGE_COLUMNS, VERTEX_COLUMNS } from '../../src/graph/columns.ts';
import type { ListedKind } from '../../src/graph/kinds.ts';
import type { VertexRow } from '../../src/graph/rows.ts';
import { hostileText } from '../csv/hostile-rows.ts';

const RECORDS = 10_000;

const text = fc.option(fc.oneof(hostileText, fc.constantFrom('', 'a\0b', '\ud83d')), { nil: undefined });
const arn = hostileText.map((id) => `arn:aws:sagemaker:us-east-1:111111111111:any/${id}`);
const time = fc.date({ min: new Date('1960-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
const maybeTime = fc.option(time, { nil: undefined });
const user = fc.option(
  fc.record({ UserProfileName: text, DomainId: text, IamIdentity: fc.constantFrom(undefined, { Arn: 'x' }) }),
  { nil: undefined },
);
const lifetime = { CreationTime: time, LastModifiedTime: maybeTime };
const source = fc.option(fc.record({ SourceUri: text, SourceType: text, SourceId: text }), {
  nil: undefined,
});
const jobSource = fc.option(fc.record({ SourceArn: text, SourceType: text }), { nil: undefined });
const sourceTypes = fc.option(fc.array(fc.record({ Value: text, SourceIdType: text }), { maxLength: 2 }), {
  nil: undefined,
});

const RECORDS_BY_KIND: Readonly<Record<ListedKind, fc.Arbitrary<unknown>>> = {
  artifact: fc.record({
    ArtifactArn: arn,
    ArtifactName: text,
    ArtifactType: text,
    Source: fc.option(fc.record({ SourceUri: text, SourceTypes: sourceTypes }), { nil: undefined }),
    ...lifetime,
  }),
  action: fc.record({
    ActionArn: arn,
    ActionName: text,
    ActionType: text,
    Status: text,
    Source: source,
    ...lifetime,
  }),
  context: fc.record({ ContextArn: arn, ContextName: text, ContextType: text, Source: source, ...lifetime }),
  trial_component: fc.record({
    TrialComponentArn: arn,
    TrialComponentName: text,
    DisplayName: text,
    TrialComponentSource: jobSource,
    Status: fc.option(fc.record({ PrimaryStatus: text, Message: text }), { nil: undefined }),
    StartTime: maybeTime,
    EndTime: maybeTime,
    CreatedBy: user,
    LastModifiedBy: user,
    ...lifetime,
  }),
  experiment: fc.record({
    ExperimentArn: arn,
    ExperimentName: text,
    DisplayName: text,
    ExperimentSource: jobSource,
    ...lifetime,
  }),
  trial: fc.record({
    TrialArn: arn,
    TrialName: text,
    DisplayName: text,
    TrialSource: jobSource,
    ...lifetime,
  }),
};

const ROWS: Readonly<Record<ListedKind, (record: never, origin: Origin) => VertexRow>> = {
  artifact: (record: ArtifactSummary, origin) => artifactRow(record, origin),
  action: (record: ActionSummary, origin) => actionRow(record, origin),
  context: (record: ContextSummary, origin) => contextRow(record, origin),
  trial_component: (record: TrialComponentSummary, origin) => trialComponentRow(record, origin),
  experiment: (record: ExperimentSummary, origin) => experimentRow(record, origin),
  trial: (record: TrialSummary, origin) => trialRow(record, origin),
};

const origin: Origin = { operation: 'ListArtifacts', page: 1, position: 1, requestId: undefined };

/** What a cell of the file must say of a record: read off the columns' declared sources, not off the code under test. */
function expectedCells(columns: Columns, record: unknown, owner: Readonly<Record<string, string>>): string[] {
  return Object.entries(columns).map(([name, column]) => {
    if (column.source === '(ARN)') return owner[name] ?? '';
    const value = column.source.split('.').reduce<unknown>((at, key) => Object(at)[key], record);
    if (value instanceof Date) {
      const floored = new Date(Math.floor(value.getTime() / 1_000) * 1_000).toISOString().slice(0, 19);
      return column.type === 'Long' ? String(value.getTime()) : `${floored}Z`;
    }
    if (value === undefined) return '';
    if (typeof value === 'object') return Object.keys(Object(value)).length === 0 ? '' : 'JSON';
    return stored(String(value));
  });
}

function stored(text: string): string {
  return text.replaceAll('\0', '\ufffd').replace(/\p{Surrogate}/gu, '\ufffd');
}

/** The cells of the file, those of objects only as `JSON` where their text is the record's object. */
function foundCells(columns: Columns, record: unknown, cells: readonly string[]): string[] {
  return Object.values(columns).map((column, index) => {
    const cell = cells[index] ?? '';
    const value = column.source.split('.').reduce<unknown>((at, key) => Object(at)[key], record);
    if (typeof value !== 'object' || value instanceof Date || cell === '') return cell;
    expect(JSON.parse(cell)).toEqual(JSON.parse(JSON.stringify(value)));
    return 'JSON';
  });
}

test.each(Object.keys(RECORDS_BY_KIND) as ListedKind[])(
  '10,000 hostile records of kind %s, read back by csv-parse, are the records they came from',
  (kind) => {
    const records = fc.sample(RECORDS_BY_KIND[kind], RECORDS);
    const columns = VERTEX_COLUMNS[kind];

    const rows = records.map((record) => storableVertex(ROWS[kind](record as never, origin)).row);
    const file = `${vertexHeader(kind)}\n${csvLines(rows.map(encodeVertex))}`;
    const [header, ...lines] = parse(file, { record_delimiter: '\n' }) as string[][];

    const owner = { account: '111111111111', region: 'us-east-1' };
    expect(header?.join(',')).toBe(vertexHeader(kind));
    expect(lines.length).toBe(RECORDS);
    for (const [index, record] of records.entries()) {
      const [id, label, ...cells] = lines[index] ?? [];
      const recordArn = stored(String(Object.values(record as object)[0]));
      expect([id, label, ...foundCells(columns, record, cells)]).toEqual([
        recordArn,
        kind,
        ...expectedCells(columns, record, owner),
      ]);
    }
  },
);

test('10,000 hostile associations, read back by csv-parse, are the records they came from', () => {
  const records = fc.sample(
    fc.record({
      SourceArn: arn,
      DestinationArn: arn,
      SourceType: text,
      DestinationType: text,
      AssociationType: text,
      SourceName: text,
      DestinationName: text,
      CreationTime: time,
      CreatedBy: user,
    }),
    RECORDS,
  );

  const rows = records.map(
    (record) => storableEdge(associationRow(record as AssociationSummary, origin)).row,
  );
  const file = `${edgeHeader()}\n${csvLines(rows.map(encodeEdge))}`;
  const [header, ...lines] = parse(file, { record_delimiter: '\n' }) as string[][];

  expect(header?.join(',')).toBe(edgeHeader());
  for (const [index, record] of records.entries()) {
    const [id, from, to, label, ...cells] = lines[index] ?? [];
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect([from, to, label, ...foundCells(EDGE_COLUMNS, record, cells)]).toEqual([
      stored(record.SourceArn),
      stored(record.DestinationArn),
      stored(record.AssociationType || 'Untyped'),
      ...expectedCells(EDGE_COLUMNS, record, {}),
    ]);
  }
});
