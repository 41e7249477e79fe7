/** What the package gives to programs: each command of the command line as a function. */
export { type Config, configJsonSchema, scopesOf } from './config/config-schema.ts';
export { readConfig } from './config/read-config.ts';
export { type CrawlClients, type CrawlClientsOptions, crawlClients } from './crawl/clients.ts';
export { singleCallClient } from './crawl/harmless-calls.ts';
export {
  crawlShard,
  type Shard,
  type ShardBatch,
  type ShardOptions,
  type ShardWindow,
} from './crawl/shard.ts';
export { type Finding, RULES as CHECK_RULES, type Rule, type RuleName } from './csv/check/rules.ts';
export { EXIT_CODES, LineageError, type Outcome } from './errors.ts';
export {
  type Answer,
  type AnswerFilter,
  type AnswerLimits,
  type AnswerSource,
  type AnswerVertex,
  type Direction,
  type ListAnswer,
  type ListCell,
  pathsOf,
  type UnmatchedType,
} from './graph/answer.ts';
export { type Arn, kindOfArn, parseArn } from './graph/arn.ts';
export type { Detail } from './graph/columns.ts';
export type { Edge, Vertex } from './graph/elements.ts';
export {
  type Gremlin,
  type GremlinOptions,
  type GremlinText,
  gremlin,
  integer,
  literal,
  literals,
  queryAsWritten,
} from './graph/gremlin.ts';
export { edgeId } from './graph/ids.ts';
export type { Kind, ListedKind } from './graph/kinds.ts';
export {
  NIGHTLY_FUNCTIONS,
  type NightlyFunction,
  PERMISSIONS,
  type Permission,
  type PermissionResources,
  type PermissionScope,
  permissionResource,
} from './graph/permissions.ts';
export type { RunChange, RunChangeCounts, RunComparison } from './graph/run-change.ts';
export type { Scope } from './graph/scope.ts';
export type { Difference, ElementKind, GraphElement } from './graph/stored.ts';
export type { Subset } from './graph/subset.ts';
export { JOB_TYPES, type JobType, TABLE_SUBJECTS, type TableSubject } from './graph/words.ts';
export { type Approval, approvals } from './lineage/approvals.ts';
export { type Compared, type CompareOptions, compare } from './lineage/compare.ts';
export {
  datasetsOf,
  type EitherWayOptions,
  type EntitiesOptions,
  endpointsOf,
  impact,
  type JobsOptions,
  jobsOf,
  modelsOf,
  provenance,
} from './lineage/entities-of.ts';
export type { LineageGraph } from './lineage/graph.ts';
export { type Shared, type SharedOptions, shared } from './lineage/most-used.ts';
export { neptuneGraph } from './lineage/neptune-graph.ts';
export { type Orphan, type OrphansOptions, orphans } from './lineage/orphans.ts';
export { type PathOptions, path } from './lineage/path.ts';
export { type PipelineExecution, pipelineOf } from './lineage/pipeline-of.ts';
export { connected, downstream, type QuestionOptions, upstream } from './lineage/questions.ts';
export { type Ingredient, reproduce } from './lineage/reproduce.ts';
export {
  type ArtifactRow,
  type ArtifactsOptions,
  artifacts,
  type TableOptions,
  type TableRow,
  table,
} from './lineage/tables.ts';
export { trialsOf } from './lineage/trials-of.ts';
export { neptuneClient } from './neptune/clients.ts';
export {
  type DeleteOptions,
  type DeleteTally,
  type DeleteVerticesOptions,
  deleteEdges,
  deleteVertices,
  type KeptVertex,
  type VertexDeleteTally,
} from './neptune/delete.ts';
export { existingIds, readElements } from './neptune/elements.ts';
export { cancelLoad, listLoads } from './neptune/load-job.ts';
export type { LoadErrorGroup, LoadErrorRow, LoadJob } from './neptune/load-report.ts';
export { gremlinClient } from './neptune/query.ts';
export { answerJsonSchema } from './render/answer-schema.ts';
export { ANSWER_FORMATS, type AnswerFormat } from './render/formats.ts';
export { type RenderOptions, renderAnswer } from './render/render-answer.ts';
export {
  assertChecked,
  type CheckProgress,
  type CheckReport,
  type CheckRunOptions,
  checkRun,
} from './runs/check.ts';
export type { ComparedSample, SampleSize } from './runs/compare-graph.ts';
export { type ComparedRuns, type CompareRunsOptions, compareRuns } from './runs/compare-runs.ts';
export { writingClient } from './runs/delete-lineage.ts';
export { diagnoseLoad } from './runs/diagnose-load.ts';
export type { DoctorLine, DoctorVerdict } from './runs/doctor/line.ts';
export { assertWell, type DoctorOptions, type DoctorReport, diagnose } from './runs/doctor.ts';
export {
  assertNoneKept,
  type DropOptions,
  type DropProgress,
  type DropReport,
  dropLabels,
  type LabelSurvey,
  type RunSurvey,
  surveyLabels,
} from './runs/drop.ts';
export { dropRun, surveyRun } from './runs/drop-run.ts';
export { type Estimate, type EstimateOptions, estimateExport } from './runs/estimate.ts';
export {
  assertComplete,
  type ExportEvent,
  type ExportOptions,
  type ExportResult,
  type ExportSource,
  exportLineage,
} from './runs/export.ts';
export { breakLease, type Lease, type LeaseHolder, readLease } from './runs/lease.ts';
export {
  type LoadReport,
  type LoadRunOptions,
  type LoadRunProgress,
  loadRun,
  type StartRunOptions,
  startRun,
} from './runs/load.ts';
export { type MigrateOptions, type MigrateReport, migrateNotebook } from './runs/migrate.ts';
export { openRun } from './runs/open-run.ts';
export { type PlanRunOptions, planRun } from './runs/plan.ts';
export type { WrittenPlan } from './runs/plan-directory.ts';
export { type PrunedRuns, type PruneRunsOptions, pruneRuns } from './runs/prune-runs.ts';
export {
  type PurgeOptions,
  type PurgePlan,
  type PurgeProgress,
  type PurgeReport,
  planPurge,
  purge,
} from './runs/purge.ts';
export {
  type ClusterSurvey,
  type ResetGraphOptions,
  type ResetProgress,
  type ResetReport,
  resetGraph,
  surveyCluster,
} from './runs/reset.ts';
export { type RestoreOptions, type RestoreReport, restoreAudit } from './runs/restore.ts';
export { type ListedRun, type ListRunsOptions, listRuns } from './runs/run-list.ts';
export { type CreatedSample, createSample, type DeletedSample, deleteSample } from './runs/sample.ts';
export { notebookWorkflow, type Sample, type SampleEntity } from './runs/sample-workflow.ts';
export { type ScopeAccess, scopeAccess } from './runs/scope-access.ts';
export type { State } from './runs/state.ts';
export { assertSynced, syncLineage } from './runs/sync.ts';
export type { SyncEvent, SyncOptions } from './runs/sync-job.ts';
export { type SyncReport, syncReportJsonSchema } from './runs/sync-report.ts';
export {
  planUpload,
  type UploadPlan,
  type UploadProgress,
  type UploadResult,
  type UploadRunOptions,
  uploadRun,
} from './runs/upload.ts';
export {
  assertVerified,
  type VerifyProgress,
  type VerifyReport,
  type VerifyRunOptions,
  verifyRun,
} from './runs/verify.ts';
export type { AccessCounts, AccessLog } from './sandbox/access-log.ts';
export type { FaultPlan, FaultRule } from './sandbox/faults.ts';
export { generateLineage } from './sandbox/generator/generate-lineage.ts';
export { type Sandbox, type SandboxOptions, startSandbox } from './sandbox/sandbox.ts';
export {
  describeGroup,
  groupPolicy,
  type LineageGroup,
  listGroups,
  type SharingOptions,
} from './sharing/groups.ts';
export {
  type AcceptedShare,
  acceptShares,
  type CreatedShare,
  createShare,
  type DeletedShare,
  deleteShare,
  type ListedShare,
  listShares,
} from './sharing/shares.ts';
export { type Manifest, type ManifestFile, readManifest } from './snapshot/manifest.ts';
export {
  assertNothingRefused,
  type MaxDelete,
  type Plan,
  parsePlan,
  type Refusal,
  type RemovalOptions,
} from './snapshot/plan.ts';
export type { ExportReport } from './snapshot/report.ts';
