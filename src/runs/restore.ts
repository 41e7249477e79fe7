import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import type { S3Client } from '@aws-sdk/client-s3';
import { jointSignal } from '../crawl/joint-signal.ts';
import { LineageError } from '../errors.ts';
import { LABEL_SEPARATOR } from '../graph/stored.ts';
import { type Clock, SYSTEM_CLOCK } from '../neptune/clock.ts';
import { existingIds } from '../neptune/elements.ts';
import { gremlinClient } from '../neptune/query.ts';
import type { Encryption } from '../neptune/s3-requests.ts';
import { asFolder, parseS3Uri } from '../neptune/s3-uri.ts';
import { ROW_KINDS } from '../snapshot/diff.ts';
import { type AuditEntry, readAudit } from './audit.ts';
import { RESTORED, type ResidueEntry, residueOf, saveResidue } from './holding.ts';
import { takeLease } from './lease.ts';
import { restoreElements } from './restore-elements.ts';
import { stateStore } from './state.ts';

export type RestoreOptions = {
  readonly s3: S3Client;
  /** Made by `neptuneClient`: it must not repeat requests by itself. */
  readonly neptune: NeptunedataClient;
  /** `s3://bucket/prefix` that the sync was given: its state learns what was put back. */
  readonly to: string;
  /** An audit log: a file, or what the report of the sync calls `audit`. */
  readonly audit: string;
  readonly leaseMs?: number | undefined;
  readonly encryption?: Encryption | undefined;
  readonly expectedBucketOwner?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
};

export type RestoreReport = {
  readonly audit: string;
  readonly vertices: number;
  readonly edges: number;
  /** Elements that are in the graph, and were left as they are. */
  readonly present: number;
  /** Edges that were not put back, since an end is not in the graph. */
  readonly loose: readonly string[];
};

/**
 * Puts back what a sync removed, as it was: labels, ends, values and their types. What is in the graph is left alone. The
 * state learns of it first, so that a later sync knows that it is this deployment's, and may remove it again.
 *
 * @throws LineageError (usage) where there is no audit log or no state; (validationFailed) for a damaged log; (locked) where a
 * sync is at work; what the cluster or S3 refuse
 */
export async function restoreAudit(options: RestoreOptions): Promise<RestoreReport> {
  const { s3, neptune, audit, leaseMs, clock = SYSTEM_CLOCK, encryption, expectedBucketOwner } = options;
  const folder = asFolder(parseS3Uri(options.to));
  const places = { s3, folder, encryption, expectedBucketOwner };
  const lease = await takeLease({ ...places, leaseMs, clock, signal: options.signal });
  const work = await mkdtemp(join(tmpdir(), 'smlineage-restore-'));
  try {
    const signal = jointSignal(options.signal, lease.lost);
    const send = gremlinClient(neptune, clock, lease.permit);
    const store = stateStore(places);
    const held = await store.read(signal);
    if (held === undefined) throw noState(store.uri);
    const holding = { ...places, out: work, work, signal };
    const residue = await residueOf(held.state, holding);
    const missing = await residueOfLog(audit, { s3, send, signal });
    const known = new Set(residue.map(({ id }) => id));
    const all = [...residue, ...missing.filter(({ id }) => !known.has(id))];
    await lease.assertHeld(signal);
    const { subsets = [], doubted = {} } = held.state.residue ?? {};
    const saved = await saveResidue(all, holding, { subsets, doubted });
    await store.move(held, { ...held.state, residue: saved }, signal);
    return { audit, ...(await putBack(audit, { s3, send, lease, signal })) };
  } finally {
    await lease.release();
    await rm(work, { recursive: true, force: true });
  }
}

type Tools = Parameters<typeof restoreElements>[1] & { readonly s3: S3Client };

/** Vertices first, since an edge needs both its ends. */
async function putBack(audit: string, { s3, ...tools }: Tools): Promise<Omit<RestoreReport, 'audit'>> {
  const counts = { vertex: 0, edge: 0 };
  let present = 0;
  const loose: string[] = [];
  for (const kind of ['vertex', 'edge'] as const) {
    for await (const entries of readAudit(audit, { s3, signal: tools.signal })) {
      const result = await restoreElements(entries.filter(isRemovalOf(kind)), tools);
      counts[kind] += result.restored.length;
      present += result.present;
      loose.push(...result.loose);
    }
  }
  return { vertices: counts.vertex, edges: counts.edge, present, loose };
}

/** What was replaced was made anew by the sync itself. */
function isRemovalOf(kind: AuditEntry['element']): (entry: AuditEntry) => boolean {
  return ({ element, reason }) => element === kind && reason === 'removed';
}

async function residueOfLog(
  audit: string,
  { s3, send, signal }: Pick<Tools, 's3' | 'send' | 'signal'>,
): Promise<readonly ResidueEntry[]> {
  const missing: ResidueEntry[] = [];
  for await (const entries of readAudit(audit, { s3, signal })) {
    for (const kind of ['vertex', 'edge'] as const) {
      const ofKind = entries.filter(isRemovalOf(kind));
      const found = await existingIds(
        send,
        kind,
        ofKind.map(({ id }) => id),
        { signal },
      );
      missing.push(...ofKind.filter(({ id }) => !found.has(id)).map(residueEntry));
    }
  }
  return missing;
}

function residueEntry({ element, id, label, properties }: AuditEntry): ResidueEntry {
  const labels = label.split(LABEL_SEPARATOR);
  const kind = ROW_KINDS.find((known) => labels.includes(known)) ?? 'external';
  const created = properties.creationtimems?.[0]?.value ?? '0';
  return { of: element === 'edge' ? 'edge' : kind, creationMs: Number(created), id, hash: RESTORED };
}

function noState(uri: string): LineageError {
  return new LineageError('usage', `There is no state at ${uri}.`, {
    hint: 'Pass the --to that the sync was given.',
    details: { uri },
  });
}
