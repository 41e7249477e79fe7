import type { GremlinText } from './gremlin.ts';

/**
 * Whether a query surely writes nothing, so that it may be sent twice: every step and predicate outside its literals and
 * comments is one of those that are known to read. A step that is not known, because a later version has it, is taken for
 * one that writes.
 */
export function isRead(query: GremlinText): boolean {
  const calls = withoutTexts(query).match(CALL) ?? [];
  return calls.every((name) => READING.has(name));
}

/** Whether the query has a limit of time of its own: `with('evaluationTimeout', …)`. */
export function hasOwnTimeout(query: GremlinText): boolean {
  return OWN_TIMEOUT.test(query.replace(TEXTS, (text) => (text.startsWith('/') ? ' ' : text)));
}

/** Where the first traversal begins, behind blanks and comments: the index of its `g`; undefined where there is none. */
export function traversalStart(query: GremlinText): number | undefined {
  return START.exec(query)?.groups?.before?.length;
}

/*
 * The lexer of the gremlin-language grammar (TinkerPop 3.7, Gremlin.g4): strings in either quotes, in which a backslash
 * takes the next character with it; comments from `//` to the next CR or LF. There are no others. Loops are unrolled, so
 * that a string of megabytes does not fill the stack.
 */
const TEXTS = /'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"|\/\/[^\r\n]*/gs;
const CALL = /[\p{L}_$][\p{L}\p{N}_$]*(?=\s*\()/gu;
const OWN_TIMEOUT = /\bwith\s*\(\s*(['"])evaluationTimeout\1/;
const START = /^(?<before>(?:\s|\/\/[^\r\n]*(?:[\r\n]|$))*)g\s*\.(?!\s*tx\b)/;

/** A literal or a comment is a blank between tokens: nothing of it may join what stands around it. */
function withoutTexts(query: string): string {
  return query.replace(TEXTS, ' ');
}

/** Of the grammar's steps and predicates, those that change nothing. `call` runs any service, `io` reads and writes files. */
const READING: ReadonlySet<string> = new Set(
  `
  V E inject union
  with withBulk withPath withSack withSideEffect
  aggregate all and any as asDate asString barrier both bothE bothV branch by cap choose coalesce coin combine concat
  conjoin constant count cyclicPath dateAdd dateDiff dedup difference discard disjunct element elementMap emit fail filter
  flatMap fold format from group groupCount has hasId hasKey hasLabel hasNot hasValue id identity in inE inV index intersect
  is key label lTrim length limit local loops map match math max mean merge min none not option optional or order otherV
  out outE outV path product profile project properties propertyMap range repeat replace reverse rTrim sack sample select
  sideEffect simplePath skip split store subgraph substring sum tail timeLimit times to toE toLower toUpper toV tree trim
  unfold until value valueMap values where
  eq neq lt lte gt gte inside outside between within without containing notContaining startingWith notStartingWith
  endingWith notEndingWith regex notRegex negate datetime
  explain hasNext iterate next toBulkSet toList toSet tryNext
  `
    .trim()
    .split(/\s+/),
);
