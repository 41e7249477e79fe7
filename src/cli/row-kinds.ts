import { ALL_KINDS, type Kind } from '../graph/kinds.ts';
import { listOf } from './options.ts';

/** What the rows of a run's files are, between commas. */
export const rowKinds = listOf<Kind | 'edge'>([...ALL_KINDS, 'edge']);
