import { generateLineage } from '../../dist/sandbox/generator/generate-lineage.js';

const PAGE = 100;

/** The operations that give each kind of record, as often as a complete crawl has to read it. */
const OPERATIONS = {
  artifact: ['ListArtifacts'],
  action: ['ListActions'],
  context: ['ListContexts'],
  trial_component: ['ListTrialComponents', 'Search'],
  trial: ['ListTrials', 'Search'],
  experiment: ['ListExperiments'],
  association: ['ListAssociations'],
  membership: [],
};

/** The pages that there are of a generated account, by operation, counted from its records. */
export function accountPages(options) {
  const records = {};
  for (const { kind } of generateLineage(options)) records[kind] = (records[kind] ?? 0) + 1;
  const pages = {};
  for (const [kind, operations] of Object.entries(OPERATIONS)) {
    for (const operation of operations) {
      pages[operation] = (pages[operation] ?? 0) + Math.max(1, Math.ceil((records[kind] ?? 0) / PAGE));
    }
  }
  return { pages, records };
}
