// Serves some accounts, each with a rate limit of its own, until its parent is gone: node sandboxes.mjs '{"scopes":…}'
// Prints their URLs as JSON, in one line.
import { generateLineage } from '../../dist/sandbox/generator/generate-lineage.js';
import { startSandbox } from '../../dist/sandbox/sandbox.js';

const { first, scopes, entities, ratePerSecond } = JSON.parse(process.argv[2] ?? '{}');
const region = 'us-east-1';
const urls = [];
for (let scope = first; scope < first + scopes; scope += 1) {
  const account = String(100_000_000_000 + scope);
  const records = generateLineage({ entities, seed: scope, account, region });
  const { url } = await startSandbox({ gremlin: false, account, region, ratePerSecond, records });
  urls.push(url);
}
process.stdout.write(`${JSON.stringify(urls)}\n`);
process.stdin.resume().once('end', () => process.exit(0));
