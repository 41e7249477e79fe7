import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { readRecords, type Stop } from '../../../src/csv/check/records.ts';
import { ESCAPED, type ScannedRecord } from '../../../src/csv/check/scan.ts';

/** Where the reader's buffer ends, so that what stands there is scanned in two pieces. */
const BUFFER_BYTES = 256 * 1024;

async function* chunksOf(body: Buffer, bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += bytes) yield body.subarray(at, at + bytes);
}

function fieldsOf(bytes: Buffer, { count, starts, ends, flags }: ScannedRecord): readonly string[] {
  return Array.from({ length: count }, (_, at) => {
    const text = bytes.toString('utf8', starts[at], ends[at]);
    return ((flags[at] ?? 0) & ESCAPED) === 0 ? text : text.replaceAll('""', '"');
  });
}

async function read(body: Buffer, bytes = 64 * 1024) {
  const records: (readonly string[])[] = [];
  const lines: number[] = [];
  const stop: Stop | undefined = await readRecords(chunksOf(body, bytes), (work, record) => {
    records.push(fieldsOf(work, record));
    lines.push(record.line);
    return true;
  });
  return { records, lines, stop };
}

const AWKWARD = '"a""b" ,\t"c\r\n,d", x y ,,""\r\n\r\n \n"""","é💡",\r\n';

describe('records', () => {
  test('are those of csv-parse wherever the buffer ends in them', async () => {
    for (let shift = 0; shift <= AWKWARD.length + 2; shift += 1) {
      const padding = `${'p'.repeat(BUFFER_BYTES - 1 - shift)}\n`;
      const body = Buffer.from(`${padding}${AWKWARD}`);

      const { records } = await read(body);

      expect(records).toEqual(
        parse(body, {
          trim: true,
          relaxColumnCount: true,
          skipEmptyLines: true,
          recordDelimiter: ['\r\n', '\n'],
        }),
      );
    }
  });

  test('are the same whatever the chunks are', async () => {
    const body = Buffer.from(AWKWARD);
    const whole = await read(body);

    for (let bytes = 1; bytes < body.length; bytes += 1) expect(await read(body, bytes)).toEqual(whole);
  });

  test('know the physical line on which they begin', async () => {
    expect((await read(Buffer.from(AWKWARD))).lines).toEqual([1, 5]);
  });

  test('may have more fields than the scanner has room for at first', async () => {
    const fields = Array.from({ length: 1000 }, (_, at) => `f${at}`);

    expect((await read(Buffer.from(fields.join(',')))).records).toEqual([fields]);
  });

  test('may be longer than the buffer', async () => {
    const long = 'x'.repeat(BUFFER_BYTES * 5);

    expect((await read(Buffer.from(`a,"${long}"\nb,c\n`))).records).toEqual([
      ['a', long],
      ['b', 'c'],
    ]);
  });

  test('that do not end fill no more memory than allowed', async () => {
    async function* endless(): AsyncGenerator<Buffer> {
      yield Buffer.from('a,b\n"');
      for (;;) yield Buffer.alloc(8 * 1024 * 1024, 'x');
    }

    expect(await readRecords(endless(), () => true)).toEqual({ rule: 'record-too-long', line: 2 });
  });
});

test.each([
  ['a,b\n"x\ny","p\nq"r\n', 'text-after-quote', 4],
  ['a,b\n"x\ny",p"q\n', 'stray-quote', 3],
  ['a,b\n"x\ny","p\nq\n', 'open-quote', 3],
])('broken quotes in %j are told as %s, with the line of the quote', async (text, rule, line) => {
  expect((await read(Buffer.from(text))).stop).toEqual({ rule, line });
});
