/**
 * Counts the HTTP requests of a client by operation, those that the SDK repeats included: `pages` were answered,
 * `throttles` turned away, `failures` anything else.
 */
export function createMeter() {
  const operations = {};
  return {
    operations,
    watch(client) {
      client.middlewareStack.add(
        (next, { commandName }) =>
          async (request) => {
            const name = commandName.replace(/Command$/, '');
            operations[name] ??= { calls: 0, pages: 0, throttles: 0, failures: 0 };
            const counts = operations[name];
            counts.calls += 1;
            try {
              const reply = await next(request);
              counts.pages += 1;
              return reply;
            } catch (error) {
              if (error?.name === 'ThrottlingException') counts.throttles += 1;
              else counts.failures += 1;
              throw error;
            }
          },
        { step: 'finalizeRequest', priority: 'low', name: 'benchMeter' },
      );
      return client;
    },
  };
}

/** What all operations, or the named ones, add up to. */
export function total(operations, names = Object.keys(operations)) {
  const sum = { calls: 0, pages: 0, throttles: 0, failures: 0 };
  for (const name of names) {
    for (const count of Object.keys(sum)) sum[count] += operations[name]?.[count] ?? 0;
  }
  return sum;
}
