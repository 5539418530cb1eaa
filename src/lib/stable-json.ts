import { createHash } from "node:crypto";

/** From so many keys on the general sort is faster, though it makes garbage. */
const MANY = 32;

const sorted = (value: unknown): unknown => {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(sorted);
  const source = value as Readonly<Record<string, unknown>>;
  const copy: Record<string, unknown> = {};
  for (const key of inOrder(Object.keys(source))) set(copy, key, sorted(source[key]));
  return copy;
};

/** Sorts in place. */
const inOrder = (keys: string[]): readonly string[] => {
  if (keys.length >= MANY) return keys.sort();
  for (let next = 1; next < keys.length; next++) {
    const key = keys[next] as string;
    let at = next;
    for (; at > 0 && (keys[at - 1] as string) > key; at--) keys[at] = keys[at - 1] as string;
    keys[at] = key;
  }
  return keys;
};

/** A plain assignment to this one key would change the prototype instead. */
const set = (object: Record<string, unknown>, key: string, value: unknown): void => {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true });
};

/** JSON with sorted keys and without `undefined`: equal values give equal bytes. Arrays keep their order. */
export const stableJson = (value: unknown): string => JSON.stringify(sorted(value));

/** Lower-case hex SHA-256 of the UTF-8 bytes. */
export const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

/** A short name for a value's content: 16 hex digits of the hash of its stable JSON. */
export const contentHash = (value: unknown): string => sha256(stableJson(value)).slice(0, 16);
