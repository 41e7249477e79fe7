import type { EntityRecord, TrialComponentRecord } from '../records.ts';
import { createRandom, type Random } from './random.ts';
import { AWKWARD_TEXTS, TEAMS } from './texts.ts';

/**
 * Adds what only Describe and Search tell and few stories mention: properties of data, tags, experiment runs, and numbers of
 * trainings that diverged. Drawn from the entity's own ARN, so that no other choice in the account depends on it.
 */
export function addDetails(record: EntityRecord): void {
  switch (record.kind) {
    case 'artifact': {
      const random = createRandom('details', record.ArtifactArn);
      if (record.Properties === undefined && random.chance(0.4)) record.Properties = properties(random);
      if (random.chance(0.2)) record.Tags ??= tags(random);
      break;
    }
    case 'action':
      addTags(record, record.ActionArn);
      break;
    case 'context':
      addTags(record, record.ContextArn);
      break;
    case 'experiment':
      addTags(record, record.ExperimentArn);
      break;
    case 'trial':
      addTags(record, record.TrialArn);
      break;
    case 'trial_component':
      addMeasurements(record, createRandom('details', record.TrialComponentArn));
  }
}

function addTags(record: EntityRecord, arn: string): void {
  const random = createRandom('details', arn);
  if (random.chance(0.3)) record.Tags ??= tags(random);
}

/** Values are text, whatever they stand for; ids begin with zeros, and counts go beyond what a double holds. */
function properties(random: Random): Record<string, string> {
  const all: Record<string, string> = {
    team: random.pick(TEAMS),
    rows: random.chance(0.05) ? '9007199254740993' : `${random.between(10, 90_000_000)}`,
    share: `${random.between(1, 999) / 1_000}`,
    'contains pii': random.chance(0.5) ? 'true' : 'false',
    'batch.id': `00${random.between(1, 99)}`,
  };
  if (random.chance(0.1)) all[random.pick(AWKWARD_TEXTS)] = random.pick(AWKWARD_TEXTS);
  return Object.fromEntries(Object.entries(all).filter(() => random.chance(0.8)));
}

function tags(random: Random): Record<string, string> {
  return { team: random.pick(TEAMS), 'cost-center': `00${random.between(100, 999)}` };
}

function addMeasurements(record: TrialComponentRecord, random: Random): void {
  // Tracked by hand, with the SDK's experiment runs.
  if (record.Source === undefined && random.chance(0.3)) {
    record.RunName = record.TrialComponentName;
    record.Sources = [];
  }
  if (record.Metrics === undefined || !random.chance(0.05)) return;
  const [first] = record.Metrics;
  const { Min, ...diverged } = { ...first, MetricName: 'train:perplexity' };
  record.Metrics = [
    ...record.Metrics,
    { ...diverged, Last: Number.NaN, Avg: Number.NaN, Max: Number.POSITIVE_INFINITY, StdDev: Number.NaN },
  ];
  if (record.Parameters !== undefined) {
    record.Parameters.clip_norm = { NumberValue: random.chance(0.5) ? Number.POSITIVE_INFINITY : Number.NaN };
  }
}
