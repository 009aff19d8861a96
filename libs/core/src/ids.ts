declare const brand: unique symbol;
type Branded<Value, Name> = Value & { readonly [brand]: Name };

/** UUIDv7 of a run, lower case. */
export type RunId = Branded<string, 'RunId'>;
/** UUID of one registered workflow version. */
export type VersionId = Branded<string, 'VersionId'>;
/** UUID written by one claim; every later write of that attempt carries it. */
export type ClaimId = Branded<string, 'ClaimId'>;
/** Grows by one with every claim, retry and reset of a task instance; the fence says who may write. */
export type Fence = Branded<number, 'Fence'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isUuid = (text: string): boolean => UUID.test(text);
export const runId = (text: string): RunId => text as RunId;
export const versionId = (text: string): VersionId => text as VersionId;
export const claimId = (text: string): ClaimId => text as ClaimId;
export const fence = (value: number): Fence => value as Fence;
