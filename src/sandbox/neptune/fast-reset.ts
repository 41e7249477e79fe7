import { setTimeout as wait } from 'node:timers/promises';
import type { SandboxReply } from '../service.ts';
import { jsonReply } from './json-reply.ts';
import { jsonObject, requiredText } from './load-request.ts';
import { NeptuneError } from './neptune-error.ts';

type ResetOptions = {
  readonly clock: () => number;
  readonly newId: () => string;
  /** Empties the database. */
  readonly erase: () => Promise<void>;
  /** How long the restart lasts at least, in milliseconds: on AWS, a couple of minutes. */
  readonly restartMilliseconds: number;
};

/** Fast reset: a token first, then, with it, everything is gone (Neptune user guide, "Empty an Amazon Neptune DB cluster"). */
export type FastReset = {
  /** Answers `POST /system`. */
  reply(body: Buffer): SandboxReply;
  /** @throws NeptuneError (ServerShutdownException) while the instance restarts; what kept it from coming back, if so. */
  assertRunning(): void;
  /** Resolves when no restart is under way. */
  settled(): Promise<void>;
  /** When the instance last started, in epoch milliseconds. */
  startedAt(): number;
};

const TOKEN_LIFE_MS = 60 * 60 * 1000;

export function createFastReset({ clock, newId, erase, restartMilliseconds }: ResetOptions): FastReset {
  let issued: { readonly token: string; readonly until: number } | undefined;
  let restart: Promise<void> | undefined;
  let failure: unknown;
  let startedAt = clock();

  function assertRunning(): void {
    if (restart !== undefined)
      throw new NeptuneError('ServerShutdownException', 'The server is shutting down');
    if (failure !== undefined) throw failure;
  }

  function perform(token: string): void {
    if (issued?.token !== token || clock() > issued.until) {
      throw new NeptuneError(
        'InvalidParameterException',
        `token: ${token} is not the latest valid reset token`,
      );
    }
    issued = undefined;
    restart = Promise.all([erase(), wait(restartMilliseconds)])
      .catch((error: unknown) => {
        failure = error;
      })
      .then(() => {
        restart = undefined;
        startedAt = clock();
      });
  }

  return {
    assertRunning,
    reply(body) {
      assertRunning();
      const members = jsonObject(body.toString());
      const action = requiredText(members, 'action');
      if (action === 'initiateDatabaseReset') {
        issued = { token: newId(), until: clock() + TOKEN_LIFE_MS };
        return jsonReply(200, { status: '200 OK', payload: { token: issued.token } });
      }
      if (action !== 'performDatabaseReset') {
        throw new NeptuneError('InvalidParameterException', `action: ${action} is not a system command`);
      }
      perform(requiredText(members, 'token'));
      return jsonReply(200, { status: '200 OK' });
    },
    async settled() {
      await restart;
    },
    startedAt: () => startedAt,
  };
}
