import { EXIT_CODES } from '../errors.ts';
import { runCli } from './run-cli.ts';

// The SDK's notice about the Node versions of its future releases is for this package's maintainers, not its users.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const interruption = new AbortController();

function onSignal(signal: NodeJS.Signals): void {
  if (interruption.signal.aborted) process.exit(EXIT_CODES.interrupted);
  interruption.abort(signal);
}

process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);

// A reader that has seen enough (`smlineage … | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_CODES.ok);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interruption.signal,
});
