const REPLACEMENT = '\ufffd';

/** In unicode mode a surrogate that has its partner is part of a code point, so this meets lone ones only. */
const UNSTORABLE = /[\0\p{Surrogate}]/gu;

/**
 * Text as Neptune can hold it: U+0000, which no Neptune string may contain (user guide, "Limits": null characters), and
 * lone surrogates, which UTF-8 cannot carry, become U+FFFD. Any other text comes back as it is.
 */
export function storableText(text: string): string {
  return text.isWellFormed() && !text.includes('\0') ? text : text.replace(UNSTORABLE, REPLACEMENT);
}
