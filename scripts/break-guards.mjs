// node scripts/break-guards.mjs [<word> …]: takes the guards of a sync out of a copy of the code, one at a time (those whose name
// has one of the words), and runs the tests that are to notice. Every line of its table should say `noticed`; else it exits with 1.
// `--list` names them, and sees that each is where it is looked for.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SYNC = 'test/runs/sync.test.ts';
const GUARDS = 'test/cli/sync-guards.test.ts';
const SCOPES = 'test/runs/sync-scopes.test.ts';

/** What is replaced stands once in its file; what replaces it compiles. The last two: the tests that are to notice, by file and title. */
const BREAKS = [
  [
    'what another deployment lists',
    'src/runs/element-verdict.ts',
    "if (!isOurs(row.id)) return { is: 'equal' };",
    "if (!isOurs(row.id) && row.id === '') return { is: 'equal' };",
    SCOPES,
    'hold an entity of both',
  ],
  [
    'what another deployment lists, and nothing leads to any more',
    'src/runs/sync-removal.ts',
    'wanted.filter(({ id }) => !isOurs(id))',
    "wanted.filter(({ id }) => !isOurs(id) && id === '')",
    SCOPES,
    'leave each other',
  ],
  [
    'a partial run',
    'src/snapshot/plan.ts',
    'partial: partialRefusal,',
    'partial: (input) => partialRefusal(input).slice(0, 0),',
    GUARDS,
    'does not hold the whole account',
  ],
  [
    'a subset',
    'src/snapshot/plan.ts',
    'subset: subsetRefusal,',
    'subset: (input) => subsetRefusal(input).slice(0, 0),',
    GUARDS,
    'a run of a subset',
  ],
  [
    'an empty kind',
    'src/snapshot/plan.ts',
    "'empty-kind': emptyRefusal,",
    "'empty-kind': (input) => emptyRefusal(input).slice(0, 0),",
    GUARDS,
    'a kind that is empty now',
  ],
  [
    'too many at once',
    'src/snapshot/plan.ts',
    "'max-delete': tooManyRefusals,",
    "'max-delete': (input) => tooManyRefusals(input).slice(0, 0),",
    GUARDS,
    'more gone than may go',
  ],
  [
    'an empty listing of edges',
    'src/snapshot/plan.ts',
    "kinds.includes('edge') ? {} : doubtedEdges(input);",
    "kinds.includes('edge') ? {} : Object.fromEntries(Object.entries(doubtedEdges(input)).slice(0, 0));",
    GUARDS,
    'no associations alone',
  ],
  [
    'a listing that was empty the night before',
    'src/runs/sync-decision.ts',
    "decision.removal === 'keep' ? doubtedEdges(input) : {};",
    'Object.fromEntries(Object.entries(doubtedEdges(input)).slice(0, 0));',
    GUARDS,
    'for the second night',
  ],
  [
    'a subset the night before',
    'src/runs/sync-decision.ts',
    'distinct([...holding.held.subsets, run.manifest.subset])',
    'distinct([run.manifest.subset])',
    GUARDS,
    'a second run of a subset',
  ],
  [
    'a graph that lacks what was loaded',
    'src/runs/sync-load.ts',
    'if (settled.different > 0) throw',
    'if (settled.different < 0) throw',
    SYNC,
    'lacks what was loaded',
  ],
  [
    'a graph that lacks what it held',
    'src/runs/sync-load.ts',
    'if (missing.length > 0) throw',
    'if (missing.length < 0) throw',
    SYNC,
    'lacks what was held',
  ],
  [
    'another sync at work',
    'src/runs/lease.ts',
    'if (before !== undefined && own === undefined) assertFree(',
    'if (before?.text === "" && own === undefined) assertFree(',
    SYNC,
    'one works, the other ends',
  ],
  [
    'a lease lost before a load',
    'src/runs/sync-load.ts',
    'await lease.assertHeld(signal);\n  const bytes',
    'const bytes',
    SYNC,
    'does not come to a load',
  ],
  [
    'a lease lost before a correction',
    'src/runs/settle.ts',
    'await lease.assertHeld(signal);',
    'void lease;',
    SYNC,
    'does not come to a correction',
  ],
  [
    'a lease lost before a removal',
    'src/runs/removal.ts',
    'await lease.assertHeld(signal);\n    const present',
    'void lease;\n    const present',
    SYNC,
    'does not come to a removal',
  ],
  [
    'a lease lost before the state moves',
    'src/runs/sync.ts',
    'await lease.assertHeld(signal);',
    'void lease;',
    SYNC,
    'stalls before it moves the state',
  ],
  [
    'a stall before a query',
    'src/neptune/query.ts',
    'if (permit !== undefined) askBeforeSending(',
    'if (permit?.() === -1) askBeforeSending(',
    SYNC,
    'sends no a batch',
  ],
  [
    'a stall before a load',
    'src/neptune/start-load.ts',
    'if (permit !== undefined) askBeforeSending(',
    'if (permit?.() === -1) askBeforeSending(',
    SYNC,
    'sends no a job',
  ],
  [
    'the files of a load that may come late',
    'src/runs/sync-load.ts',
    'of state.attempts) {\n    for await (const file',
    'of state.attempts.slice(0, 0)) {\n    for await (const file',
    SYNC,
    'had sent for its load',
  ],
  [
    'a state that another sync moved',
    'src/runs/state.ts',
    'expected: from.etag }',
    'expected: (await readTagged(s3, at))?.etag }',
    'test/runs/lease.test.ts',
    'a state is moved from',
  ],
  [
    'a state that moved since the plan',
    'src/runs/sync-decision.ts',
    'const plan = planned?.plan;',
    'const plan = Date.now() < 0 ? planned?.plan : undefined;',
    SYNC,
    'a plan',
  ],
  [
    'a run that is not the planned one',
    'src/runs/sync-decision.ts',
    'if (sha256 === after.manifestSha256) return;',
    "if (sha256 !== '') return;",
    SYNC,
    'a plan',
  ],
  [
    'a plan that removes what is not gone',
    'src/runs/sync-decision.ts',
    'if (going.length === removals.size) return going;',
    'if (going.length >= 0) return going;',
    SYNC,
    'a plan',
  ],
  [
    'a file of the plan that changed',
    'src/runs/planned.ts',
    "digest('hex') !== listed.sha256",
    "digest('hex') === ''",
    SYNC,
    'a plan',
  ],
  [
    'another region',
    'src/runs/sync-decision.ts',
    'if (state.scope.region !== region) {',
    "if (region === '') {",
    SYNC,
    'the state of another',
  ],
  [
    'another cluster',
    'src/runs/sync-decision.ts',
    'if (state.graph !== graph && !full) {',
    "if (graph === '' && !full) {",
    SYNC,
    'the state of another',
  ],
  [
    'another account',
    'src/runs/sync-decision.ts',
    'scopeText(one) === scopeText(scope)))) return;',
    'scopeText(one) !== scopeText(scope) || one !== scope))) return;',
    SYNC,
    'the state of another',
  ],
  [
    'the log before a removal',
    'src/runs/removal.ts',
    'await audit.write(found, reason, signal);',
    'void [audit, reason];',
    SYNC,
    'can be taken back',
  ],
  [
    'edges of others',
    'src/neptune/delete.ts',
    'found.filter((vertex) => vertex.edges > 0);\n    const free = found.filter((vertex) => vertex.edges === 0)',
    'found.filter((vertex) => vertex.edges < 0);\n    const free = found.filter((vertex) => vertex.edges >= 0)',
    'test/neptune/delete.test.ts',
    '',
  ],
].map(([name, file, guard, broken, tests, title]) => ({ name, file, guard, broken, tests, title }));

