import { deepEqual } from "../../src/lib/deep-equal.ts";
import { isJson, type Json } from "./objects.ts";
import { Refusal } from "./refusal.ts";

/** RFC 7386. */
export const mergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isJson(patch)) return patch;
  const result: Json = isJson(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
};

const refuse = (what: string): never => {
  throw new Refusal(422, `the server rejected our request due to an error in our request: ${what}`, "Invalid");
};

const segmentsOf = (pointer: string): string[] =>
  pointer === ""
    ? []
    : pointer
        .slice(1)
        .split("/")
        .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));

const child = (parent: unknown, key: string): unknown => {
  if (Array.isArray(parent)) return parent[Number(key)];
  return isJson(parent) && Object.hasOwn(parent, key) ? parent[key] : undefined;
};

const parentOf = (document: unknown, path: readonly string[]): Json | unknown[] => {
  const parent = path.slice(0, -1).reduce(child, document);
  if (isJson(parent) || Array.isArray(parent)) return parent;
  return refuse(`missing path /${path.join("/")}`);
};

const add = (parent: Json | unknown[], key: string, value: unknown): void => {
  if (!Array.isArray(parent)) parent[key] = value;
  else if (key === "-") parent.push(value);
  else if (Number(key) <= parent.length) parent.splice(Number(key), 0, value);
  else refuse(`index ${key} is out of range`);
};

const remove = (parent: Json | unknown[], key: string): void => {
  if (child(parent, key) === undefined) refuse(`missing key ${key}`);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
};

const applyOperation = (document: unknown, operation: unknown): void => {
  if (!isJson(operation) || typeof operation["path"] !== "string") throw new Refusal(400, "invalid JSON patch");
  const path = segmentsOf(operation["path"]);
  const key = path.at(-1) ?? refuse("the whole document cannot be patched");
  const parent = parentOf(document, path);
  const value = operation["value"];
  switch (operation["op"]) {
    case "add":
      add(parent, key, value);
      return;
    case "remove":
      remove(parent, key);
      return;
    case "replace":
      if (child(parent, key) === undefined) refuse(`missing key ${key}`);
      if (Array.isArray(parent)) parent[Number(key)] = value;
      else parent[key] = value;
      return;
    case "test":
      if (!deepEqual(child(parent, key) ?? null, value ?? null)) refuse(`testing value ${operation["path"]} failed`);
      return;
    default:
      throw new Refusal(400, `unexpected operation ${String(operation["op"])}`);
  }
};

/** RFC 6902 without `move` and `copy`. @throws Refusal 422 if a `test` fails or a path is missing */
export const jsonPatch = (target: unknown, operations: unknown): unknown => {
  if (!Array.isArray(operations)) throw new Refusal(400, "a JSON patch is a list");
  const document = structuredClone(target);
  for (const operation of operations) applyOperation(document, operation);
  return document;
};
