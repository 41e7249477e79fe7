import { type Command, InvalidArgumentError } from 'commander';
import { ALL_KINDS, MEMBERSHIP_LABELS } from '../graph/kinds.ts';
import type { MaxDelete, RemovalOptions } from '../snapshot/plan.ts';
import type { IdleFlags } from './idle-flags.ts';
import { listOf } from './options.ts';

/** Flags about elements that are gone from the account. */
export type RemovalFlags = {
  readonly delete: boolean;
  readonly tombstone: boolean;
  readonly force: boolean;
  readonly maxDelete?: MaxDelete;
  readonly allowEmpty: NonNullable<RemovalOptions['allowEmpty']>;
  readonly allowFewerColumns: boolean;
};

/** What says nothing where nothing is to be removed. */
export const REMOVAL_IDLE: readonly IdleFlags[] = [
  {
    flags: ['tombstone'],
    where: 'beside --delete',
    isIdle: ({ delete: remove, tombstone }, sourceOf) =>
      remove === true &&
      tombstone === true &&
      sourceOf('delete') === 'cli' &&
      sourceOf('tombstone') === 'config',
  },
  {
    flags: ['delete'],
    where: 'beside --tombstone',
    isIdle: ({ delete: remove, tombstone }) => remove === true && tombstone === true,
  },
  {
    flags: ['force', 'max-delete'],
    where: 'where nothing is removed',
    instead: 'Add --delete or --tombstone',
    isIdle: ({ delete: remove, tombstone }) => remove !== true && tombstone !== true,
  },
  { flags: ['max-delete'], where: 'beside --force', isIdle: ({ force }) => force === true },
];

export function withRemovalOptions(command: Command): Command {
  return command
    .option('--delete', 'remove what is gone from the account', false)
    .option('--tombstone', 'mark what is gone with a `deletedAt` property, in place of removing it', false)
    .option(
      '--max-delete <n|n%>',
      'refuse to remove more vertices, or more edges, at once (default: 5% or 100, whichever is more)',
      maxDelete,
    )
    .option('--force', 'remove more than --max-delete', false)
    .option('--allow-empty <kinds>', 'kinds that may be empty though they were not before', emptyKinds, [])
    .option(
      '--allow-fewer-columns',
      'take from the graph what --detail full, --tags or --promote gave before',
      false,
    );
}

/** Written out, since a command that is only described loads nothing of what it does. */
const emptyKinds = listOf<NonNullable<RemovalOptions['allowEmpty']>[number]>([
  ...ALL_KINDS,
  'edge',
  'association',
  ...Object.values(MEMBERSHIP_LABELS),
]);

function maxDelete(text: string): MaxDelete {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const value = Number(number);
  if (percent === '%' && value <= 100) return { share: value / 100 };
  if (percent === '' && Number.isInteger(value)) return { elements: value };
  throw new InvalidArgumentError('Expected a number such as 500, or a share such as 5%.');
}

/** What the flags ask for: `--tombstone` alone will do. */
export function removalOptions(flags: RemovalFlags): RemovalOptions {
  const { delete: remove, tombstone, force, maxDelete: most, allowEmpty, allowFewerColumns } = flags;
  return { delete: remove || tombstone, tombstone, force, maxDelete: most, allowEmpty, allowFewerColumns };
}
