import { fork } from 'node:child_process';
import { once } from 'node:events';

/** One job in a process of its own, and what it cost. @param entry a module that calls `answerJob` */
export async function measureJob(entry, role, job) {
  const child = fork(entry);
  try {
    return await ask(child, { role, job });
  } finally {
    child.kill();
  }
}

/** What the process answers to a message. @throws Error where it ends before it answers */
export async function ask(child, message) {
  child.send(message);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`A process of the benchmark ended with exit code ${code}.`);
  });
  ended.catch(() => undefined);
  const [answer] = await Promise.race([once(child, 'message'), ended]);
  return answer;
}
