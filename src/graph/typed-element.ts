import type { ElementKind, Ends } from './stored.ts';

/** A value with the type that the graph gave it, so that it can be put back as it was. */
export type TypedValue = {
  readonly type: 'String' | 'Bool' | 'Byte' | 'Short' | 'Int' | 'Long' | 'Float' | 'Double' | 'Datetime';
  /** Text; a number in decimal; `true` or `false`; a time in ISO 8601, UTC, to the millisecond. */
  readonly value: string;
};

/** A vertex or an edge, whole. */
export type TypedElement = {
  readonly element: ElementKind;
  readonly id: string;
  /** As Gremlin shows it: the labels of a vertex that has several, with `::` between them. */
  readonly label: string;
  /** Of an edge. */
  readonly ends?: Ends | undefined;
  readonly properties: Readonly<Record<string, readonly TypedValue[]>>;
};
