import { describe, expect, test } from 'vitest';
import { getLoadErrors } from '../../src/neptune/load-job.ts';
import { errorOf, neptuneFailure, quickClock, scriptedServer } from './scripted-server.ts';

describe('getLoadErrors', () => {
  const errorLog = (count: number, from: number) =>
    Array.from({ length: count }, (_, index) => ({
      errorCode: 'PARSING_ERROR',
      errorMessage: `error ${from + index}`,
      fileName: 's3://bucket/x.csv',
      recordNum: from + index,
    }));

  async function count(errors: AsyncIterable<unknown>): Promise<number> {
    let rows = 0;
    for await (const _ of errors) rows += 1;
    return rows;
  }

  test('reads every page, short ones too, to the first that is empty', async () => {
    const { client, seen } = await scriptedServer(({ call }) => {
      const page = Number(/[?&]page=(\d+)/.exec(call)?.[1]);
      const errorLogs = errorLog([100, 10, 100][page - 1] ?? 0, page * 1_000);
      return { json: { payload: { errors: { errorLogs } } } };
    });

    expect(await count(getLoadErrors(client, 'load-1', quickClock()))).toBe(210);
    expect(seen.map(({ call }) => /[?&]page=(\d+)/.exec(call)?.[1])).toEqual(['1', '2', '3', '4']);
    expect(seen[0]?.call).toMatch(/^GET \/loader\/load-1\?(?=.*errors=true)(?=.*errorsPerPage=100)/);
  });

  test('ends at the 10,000 rows that Neptune keeps, whatever the pages say', async () => {
    const { client } = await scriptedServer(() => ({
      json: { payload: { errors: { errorLogs: errorLog(100, 1) } } },
    }));

    expect(await count(getLoadErrors(client, 'load-1', quickClock()))).toBe(10_000);
  });

  test('a page that cannot be read is an error, not the end', async () => {
    const { client } = await scriptedServer((_, nth) =>
      nth === 1
        ? { json: { payload: { errors: { errorLogs: errorLog(100, 1) } } } }
        : neptuneFailure('InternalFailureException', 500, 'oops'),
    );

    expect(await errorOf(count(getLoadErrors(client, 'load-1', quickClock())))).toMatchObject({
      outcome: 'loadFailed',
      message: expect.stringContaining('Cannot read the errors of load load-1'),
    });
  });

  test('looks again where a look fails in passing', async () => {
    const { client } = await scriptedServer((_, nth) => {
      if (nth === 2) return 'drop';
      if (nth === 3) return neptuneFailure('ThrottlingException', 400, 'busy');
      return { json: { payload: { errors: { errorLogs: nth < 5 ? errorLog(1, nth) : [] } } } };
    });

    expect(await count(getLoadErrors(client, 'load-1', quickClock()))).toBe(2);
  });
});
