import { createHash } from "node:crypto";

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const source = value as Record<string, unknown>;
  return Object.fromEntries(
    Object.keys(source)
      .filter((key) => source[key] !== undefined)
      .sort()
      .map((key) => [key, sorted(source[key])]),
  );
};

/** JSON with sorted keys and without `undefined`: equal values give equal bytes. Arrays keep their order. */
export const stableJson = (value: unknown): string => JSON.stringify(sorted(value));

/** Lower-case hex SHA-256 of the UTF-8 bytes. */
export const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

/** A short name for a value's content: 16 hex digits of the hash of its stable JSON. */
export const contentHash = (value: unknown): string => sha256(stableJson(value)).slice(0, 16);
