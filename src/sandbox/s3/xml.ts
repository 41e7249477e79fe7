const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

type ErrorDocument = {
  readonly code: string;
  readonly message: string;
  readonly resource: string;
  readonly requestId: string;
  /** Members that only some codes have, such as `Region` or `BucketName`. */
  readonly extra?: Readonly<Record<string, string>>;
};

/** S3's error document. */
export function errorXml({ code, message, resource, requestId, extra = {} }: ErrorDocument): string {
  const members = { Code: code, Message: message, ...extra, Resource: resource, RequestId: requestId };
  const body = Object.entries(members).map(([name, value]) => element(name, value));
  return `${DECLARATION}<Error>${body.join('')}</Error>`;
}

/** One element with text in it. */
export function element(name: string, text: string | number | boolean): string {
  return `<${name}>${escapeXml(String(text))}</${name}>`;
}

/**
 * Text as XML text. Line ends and tabs are written as references because a parser normalises raw ones; characters that
 * XML 1.0 cannot hold are written as references too, as S3 does: clients that must read them ask for `encoding-type=url`.
 */
function escapeXml(text: string): string {
  return text.replace(/[<>&'"\p{Cc}\u2028\ufffe\uffff]/gu, (character) => `&#${character.codePointAt(0)};`);
}
