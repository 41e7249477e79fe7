import type { LoadJob } from './load-report.ts';

/** What a load job was given, as far as its counters can tell. */
export type SentFiles = {
  readonly files: number;
  readonly filesWithRows: number;
  readonly rows: number;
  /** One for each label, each value, and each edge with its label; undefined where not all files could be read. */
  readonly records: number | undefined;
  /** Of the records, those that are an edge with its label. */
  readonly edges: number;
};

export type CountersVerdict =
  /** Fewer files or rows than were sent, however a record is counted: the loader has not read all. */
  | { readonly is: 'impossible'; readonly reason: string }
  | { readonly is: 'other'; readonly reason: string }
  | { readonly is: 'equal' }
  /** A reply without a count of files: too little to go by. */
  | { readonly is: 'unknown' };

/**
 * What the counters of a job that loaded everything, without errors, say about what it read. They count records, not rows,
 * and for the whole job: files of their own have only those that failed. So: every file with rows must be among the files,
 * every row must be one record at least, and all records together must be as many as the files hold. Whether an edge and
 * its label are one record or two the documentation leaves open, so both are taken (Neptune user guide, "Neptune Loader
 * Get-Status responses").
 */
export function compareCounters({ files, records }: LoadJob, sent: SentFiles): CountersVerdict {
  const readFiles = Object.values(files).reduce((sum, count) => sum + count, 0);
  if (readFiles === 0) return { is: 'unknown' };
  if (readFiles < sent.filesWithRows)
    return {
      is: 'impossible',
      reason: `the loader read ${readFiles} files of the ${sent.filesWithRows} that have rows`,
    };
  if (records < sent.rows)
    return { is: 'impossible', reason: `the loader counted ${records} records in ${sent.rows} rows` };
  if (sent.records === undefined) return { is: 'unknown' };
  if (records === sent.records || records === sent.records + sent.edges) return { is: 'equal' };
  return {
    is: 'other',
    reason: `the loader counted ${records} records (labels, values and edges), the files hold ${sent.records}`,
  };
}
