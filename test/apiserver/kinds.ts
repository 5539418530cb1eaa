/** The kinds that the server serves, and how a path names them. */
import {
  CUSTOM_RESOURCE_DEFINITION,
  EVENT,
  LEASE,
  NAMESPACE,
  NETWORK_POLICY,
  PACK_KINDS,
  POD,
  type Resource,
} from "../../src/api/kinds.ts";
import { at, isJson, type Json, type Obj } from "./objects.ts";

export type ServedKind = Resource & {
  /** Served from a CustomResourceDefinition: replacing needs a resourceVersion. */
  readonly custom: boolean;
  /** Has a `/status`: a write to the object leaves the status alone, and the other way round. */
  readonly status: boolean;
  /** Field selectors beside `metadata.name` and `metadata.namespace`. */
  readonly selectable: readonly string[];
  /** Fills in what the server adds on creation. */
  readonly defaults?: (object: Obj) => Obj;
};

const builtIn = (resource: Resource, more: Partial<ServedKind> = {}): ServedKind => ({
  ...resource,
  custom: false,
  status: false,
  selectable: [],
  ...more,
});

export const customKind = (resource: Resource, more: Partial<ServedKind> = {}): ServedKind => ({
  ...resource,
  custom: true,
  status: true,
  selectable: [],
  ...more,
});

const namespaceDefaults = (object: Obj): Obj => ({
  ...object,
  metadata: {
    ...object.metadata,
    labels: { ...object.metadata.labels, "kubernetes.io/metadata.name": object.metadata.name },
  },
  spec: { finalizers: ["kubernetes"] },
  status: { phase: "Active" },
});

const established = (object: Obj): Obj => ({
  ...object,
  status: { conditions: [{ type: "Established", status: "True", reason: "InitialNamesAccepted" }] },
});

export const BUILT_IN_KINDS: readonly ServedKind[] = [
  builtIn(NAMESPACE, { status: true, selectable: ["status.phase"], defaults: namespaceDefaults }),
  builtIn(POD, {
    status: true,
    selectable: ["spec.nodeName", "status.phase"],
    defaults: (pod) => ({ ...pod, status: { phase: "Pending" } }),
  }),
  builtIn(NETWORK_POLICY),
  builtIn(LEASE),
  builtIn(EVENT),
  builtIn(CUSTOM_RESOURCE_DEFINITION, { status: true, defaults: established }),
];

/** All that the product needs, CRDs included. */
export const DEFAULT_KINDS: readonly ServedKind[] = [...BUILT_IN_KINDS, ...PACK_KINDS.map((kind) => customKind(kind))];

type Version = {
  readonly name?: string;
  readonly served?: boolean;
  readonly subresources?: Json;
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
};

/** The kinds that a CustomResourceDefinition defines, one for each served version. */
export const kindsOf = (definition: Obj): readonly ServedKind[] => {
  const versions = at(definition, "spec.versions");
  if (!Array.isArray(versions)) return [];
  return (versions as Version[])
    .filter(({ served }) => served)
    .map(({ name, subresources, selectableFields }) =>
      customKind(
        {
          apiVersion: `${at(definition, "spec.group")}/${name}`,
          kind: String(at(definition, "spec.names.kind")),
          plural: String(at(definition, "spec.names.plural")),
          namespaced: at(definition, "spec.scope") === "Namespaced",
        },
        {
          status: isJson(subresources?.["status"]),
          selectable: (selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, "")),
        },
      ),
    );
};

export type Route = {
  readonly kind: ServedKind;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string;
};

const PATH = /^\/(?:api\/(?<core>[^/]+)|apis\/(?<group>[^/]+)\/(?<version>[^/]+))\/(?<rest>.+)$/;

/** Which kinds are served now. */
export class Kinds {
  readonly #initial: readonly ServedKind[];
  readonly #byPath = new Map<string, ServedKind>();

  constructor(kinds: readonly ServedKind[]) {
    this.#initial = kinds;
    this.reset();
  }

  reset(): void {
    this.#byPath.clear();
    for (const kind of this.#initial) this.serve(kind);
  }

  serve(kind: ServedKind): void {
    this.#byPath.set(`${kind.apiVersion}/${kind.plural}`, kind);
  }

  withdraw(resource: Resource): void {
    this.#byPath.delete(`${resource.apiVersion}/${resource.plural}`);
  }

  find(resource: Resource): ServedKind | undefined {
    return this.#byPath.get(`${resource.apiVersion}/${resource.plural}`);
  }

  /** What a path names, or `undefined` if no such kind is served. */
  route(path: string): Route | undefined {
    const groups = PATH.exec(path)?.groups;
    if (groups === undefined) return undefined;
    const apiVersion = groups["core"] ?? `${groups["group"]}/${groups["version"]}`;
    const segments = (groups["rest"] ?? "").split("/").map(decodeURIComponent);
    const scoped = segments[0] === "namespaces" && segments.length > 2 && segments[2] !== "status";
    const namespace = scoped ? segments[1] : undefined;
    const [plural, name, subresource = "", ...more] = scoped ? segments.slice(2) : segments;
    const kind = this.#byPath.get(`${apiVersion}/${plural}`);
    if (kind === undefined || more.length > 0) return undefined;
    if (subresource !== "" && !(subresource === "status" && kind.status)) return undefined;
    if (kind.namespaced !== (namespace !== undefined) && (name !== undefined || !kind.namespaced)) return undefined;
    return { kind, namespace, name, subresource };
  }
}
