import { harmlessJson } from "../text.ts";

/** Indented JSON, one value, ending in a line end. Harmful characters are escaped. */
export const toJson = (value: unknown): string => `${harmlessJson(JSON.stringify(value, undefined, 2))}\n`;
