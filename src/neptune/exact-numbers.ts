import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import type { ExactNumber } from '../graph/gremlin-value.ts';

/** Stands in a reply where a number was that no double holds. */
const EXACT = '@smlineage:number';

/**
 * Keeps the digits of numbers in the replies of a client: JSON.parse, by which the SDK reads them, rounds 64-bit integers
 * beyond 2^53. They come as objects that {@link exactNumber} knows.
 */
export function keepExactNumbers(client: NeptunedataClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result as { response: { body?: unknown; statusCode?: number } };
      if (response.statusCode !== 200) return result;
      const text = await textOf(response.body);
      // The SDK reads a body of bytes as well as a stream.
      response.body = Buffer.from(withExactNumbers(text));
      return result;
    },
    // Next to the wire: before the SDK parses the reply.
    { step: 'deserialize', priority: 'low', name: 'keepExactNumbers' },
  );
}

/** The number that {@link keepExactNumbers} put aside; undefined for any other object. */
export function exactNumber(value: Readonly<Record<string, unknown>>): ExactNumber | undefined {
  const text = value[EXACT];
  return typeof text === 'string' ? { is: 'number', text } : undefined;
}

/** A string, or a number. Loops are unrolled, so that a string of megabytes does not fill the stack. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** JSON in which every number that a double cannot hold stands in an object of its own. */
export function withExactNumbers(json: string): string {
  return json.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') || isHeld(token) ? token : `{"${EXACT}":"${token}"}`,
  );
}

/** Digits that every double holds. */
const SAFE_DIGITS = 15;

function isHeld(token: string): boolean {
  if (token.length <= SAFE_DIGITS) return true;
  if (/^-?\d+$/.test(token)) return BigInt(token) === BigInt(Number(token));
  // 1.50 and 1.5 are one number, and no double has more than 17 digits.
  const [digits = ''] = token.split(/e/i);
  return digits.replace(/^[-0.]+|\.|0+$/g, '').length <= SAFE_DIGITS + 2;
}

async function textOf(body: unknown): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer | string>) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
