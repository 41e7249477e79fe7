/** Every form that an answer can be written in. */
export const ANSWER_FORMATS = ['table', 'json', 'jsonl', 'csv', 'mermaid', 'dot', 'graphml', 'html'] as const;

export type AnswerFormat = (typeof ANSWER_FORMATS)[number];

/** The forms that a list can be written in: it has rows and no edges. */
export const LIST_FORMATS = ['table', 'json', 'jsonl', 'csv'] as const satisfies readonly AnswerFormat[];

export type ListFormat = (typeof LIST_FORMATS)[number];

export function isListFormat(format: AnswerFormat): format is ListFormat {
  return (LIST_FORMATS as readonly AnswerFormat[]).includes(format);
}
