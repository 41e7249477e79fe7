import type { CommandSpec } from './command.ts';
import { checkCommand } from './commands/check.ts';
import { configCommand } from './commands/config.ts';
import { demoCommand } from './commands/demo.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { dropCommand } from './commands/drop.ts';
import { exportCommand } from './commands/export.ts';
import { gremlinCommand } from './commands/gremlin.ts';
import {
  approvalsCommand,
  connectedCommand,
  datasetsOfCommand,
  downstreamCommand,
  endpointsOfCommand,
  impactCommand,
  jobsOfCommand,
  modelsOfCommand,
  pipelineOfCommand,
  provenanceCommand,
  reproduceCommand,
  trialsOfCommand,
  upstreamCommand,
} from './commands/lineage.ts';
import {
  artifactsCommand,
  compareCommand,
  orphansCommand,
  pathCommand,
  sharedCommand,
  tableCommand,
} from './commands/lineage-lists.ts';
import { loadCommand } from './commands/load.ts';
import { migrateCommand } from './commands/migrate.ts';
import { planCommand } from './commands/plan.ts';
import { purgeCommand } from './commands/purge.ts';
import { resetCommand } from './commands/reset.ts';
import { restoreCommand } from './commands/restore.ts';
import { runsCommand } from './commands/runs.ts';
import { sampleCommand } from './commands/sample.ts';
import { sandboxCommand } from './commands/sandbox.ts';
import { serveCommand } from './commands/serve.ts';
import { groupsCommand, shareCommand } from './commands/share.ts';
import { syncCommand } from './commands/sync.ts';
import { unlockCommand } from './commands/unlock.ts';
import { uploadCommand } from './commands/upload.ts';
import { verifyCommand } from './commands/verify.ts';
import { viewCommand } from './commands/view.ts';

/** Every command, in the order of `--help`: to try, to copy, to ask. */
export const COMMANDS: readonly CommandSpec[] = [
  demoCommand,
  sandboxCommand,
  doctorCommand,
  configCommand,
  exportCommand,
  checkCommand,
  uploadCommand,
  loadCommand,
  verifyCommand,
  runsCommand,
  diffCommand,
  planCommand,
  syncCommand,
  restoreCommand,
  unlockCommand,
  migrateCommand,
  upstreamCommand,
  downstreamCommand,
  connectedCommand,
  pathCommand,
  impactCommand,
  provenanceCommand,
  datasetsOfCommand,
  modelsOfCommand,
  endpointsOfCommand,
  jobsOfCommand,
  trialsOfCommand,
  pipelineOfCommand,
  approvalsCommand,
  orphansCommand,
  sharedCommand,
  compareCommand,
  reproduceCommand,
  tableCommand,
  artifactsCommand,
  viewCommand,
  serveCommand,
  gremlinCommand,
  resetCommand,
  dropCommand,
  groupsCommand,
  shareCommand,
  sampleCommand,
  purgeCommand,
];
