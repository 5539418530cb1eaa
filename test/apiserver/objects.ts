/** Objects as the in-process API server holds them: JSON that is never changed in place once stored. */

export type Meta = {
  name: string;
  namespace?: string;
  generateName?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  managedFields?: unknown;
  [key: string]: unknown;
};

export type Obj = { apiVersion: string; kind: string; metadata: Meta; [key: string]: unknown };

export type Json = Record<string, unknown>;

export const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value at a dotted path such as `status.phase`. */
export const at = (object: Json, path: string): unknown =>
  path.split(".").reduce<unknown>((value, key) => (isJson(value) ? value[key] : undefined), object);
