const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/**
 * What an element holds: text; members, each an element; for a list, the same element again and again. Undefined members
 * are left out.
 */
export type XmlContent =
  | string
  | number
  | boolean
  | { readonly [name: string]: XmlContent | readonly XmlContent[] | undefined };

/** A whole document. @param namespace S3's, where no other is given */
export function xmlDocument(root: string, content: XmlContent, namespace = NAMESPACE): string {
  return `${DECLARATION}<${root} xmlns="${namespace}">${contentXml(content)}</${root}>`;
}

type ErrorDocument = {
  readonly code: string;
  readonly message: string;
  readonly resource: string;
  readonly requestId: string;
  /** Members that only some codes have, such as `Region` or `BucketName`. */
  readonly extra?: Readonly<Record<string, string>>;
};

/** S3's error document, which has no namespace. */
export function errorXml({ code, message, resource, requestId, extra = {} }: ErrorDocument): string {
  const members = { Code: code, Message: message, ...extra, Resource: resource, RequestId: requestId };
  return `${DECLARATION}<Error>${contentXml(members)}</Error>`;
}

function contentXml(content: XmlContent): string {
  if (typeof content !== 'object') return escapeXml(String(content));
  return Object.entries(content)
    .flatMap(([name, member]) => [member ?? []].flat().map((one) => `<${name}>${contentXml(one)}</${name}>`))
    .join('');
}

/**
 * Text as XML text. Line ends and tabs are written as references because a parser normalises raw ones. What XML 1.0 cannot
 * hold at all is written as references too, as S3 does: clients that must read it ask for `encoding-type=url`.
 */
function escapeXml(text: string): string {
  return text.replace(/[<>&'"\p{Cc}\ufffe\uffff]/gu, (character) => `&#${character.codePointAt(0)};`);
}
