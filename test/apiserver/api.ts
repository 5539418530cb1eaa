/** What the API answers to a request, without HTTP: verbs on kinds, over the store. */
import type { RequestInfo } from "./faults.ts";
import type { Route } from "./kinds.ts";
import { isJson, type Obj } from "./objects.ts";
import { jsonPatch, mergePatch } from "./patch.ts";
import { Refusal, type Status } from "./refusal.ts";
import { fieldPredicate, labelPredicate, type Predicate } from "./selectors.ts";
import type { Key, Store, Version, Writer } from "./store.ts";

const MAX_BODY_BYTES = 3 * 1024 * 1024;
const MAX_SNAPSHOTS = 100;
const TEXT = "text/plain; charset=utf-8";

export type ApiRequest = {
  readonly info: RequestInfo;
  readonly route: Route | undefined;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly accept: string;
  readonly body: string;
};

export type Reply = {
  readonly code: number;
  readonly text: string;
  /** JSON unless told. */
  readonly contentType?: string;
};
type Snapshot = { readonly resourceVersion: number; readonly versions: readonly Version[] };

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, "the object provided is unrecognized (must be of type JSON)");
  }
};

const objectOf = ({ body }: ApiRequest, { kind, namespace, name }: Route): Obj => {
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) {
    throw new Refusal(413, `Request entity too large: limit is ${MAX_BODY_BYTES}`);
  }
  const object = parsed(body);
  if (!isJson(object) || object["apiVersion"] !== kind.apiVersion || object["kind"] !== kind.kind) {
    throw new Refusal(400, `the object provided is not a ${kind.apiVersion} ${kind.kind}`);
  }
  const metadata = (isJson(object["metadata"]) ? object["metadata"] : {}) as Obj["metadata"];
  if (namespace !== undefined && metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw new Refusal(400, "the namespace of the provided object does not match the namespace sent on the request");
  }
  if (name !== undefined && metadata.name !== undefined && metadata.name !== name) {
    throw new Refusal(400, `the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  const place = { ...(name === undefined ? {} : { name }), ...(namespace === undefined ? {} : { namespace }) };
  return { ...(object as Obj), metadata: { ...metadata, ...place } };
};

/** A number above zero, if there is one. */
export const positive = (text: string | null): number | undefined => {
  const number = Number(text);
  return text !== null && Number.isFinite(number) && number > 0 ? number : undefined;
};

export const wantsMetadata = (accept: string): boolean => accept.includes("as=PartialObjectMetadata");

const keyOf = ({ namespace, name = "" }: Route): Key => ({
  namespace,
  name,
});

export class Api {
  readonly #store: Store;
  readonly #snapshots = new Map<string, Snapshot>();
  #tokens = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Continue tokens from before get a 410. */
  expireTokens(): void {
    this.#snapshots.clear();
  }

  /** Everything but watches. */
  answer(request: ApiRequest): Reply {
    try {
      return this.#handle(request);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { code: error.code, text: JSON.stringify(error.status) };
    }
  }

  #handle(request: ApiRequest): Reply {
    const { info, route } = request;
    if (route === undefined) return this.#unrouted(info);
    switch (info.verb) {
      case "list":
        return this.#list(request, route);
      case "create":
        return this.#create(request, route);
      case "get":
        return this.#one(request, 200, this.#store.read(route.kind, keyOf(route)));
      case "update": {
        const object = objectOf(request, route);
        return this.#one(
          request,
          200,
          this.#store.replace(route.kind, keyOf(route), object, this.#writer(request, route)),
        );
      }
      case "patch":
        return this.#patch(request, route);
      case "delete":
        return this.#delete(request, route);
      case "watch":
        throw new Refusal(500, "a watch is not answered at once");
    }
  }

  #unrouted({ path }: RequestInfo): Reply {
    if (["/readyz", "/livez", "/healthz"].includes(path)) return { code: 200, text: "ok", contentType: TEXT };
    if (path === "/version")
      return { code: 200, text: JSON.stringify({ major: "1", minor: "36", gitVersion: "v1.36.4" }) };
    return { code: 404, text: "404 page not found\n", contentType: TEXT };
  }

  #writer({ info, query }: ApiRequest, { subresource }: Route): Writer {
    return { fieldManager: info.fieldManager, subresource, dryRun: query.get("dryRun") === "All" };
  }

  #one({ accept }: ApiRequest, code: number, version: Version): Reply {
    return { code, text: wantsMetadata(accept) ? version.metadataJson : version.json };
  }

  #create(request: ApiRequest, route: Route): Reply {
    if (route.name !== undefined)
      throw new Refusal(405, "the server does not allow this method on the requested resource");
    const version = this.#store.create(route.kind, objectOf(request, route), this.#writer(request, route));
    return this.#one(request, 201, version);
  }

  #patch(request: ApiRequest, route: Route): Reply {
    const { kind } = route;
    const key = keyOf(route);
    const writer = this.#writer(request, route);
    const patch = parsed(request.body);
    switch (request.contentType.split(";", 1)[0]) {
      case "application/apply-patch+yaml": {
        if (request.query.get("fieldManager") === null) {
          throw new Refusal(
            422,
            'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
          );
        }
        const isNew = this.#store.find(kind, key) === undefined;
        const force = request.query.get("force") === "true";
        const version = this.#store.apply(kind, key, objectOf(request, route), writer, force);
        return this.#one(request, isNew ? 201 : 200, version);
      }
      case "application/json-patch+json":
        return this.#one(
          request,
          200,
          this.#store.patch(kind, key, (live) => jsonPatch(live, patch) as Obj, writer),
        );
      case "application/merge-patch+json":
        return this.#one(
          request,
          200,
          this.#store.patch(kind, key, (live) => mergePatch(live, patch) as Obj, writer),
        );
      default:
        throw new Refusal(415, "the body of the request was in an unknown format");
    }
  }

  #delete(request: ApiRequest, route: Route): Reply {
    if (route.name === undefined)
      throw new Refusal(405, "the server does not allow this method on the requested resource");
    const options = (request.body === "" ? {} : parsed(request.body)) as {
      preconditions?: { uid?: string; resourceVersion?: string };
      gracePeriodSeconds?: number;
    };
    const { gracePeriodSeconds } = options;
    const version = this.#store.delete(route.kind, keyOf(route), {
      ...options.preconditions,
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    });
    if (version !== undefined) return this.#one(request, 200, version);
    const success: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" };
    return { code: 200, text: JSON.stringify({ ...success, details: { name: route.name, kind: route.kind.plural } }) };
  }

  /** The objects that a list or a watch is about. @throws Refusal 400 */
  selection({ query }: ApiRequest, { kind }: Route): Predicate {
    const byLabel = labelPredicate(query.get("labelSelector"));
    const byField = fieldPredicate(query.get("fieldSelector"), kind.selectable);
    return (object) => byLabel(object) && byField(object);
  }

  /** @throws Refusal 504 */
  checkNotInFuture(resourceVersion: string | null): void {
    if (Number(resourceVersion) <= this.#store.resourceVersion) return;
    throw new Refusal(504, `Too large resource version: ${resourceVersion}, current: ${this.#store.resourceVersion}`);
  }

  #list(request: ApiRequest, route: Route): Reply {
    const { query, accept } = request;
    const token = query.get("continue");
    this.checkNotInFuture(query.get("resourceVersion"));
    const { resourceVersion, versions } = token === null ? this.#snapshot(request, route) : this.#resumed(token);
    const limit = positive(query.get("limit")) ?? versions.length;
    const page = versions.slice(0, limit);
    const rest = versions.slice(limit);
    const next = rest.length === 0 ? undefined : this.#keep({ resourceVersion, versions: rest });
    const metadataOnly = wantsMetadata(accept);
    const identity = metadataOnly
      ? { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1" }
      : { kind: `${route.kind.kind}List`, apiVersion: route.kind.apiVersion };
    const metadata = {
      resourceVersion: String(resourceVersion),
      ...(next === undefined ? {} : { continue: next, remainingItemCount: rest.length }),
    };
    const head = JSON.stringify({ ...identity, metadata }).slice(0, -1);
    const items = page.map((version) => (metadataOnly ? version.metadataJson : version.json)).join(",");
    return { code: 200, text: `${head},"items":[${items}]}` };
  }

  #snapshot(request: ApiRequest, route: Route): Snapshot {
    const versions = this.#store.select(route.kind, this.selection(request, route), route.namespace);
    return { resourceVersion: this.#store.resourceVersion, versions };
  }

  #resumed(token: string): Snapshot {
    const snapshot = this.#snapshots.get(token);
    if (snapshot !== undefined) return snapshot;
    const message =
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.";
    throw new Refusal(410, message);
  }

  #keep(snapshot: Snapshot): string {
    const token = `page-${++this.#tokens}`;
    this.#snapshots.set(token, snapshot);
    const [oldest] = this.#snapshots.keys();
    if (this.#snapshots.size > MAX_SNAPSHOTS && oldest !== undefined) this.#snapshots.delete(oldest);
    return token;
  }
}
