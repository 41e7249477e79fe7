// What Lambda's Node runtime does for a function: takes events from the runtime API, calls the handler, posts the replies.
//   node function-runtime.mjs <file of the bundle>
const [, , file = ''] = process.argv;
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const { handler } = await import(new URL(`file://${file}`).href);

for (;;) {
  const next = await fetch(`${api}/next`);
  const id = next.headers.get('lambda-runtime-aws-request-id');
  const endsAt = Number(next.headers.get('lambda-runtime-deadline-ms'));
  const context = { awsRequestId: id, getRemainingTimeInMillis: () => endsAt - Date.now() };
  try {
    await post(`${id}/response`, (await handler(await next.json(), context)) ?? null);
  } catch (error) {
    const { name = 'Error', message = String(error), stack = '' } = error ?? {};
    await post(`${id}/error`, { errorType: name, errorMessage: message, trace: stack.split('\n') });
  }
}

async function post(path, body) {
  await fetch(`${api}/${path}`, { method: 'POST', body: JSON.stringify(body) });
}
