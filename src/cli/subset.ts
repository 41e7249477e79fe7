import type { Command } from 'commander';
import { LineageError } from '../errors.ts';
import { ALL_KINDS, type Kind } from '../graph/kinds.ts';
import type { Subset } from '../graph/subset.ts';
import { list, listOf, moment } from './options.ts';

/** Adds the options that limit what is copied. */
export function withSubset(command: Command): Command {
  return command
    .option('--kinds <list>', `only these kinds: ${ALL_KINDS.join(',')}`, listOf<Kind>(ALL_KINDS))
    .option('--types <list>', 'only entities of these types: Model,DataSet', list)
    .option('--created-after <time>', 'only entities created then or later', moment)
    .option('--created-before <time>', 'only entities created before', moment)
    .option('--source-uri-prefix <text>', 'only entities whose source URI begins so');
}

/** Undefined where no option of the subset is given: the whole. @throws LineageError (usage) where nothing is left */
export function subsetOf(options: Subset): Subset | undefined {
  const { kinds, types, createdAfter, createdBefore, sourceUriPrefix } = options;
  if (createdAfter !== undefined && createdBefore !== undefined && createdAfter >= createdBefore) {
    throw new LineageError(
      'usage',
      `--created-after ${createdAfter} is not before --created-before ${createdBefore}: nothing lies between.`,
      { hint: 'Give an earlier --created-after or a later --created-before.' },
    );
  }
  const subset: Subset = {
    ...(kinds === undefined ? {} : { kinds }),
    ...(types === undefined ? {} : { types }),
    ...(createdAfter === undefined ? {} : { createdAfter }),
    ...(createdBefore === undefined ? {} : { createdBefore }),
    ...(sourceUriPrefix === undefined ? {} : { sourceUriPrefix }),
  };
  return Object.keys(subset).length === 0 ? undefined : subset;
}
