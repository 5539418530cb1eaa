import type { Resource } from "../api/kinds.ts";
import type { Ref } from "./client.ts";

export type Subresource = "status";

const groupPath = (apiVersion: string): string =>
  apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;

/** A path segment. `.` and `..` would climb out of the collection. */
const segment = (name: string): string => {
  if (name === "." || name === "..") throw new TypeError(`${name} is not a name`);
  return encodeURIComponent(name);
};

/** The path of all objects of a kind, or of those in one namespace. Needs no discovery. */
export const collectionPath = (resource: Resource, namespace?: string): string => {
  const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${segment(namespace)}` : "";
  return `${groupPath(resource.apiVersion)}${scope}/${resource.plural}`;
};

/**
 * The path of one object.
 * @throws TypeError without a name, or without a namespace where the kind has one: it would name a collection instead
 */
export const objectPath = (resource: Resource, ref: Ref, subresource?: Subresource): string => {
  if (!ref.name) throw new TypeError(`${resource.kind} without a name`);
  if (resource.namespaced && !ref.namespace) throw new TypeError(`${resource.kind} ${ref.name} without a namespace`);
  const path = `${collectionPath(resource, ref.namespace)}/${segment(ref.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
};

/** `?a=b`, or nothing. Parameters without a value are left out. */
export const queryOf = (parameters: Readonly<Record<string, string | number | boolean | undefined>>): string => {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== "");
  return given.length === 0
    ? ""
    : `?${given.map(([key, value]) => `${key}=${encodeURIComponent(value ?? "")}`).join("&")}`;
};
