/**
 * How many columns of a terminal the text takes: two for East Asian wide characters and emoji, none for marks that join
 * the character before (Unicode Standard Annex 11, and what terminals do).
 */
export function displayWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  let width = 0;
  for (const { segment } of SEGMENTER.segment(text))
    width += WIDE.test(segment) ? 2 : ZERO.test(segment) ? 0 : 1;
  return width;
}

/** The text cut to so many columns, with `…` for what is gone: at the end, or in front for texts that differ at the end. */
export function fitWidth(text: string, width: number, keep: 'start' | 'end' = 'start'): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return '';
  const segments = [...SEGMENTER.segment(text)].map(({ segment }) => segment);
  if (keep === 'end') segments.reverse();
  const kept: string[] = [];
  let room = width - 1;
  for (const segment of segments) {
    room -= displayWidth(segment);
    if (room < 0) break;
    kept.push(segment);
  }
  return keep === 'start' ? `${kept.join('')}…` : `…${kept.reverse().join('')}`;
}

/**
 * Text that is safe to print on a terminal in one line: names in an account are anybody's, and must not move the cursor,
 * change colours or turn the reading direction of the line.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => SHOWN[character] ?? '\ufffd');
}

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });

const NARROW = /^[\x20-\x7e]*$/;
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

const SHOWN: Readonly<Record<string, string>> = {
  '\n': '⏎',
  '\r': '⏎',
  '\t': ' ',
  '\u2028': '⏎',
  '\u2029': '⏎',
};

/** Controls, line and paragraph separators, and the marks that set the reading direction. */
const UNPRINTABLE = /[\p{Control}\p{Surrogate}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu;
