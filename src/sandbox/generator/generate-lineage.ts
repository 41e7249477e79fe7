import type { AccountRecord } from '../records.ts';
import type { GeneratorOptions } from './account.ts';
import { addDetails } from './add-details.ts';
import { tellAccount } from './tell-account.ts';

/**
 * The records of a believable SageMaker account: equal options give equal records in equal order, on any machine.
 * Exactly `entities` entities of all six kinds, about twice as many associations, every association and membership after
 * the local entities that it names. Lazy: memory holds one run of one project and the account's shared things, whatever
 * the size.
 *
 * @throws LineageError (usage) for options that cannot be, at the first record.
 */
export function* generateLineage(options: GeneratorOptions): Generator<AccountRecord, void> {
  for (const { entities, associations, memberships } of tellAccount(options)) {
    for (const entity of entities) {
      addDetails(entity);
      yield entity;
    }
    for (const membership of memberships) yield membership;
    for (const association of associations) yield association;
  }
}
