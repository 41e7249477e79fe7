import { startSandbox } from '../../dist/index.js';

/* A sandbox with its Gremlin Server in a process of its own, so that the answers' process does not carry the replies too. */

const { url, region, credentials, environment, close } = await startSandbox();
process.send({ url, region, credentials, environment });
process.once('disconnect', () => void close());
