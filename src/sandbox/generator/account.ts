import type { UserContext } from '@aws-sdk/client-sagemaker';
import { LineageError } from '../../errors.ts';
import { partitionOf } from '../partition.ts';
import { createDeal, type Deal } from './deck.ts';
import { createPool, type Pool } from './pool.ts';
import { createRandom, type Random, scramble } from './random.ts';
import { PEOPLE } from './texts.ts';

/** What account to make up. Equal options give equal records in equal order, on any machine. */
export type GeneratorOptions = {
  /** How many entities, all six kinds counted: a whole number from 0. Associations come to about twice as many. */
  readonly entities: number;
  /** Any safe integer. */
  readonly seed: number;
  /** Twelve digits. @default '123456789012' */
  readonly account?: string;
  /** @default 'us-east-1' */
  readonly region?: string;
  /** @default the region's */
  readonly partition?: string;
  /** No time in the account is later. @default 2025-06-30T00:00:00Z */
  readonly endsAt?: Date;
};

/** The account while it is made up: who and where it is, and what all of its projects share. */
export type Account = {
  readonly id: string;
  readonly region: string;
  readonly partition: string;
  /** How many entities it will hold. */
  readonly entities: number;
  readonly seed: number;
  /** Epoch milliseconds. */
  readonly startsAt: number;
  readonly endsAt: number;
  readonly people: readonly [UserContext, ...UserContext[]];
  /** Datasets and images that any project may use. */
  readonly datasets: Pool;
  readonly images: Pool;
  /** Awkward values, each in its turn. */
  readonly deal: Deal;
  /** Twelve lower-case letters and digits, never the same twice in the account. */
  readonly newId: () => string;
};

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

const STUDIO_DOMAIN = 'd-4k2q9x7mzq2z';
const ACCOUNT_AGE = 4 * 365 * DAY;
/** Bounds memory: a million entities share some thousand datasets and some hundred images. */
const DATASETS_KEPT = 3_000;
const IMAGES_KEPT = 400;

/** An account with nothing in it yet. @throws LineageError (usage) for a count, seed or account id that cannot be. */
export function openAccount(options: GeneratorOptions): Account {
  const { entities, seed, account = '123456789012', region = 'us-east-1' } = options;
  const partition = options.partition ?? partitionOf(region);
  const endsAt = (options.endsAt ?? new Date(Date.UTC(2025, 5, 30))).getTime();
  assertWhole('entities', entities, 0);
  assertWhole('seed', seed, Number.MIN_SAFE_INTEGER);
  if (!/^[0-9]{12}$/.test(account)) {
    throw new LineageError('usage', `Expected an account id of twelve digits, got \`${account}\`.`);
  }
  if (!Number.isFinite(endsAt)) {
    throw new LineageError('usage', 'Expected `endsAt` to be a valid date.');
  }
  const owner = { id: account, region, partition };
  return {
    ...owner,
    entities,
    seed,
    startsAt: endsAt - ACCOUNT_AGE,
    endsAt,
    people: [studioUser(owner, PEOPLE[0]), ...PEOPLE.slice(1).map((name) => studioUser(owner, name))],
    datasets: createPool(DATASETS_KEPT),
    images: createPool(IMAGES_KEPT),
    deal: createDeal(),
    newId: idSource(createRandom('ids', seed)),
  };
}

/** An ARN of the account's own, of SageMaker or of another service. */
export function arnOf(
  { partition, region, id }: Pick<Account, 'partition' | 'region' | 'id'>,
  resource: string,
  service = 'sagemaker',
): string {
  return `arn:${partition}:${service}:${region}:${id}:${resource}`;
}

/** Host names of China end differently. */
export function dnsSuffix({ partition }: Pick<Account, 'partition'>): string {
  return partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
}

/** The bucket that SageMaker's SDKs make for an account. */
export function defaultBucket({ region, id }: Pick<Account, 'region' | 'id'>): string {
  return `s3://sagemaker-${region}-${id}`;
}

function assertWhole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new LineageError(
    'usage',
    `Expected \`${name}\` to be a whole number from ${least}, got \`${value}\`.`,
  );
}

function studioUser(owner: Pick<Account, 'partition' | 'region' | 'id'>, name: string): UserContext {
  return {
    UserProfileArn: arnOf(owner, `user-profile/${STUDIO_DOMAIN}/${name}`),
    UserProfileName: name,
    DomainId: STUDIO_DOMAIN,
  };
}

/** How far seven characters reach beyond 32 bits. */
const SPREAD = Math.floor(36 ** 7 / 2 ** 32);

/** Seven characters that a one-to-one scramble keeps distinct, and five for looks. */
function idSource(random: Random): () => string {
  const salt = random.bits();
  let serial = 0;
  return () => {
    const distinct = scramble(serial ^ salt) * SPREAD + random.below(SPREAD);
    const rest = random.below(36 ** 5);
    serial += 1;
    return distinct.toString(36).padStart(7, '0') + rest.toString(36).padStart(5, '0');
  };
}
