import { S3Error } from './s3-error.ts';

export type XmlElement = {
  readonly name: string;
  /** The text directly inside, joined. */
  readonly text: string;
  readonly children: readonly XmlElement[];
};

/**
 * Reads a request's XML: elements, text, references, an XML declaration and comments. Namespaces and other attributes are
 * passed over; document types, CDATA and processing instructions have no place in what S3 takes.
 * @throws S3Error MalformedXML
 */
export function readXml(text: string, root: string): XmlElement {
  const open: Opened[] = [{ name: '', text: '', children: [] }];
  let taken = 0;
  for (const match of text.matchAll(TOKEN)) {
    taken += match[0].length;
    takeToken(open, match.groups ?? {});
  }
  const [document, ...unclosed] = open;
  const [element, ...others] = document?.children ?? [];
  const isWhole = taken === text.length && unclosed.length === 0 && document?.text.trim() === '';
  if (!isWhole || others.length > 0 || element?.name !== root) throw malformed();
  return element;
}

/** The text of the one child of that name; undefined where there is none. @throws S3Error MalformedXML for several. */
export function childText(element: XmlElement, name: string): string | undefined {
  const found = element.children.filter((child) => child.name === name);
  if (found.length > 1) throw malformed();
  return found[0]?.text;
}

export function malformed(): S3Error {
  return new S3Error(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
}

type Opened = { readonly name: string; text: string; readonly children: XmlElement[] };

/** One token at a time. Where something between two of them is none, fewer characters are taken than there are. */
const TOKEN =
  /<\?xml\s[^?]*\?>|<!--(?:(?!--)[\s\S])*-->|<\/(?<close>[\w:.-]+)\s*>|<(?<open>[\w:.-]+)(?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(?<empty>\/?)>|(?<text>[^<]+)/g;

function takeToken(
  open: Opened[],
  { open: opened, close, empty, text }: Record<string, string | undefined>,
): void {
  const current = open.at(-1);
  if (current === undefined) throw malformed();
  if (text !== undefined) current.text += decodeReferences(text);
  if (opened !== undefined) open.push({ name: opened, text: '', children: [] });
  if (close !== undefined || empty === '/') closeElement(open, close ?? opened);
}

function closeElement(open: Opened[], name: string | undefined): void {
  const closed = open.pop();
  const parent = open.at(-1);
  if (closed === undefined || parent === undefined || closed.name !== name) throw malformed();
  parent.children.push(closed);
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** A raw line end reads as one newline (XML 1.0, section 2.11); one written as a reference stays what it is. */
function decodeReferences(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(\w+));|&/g, (_, hex, decimal, name) => {
      if (name !== undefined && NAMED[name] !== undefined) return NAMED[name];
      const point = hex === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hex, 16);
      if (!(point <= 0x10ffff)) throw malformed();
      return String.fromCodePoint(point);
    });
}
