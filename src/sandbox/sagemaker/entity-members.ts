import type { UserContext } from '@aws-sdk/client-sagemaker';

type Lifetime = {
  readonly CreationTime: number;
  readonly LastModifiedTime: number;
  readonly CreatedBy?: UserContext;
  readonly LastModifiedBy?: UserContext;
};

/** The times of an entity, as replies hold them. */
export function lifetime(record: Lifetime) {
  return {
    CreationTime: new Date(record.CreationTime),
    LastModifiedTime: new Date(record.LastModifiedTime),
  };
}

/** Who made and changed an entity: an empty structure where that was done outside Studio. */
export function authors(record: Lifetime) {
  return { CreatedBy: record.CreatedBy ?? {}, LastModifiedBy: record.LastModifiedBy ?? {} };
}

type Properties = Readonly<Record<string, string>>;

/** Given properties replace all that there are; named ones then go (Update* API pages). */
export function mergedProperties(
  record: { readonly Properties?: Properties },
  request: {
    readonly Properties?: Properties | undefined;
    readonly PropertiesToRemove?: readonly string[] | undefined;
  },
): { Properties?: Properties } {
  if (request.Properties === undefined && request.PropertiesToRemove === undefined) return {};
  return { Properties: without(request.Properties ?? record.Properties ?? {}, request.PropertiesToRemove) };
}

/** The map without the named keys. */
export function without<Value>(
  map: Readonly<Record<string, Value>>,
  keys: readonly string[] = [],
): Record<string, Value> {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key)));
}
