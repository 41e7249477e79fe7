import type { ExportEvent } from '../runs/export.ts';
import type { Terminal } from './terminal.ts';

/** Shows an export on the terminal: one passing line while pages come in, one line of log per finished listing. */
export function showExportProgress(terminal: Terminal): (event: ExportEvent) => void {
  const totals = new Map<string, { records: number; throttles: number; described?: number }>();
  return (event) => {
    switch (event.type) {
      case 'run-started':
        terminal.log('export.started', `Run ${event.run}`, { run: event.run, directory: event.directory });
        break;
      case 'page': {
        totals.set(`${event.scope} ${event.listing}`, event);
        const records = sum([...totals.values()].map((total) => total.records));
        const throttles = sum([...totals.values()].map((total) => total.throttles));
        const described = sum([...totals.values()].map((total) => total.described ?? 0));
        const detailed = described === 0 ? '' : `, ${grouped(described)} described`;
        const throttled = throttles === 0 ? '' : `, ${counted(throttles, 'call')} throttled`;
        terminal.progress(
          `${counted(records, 'record')}${detailed} (${event.operation} page ${grouped(event.pages)}${throttled})`,
        );
        break;
      }
      case 'listing-finished': {
        const { type, ...fields } = event;
        const { listing, records, pages, calls, verdict } = event;
        // What became of the others stands in the error that the export ends with, and in report.json.
        if (verdict !== 'complete') break;
        const { cached = 0 } = event;
        const kept = cached === 0 ? '' : `, ${grouped(cached)} kept`;
        const text = `${inScope(event)}${listing}: ${counted(records, 'record')}${kept}, ${counted(pages, 'page')}, ${counted(calls, 'call')}`;
        terminal.log('export.listing', text, fields);
        break;
      }
      case 'sweep-refused':
        terminal.warn(
          'export.sweep-refused',
          `${inScope(event)}SageMaker does not list the associations of the whole account here: asking entity by entity, which takes a hundred times the calls`,
        );
        break;
      case 'details-kept':
        terminal.log(
          'export.details-kept',
          `${inScope(event)}what was not modified since run ${event.run} is taken from it`,
          { run: event.run },
        );
        break;
      case 'details-refused':
        terminal.warn(
          'export.details-refused',
          `${inScope(event)}nothing is taken from run ${event.run}: ${event.reason}`,
          {
            run: event.run,
          },
        );
        break;
      case 'promotion-conflict':
        terminal.warn(
          'export.promotion-conflict',
          `${event.conflict.column}: its values have no type in common, so it is text (${sortsOf(event.conflict.found)})`,
          event.conflict,
        );
        break;
      case 'verified':
        terminal.log(
          'export.verified',
          `${inScope(event)}verified: ${counted(event.edges, 'association')} of ${grouped(event.nodes)} entities, found both ways`,
          { nodes: event.nodes, edges: event.edges },
        );
        break;
      case 'scope-failed': {
        const { scope, verdict, reason } = event;
        const text =
          verdict === 'unsupported' ? `${scope}: ${reason}` : `${scope} is not in the run: ${reason}`;
        terminal.warn('export.scope', text, { scope, verdict, reason });
        break;
      }
      case 'suspicious':
        terminal.warn(
          'export.suspicious',
          `${inScope(event)}${event.kinds.join(', ')}: none now, but run ${event.previous} had some; see report.json`,
          { kinds: event.kinds, previous: event.previous },
        );
        break;
      case 'edges':
        terminal.progress(`${counted(event.edges, 'edge')} written`);
        break;
      case 'listing-started':
      case 'run-finished':
        break;
    }
  };
}

/** Whose it is, where there are several. */
function inScope({ scope }: { readonly scope?: string }): string {
  return scope === undefined ? '' : `${scope}: `;
}

function sortsOf(found: Readonly<Record<string, number | undefined>>): string {
  return Object.entries(found)
    .map(([sort, count = 0]) => `${grouped(count)} ${sort}`)
    .join(', ');
}

/** A count for people: `1,234,567`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 page`, `2,000 pages` */
function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
