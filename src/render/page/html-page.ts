import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { oneLine } from '../text-table.ts';
import type { PageData } from './page-data.ts';

type PageOptions = {
  /** One line, for readers without scripts. */
  readonly summary: string;
  /** Whether the page may ask the server that it came from. @default false */
  readonly live?: boolean;
};

/**
 * The page of this data. Its Content-Security-Policy lets run nothing but its own scripts and styles, by their hashes, so that even
 * markup that slipped through would be dead; a page from a file may reach no network at all.
 */
export async function htmlPage(data: PageData, { summary, live = false }: PageOptions): Promise<string> {
  const { style, body, client, cytoscape } = await assets();
  const start = data.vertices[0]?.name ?? '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy({ style, scripts: [cytoscape, client], live })}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${escaped(oneLine(`${data.asks} ${start}`))}</title>
<style id="${CYTOSCAPE_STYLE}">${style}</style>
</head>
<body>
<noscript><p>${escaped(summary)}</p><p>This page draws the graph with a script, which this browser does not run.</p></noscript>
${body}
<script type="application/json" id="data">${json(data)}</script>
<script>${cytoscape}</script>
<script>${client}</script>
</body>
</html>`;
}

/** Cytoscape adds a style element of its own, which the policy would refuse, unless there is one of this name. */
const CYTOSCAPE_STYLE = '__________cytoscape_stylesheet';

type PolicyOptions = { readonly style: string; readonly scripts: readonly string[]; readonly live: boolean };

function contentSecurityPolicy({ style, scripts, live }: PolicyOptions): string {
  return [
    "default-src 'none'",
    `script-src ${scripts.map(hashSource).join(' ')}`,
    `style-src ${hashSource(style)}`,
    'img-src blob: data:',
    ...(live ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** JSON that cannot end the script element it stands in, nor open a comment there. */
function json(data: PageData): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

type Assets = Readonly<Record<'style' | 'body' | 'client' | 'cytoscape', string>>;

let loaded: Promise<Assets> | undefined;

function assets(): Promise<Assets> {
  loaded ??= readAssets();
  return loaded;
}

async function readAssets(): Promise<Assets> {
  const built = (name: string) =>
    readFile(new URL(`../../../dist/render/page/browser/${name}`, import.meta.url), 'utf8');
  const [style, body, client, cytoscape] = await Promise.all([
    built('style.css'),
    built('body.html'),
    built('client.js'),
    readFile(createRequire(import.meta.url).resolve('cytoscape/dist/cytoscape.min.js'), 'utf8'),
  ]);
  return { style, body, client, cytoscape };
}