for (const { file, guard } of BREAKS) {
  if (readFileSync(join(ROOT, file), 'utf8').split(guard).length !== 2)
    throw new Error(`${file} has not once, but else: ${guard}`);
}
const words = process.argv.slice(2);
if (words.includes('--list')) {
  for (const { name } of BREAKS) process.stdout.write(`${name}\n`);
  process.exit(0);
}
const chosen = BREAKS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const work = mkdtempSync(join(tmpdir(), 'smlineage-guards-'));
let unnoticed = 0;
try {
  copyProject();
  const seen = new Set();
  for (const { name, file, guard, broken, tests, title } of chosen) {
    if (!seen.has(tests + title)) assertPassing(tests, title);
    seen.add(tests + title);
    const path = join(work, file);
    const whole = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      whole.replace(guard, () => broken),
    );
    const { failed, text } = run(tests, title);
    writeFileSync(path, whole);
    if (failed === 0) unnoticed += 1;
    process.stdout.write(`${failed > 0 ? 'noticed  ' : 'UNNOTICED'} ${name} (${tests}: ${text})\n`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
if (unnoticed > 0) process.exitCode = 1;

function assertPassing(tests, title) {
  const { failed } = run(tests, title);
  if (failed > 0) throw new Error(`${tests} fails without a break: ${title}`);
}

function copyProject() {
  const { stdout } = spawnSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' });
  for (const file of stdout.split('\0').filter((name) => name !== '')) {
    mkdirSync(dirname(join(work, file)), { recursive: true });
    cpSync(join(ROOT, file), join(work, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(work, 'node_modules'));
}

/** How many tests fail, of those whose titles hold this text. Code that does not compile proves nothing. */
function run(tests, title) {
  const report = join(work, 'results.json');
  rmSync(report, { force: true });
  const vitest = join(work, 'node_modules/vitest/vitest.mjs');
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [vitest, 'run', tests, '-t', title, '--bail=1', '--reporter=json', `--outputFile=${report}`],
    { cwd: work, encoding: 'utf8' },
  );
  try {
    const { numFailedTests: failed, numPassedTests: passed } = JSON.parse(readFileSync(report, 'utf8'));
    if (failed > 0) return { failed, text: 'fails' };
    if (passed > 0) return { failed, text: `${passed} tests pass` };
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  throw new Error(`${tests} could not be run:\n${stdout}${stderr}`);
}
