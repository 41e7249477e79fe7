import type { Answer, AnswerVertex } from '../../src/graph/answer.ts';
import { edgeId } from '../../src/graph/ids.ts';
import { ALL_KINDS } from '../../src/graph/kinds.ts';

/** Names that would leave their quotes, forge markup, run as a formula, or turn the text around, in one form or another. */
export const HOSTILE_NAMES = [
  'plain name',
  '<script>globalThis.hacked = true</script>',
  '</script><img src=x onerror="globalThis.hacked = true">',
  `quotes " ' \` and "]:::start --> x`,
  'back\\slash at the end\\',
  '=HYPERLINK("http://example.com","x")',
  "+1;=cmd|' /C calc'!A0",
  '@SUM(1)',
  '-2+3',
  '\tleading tab',
  '\rleading return',
  'two\nlines\r\n=and a third',
  '&amp; &lt; &#60; #quot; #60;',
  '%%{init: {"theme":"dark"}}%%',
  'end',
  '\u202eright to left\u202c',
  'عربي و עברית',
  '🚀 ünïcödé 漢字',
  'half \ud800 a pair',
  'control \u0001 \u001b[31m red',
  ']]> <!-- $x \\N \\G {a|b}',
  ' spaces around ',
  '',
] as const;

const ACCOUNT = 'arn:aws:sagemaker:us-east-1:123456789012';

/** An answer of one vertex per hostile name, each reached from the one before, and each name once as type and edge label. */
export function hostileAnswer(overrides: Partial<Answer> = {}): Answer {
  const start = { id: `${ACCOUNT}:context/start`, label: 'context', properties: { name: HOSTILE_NAMES[1] } };
  const vertices: AnswerVertex[] = [];
  for (const [index, name] of HOSTILE_NAMES.entries()) {
    const id = `${ACCOUNT}:artifact/${index}-${name}`;
    const from = id;
    const to = vertices.at(-1)?.id ?? start.id;
    const label = name === '' ? 'Untyped' : name;
    vertices.push({
      id,
      label: ALL_KINDS[index % ALL_KINDS.length] ?? 'artifact',
      properties: {
        name,
        type: name,
        sourceuri: name,
        creationtimems: index,
        'metric:loss': index / 7,
        mixed: index % 2 ? index : name,
      },
      depth: index + 1,
      via: { id: edgeId(from, label, to), from, to, label },
    });
  }
  return {
    question: 'upstream',
    direction: 'upstream',
    start,
    source: {
      graph: '/runs/20261121T041500.123Z',
      run: '20261121T041500.123Z',
      finishedAt: '2026-11-21T04:20:00.000Z',
    },
    filter: { kinds: [], types: [] },
    limits: { membership: false, collapsed: false },
    complete: false,
    incompleteReason: HOSTILE_NAMES.join(' '),
    reached: vertices.length,
    vertices: vertices.filter((_, index) => index % 5 !== 4),
    between: vertices.filter((_, index) => index % 5 === 4),
    edges: vertices.map(({ via }) => via),
    cycles: [],
    ...overrides,
  };
}
