/** What people and machines beside the controller do to the server's objects, at once and without asking. */
import {
  CUSTOM_RESOURCE_DEFINITION,
  crdName,
  NETWORK_POLICY,
  PACK_CONFIGURATION,
  PACK_DEFINITION,
  PACK_GROUP,
  PACK_INSTALL,
  PACK_KINDS,
  PACK_REVIEW,
  POD,
  type Resource,
} from "../../src/api/kinds.ts";
import { SANDBOX_NAMESPACE } from "../../src/api/names.ts";
import type { PackDefinition } from "../../src/api/v1alpha1/index.ts";
import { toTimestamp } from "../../src/lib/clock.ts";
import { digestsOf } from "../../src/policy/definition.ts";
import { childName } from "../../src/resources/identity.ts";
import { CONTAINER } from "../../src/resources/sandbox-pod.ts";
import type { ServedKind } from "../apiserver/kinds.ts";
import type { Obj } from "../apiserver/objects.ts";
import type { LocalServer } from "./server.ts";
import { CHILDREN, type Spec, type Step, type Target, TEAM } from "./steps.ts";

const WRITER = { fieldManager: "somebody" };
const STATUS = { ...WRITER, subresource: "status" };
const WIDE_POLICY = "wide";

const RUNNING = {
  phase: "Running",
  podIP: "10.0.0.9",
  conditions: [{ type: "Ready", status: "True" }],
  initContainerStatuses: [
    { name: CONTAINER.prove, state: { terminated: { exitCode: 0, message: JSON.stringify({ result: "Enforced" }) } } },
  ],
};

export class People {
  readonly #server: LocalServer;
  readonly #lost = new Map<Resource, readonly Obj[]>();
  /** Since when a kind has been missing; monotonic. */
  missingSince: number | undefined;

  constructor(server: LocalServer) {
    this.#server = server;
  }

  /** What a cluster has before the first process starts. */
  prepare(): void {
    for (const resource of PACK_KINDS) this.#define(resource);
  }

  #define(resource: Resource): void {
    const { apiVersion, kind } = CUSTOM_RESOURCE_DEFINITION;
    const definition = { apiVersion, kind, metadata: { name: crdName(resource) } };
    this.#server.store.create(this.#kind(CUSTOM_RESOURCE_DEFINITION), definition, WRITER);
  }

  /** The definition goes first, then one object after the other: to a watch it looks like people deleting them. */
  #loseKind(resource: Resource): void {
    if (this.#lost.has(resource)) return;
    const objects = this.#server.store.select(resource, () => true).map(({ object }) => object);
    this.#lost.set(resource, objects);
    this.missingSince ??= this.#server.clock.monotonic();
    this.delete({ resource: CUSTOM_RESOURCE_DEFINITION, name: crdName(resource) });
    for (const { metadata } of objects) this.delete({ resource, ...metadata });
  }

  /** Whoever deletes a kind by mistake applies it again, and its objects. */
  restoreKinds(): void {
    for (const [resource, objects] of this.#lost) {
      this.#define(resource);
      this.#lost.delete(resource);
      for (const object of objects) {
        const { metadata } = object;
        if (this.#live({ resource, ...metadata }) === undefined) {
          this.#write({ resource, ...metadata }, object["spec"] as Spec);
        }
      }
    }
    this.missingSince = undefined;
  }

  /** Does what a step is about, if it is about objects. */
  act(step: Step): void {
    switch (step.kind) {
      case "write":
        this.#write(step.target, step.spec);
        break;
      case "annotate":
        this.#patch(step.target, (live) => ({
          ...live,
          metadata: { ...live.metadata, annotations: { ...live.metadata.annotations, [step.key]: step.value } },
        }));
        break;
      case "report":
        this.report(step.group, step.agoMs);
        break;
      case "review":
        this.#review(step);
        break;
      case "delete":
        this.delete(step.target);
        break;
      case "tamper":
        this.#tamper(step);
        break;
      case "widen":
        this.#widen(step.present);
        break;
      case "podsRun":
        this.podsRun();
        break;
      case "kindLost":
        this.#loseKind(step.resource);
        break;
      case "kindsBack":
        this.restoreKinds();
        break;
      default:
    }
  }

  delete({ name, namespace, resource }: Target): void {
    if (this.#live({ name, resource, ...(namespace === undefined ? {} : { namespace }) }) === undefined) return;
    this.#server.store.delete(this.#kind(resource), { name, namespace });
  }

  /** The source of a group says that its members are as they were so long ago. */
  report(group: string, agoMs: number): void {
    const syncTime = toTimestamp(this.#server.clock.now() - agoMs);
    const target = { resource: PACK_GROUP, name: group };
    const status = (this.#live(target)?.["status"] ?? {}) as object;
    this.#patch(target, (live) => ({ ...live, status: { ...status, syncTime } }), STATUS);
  }

  /** What a node does: it starts the pods that are there, and ends those that are to go. */
  podsRun(): void {
    for (const { object } of this.#server.store.select(POD, () => true, SANDBOX_NAMESPACE)) {
      const { deletionTimestamp, name } = object.metadata;
      const target = { resource: POD, namespace: SANDBOX_NAMESPACE, name };
      if (deletionTimestamp !== undefined) {
        this.#server.store.delete(this.#kind(POD), target, { gracePeriodSeconds: 0 });
      } else {
        this.#patch(target, (live) => ({
          ...live,
          spec: { ...(live["spec"] as object), nodeName: "node" },
          status: RUNNING,
        }));
        this.#patch(target, (live) => ({ ...live, status: RUNNING }), STATUS);
      }
    }
  }

  #write(target: Target, spec: Spec): void {
    const { name, namespace, resource } = target;
    if (this.#lost.has(resource)) return;
    const live = this.#live(target);
    if (live !== undefined && live.metadata.deletionTimestamp === undefined && !changesPack(resource, live, spec)) {
      this.#patch(target, (object) => ({ ...object, spec: kept(resource, object, spec) }));
      return;
    }
    if (live !== undefined) this.delete(target);
    if (this.#live(target) !== undefined) return;
    const { apiVersion, kind } = resource;
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    this.#server.store.create(this.#kind(resource), { apiVersion, kind, metadata, spec }, WRITER);
  }

  #review({ domains, name, pack }: Extract<Step, { kind: "review" }>): void {
    const definition = this.#live({ resource: PACK_DEFINITION, name: pack });
    if (definition === undefined) return;
    const { reviewDigest } = digestsOf(definition as unknown as PackDefinition);
    const target = { resource: PACK_REVIEW, name };
    this.delete(target);
    this.#write(target, {
      packRef: { name: pack },
      reviewDigest,
      reviewer: "rita@example.com",
      approve: { networkDomains: domains },
    });
  }

  #tamper({ how, install, what }: Extract<Step, { kind: "tamper" }>): void {
    const [, resource, namespace] = CHILDREN.find(([it]) => it === what) ?? CHILDREN[0] ?? [];
    if (resource === undefined || namespace === undefined) return;
    const target = { resource, namespace, name: childName(TEAM, install) };
    if (how === "delete") this.delete(target);
    else this.#patch(target, (live) => edited(what, live));
  }

  #widen(present: boolean): void {
    const target = { resource: NETWORK_POLICY, namespace: SANDBOX_NAMESPACE, name: WIDE_POLICY };
    if (!present) this.delete(target);
    else this.#write(target, { podSelector: {}, policyTypes: ["Egress"], egress: [{}] });
  }

  #live({ name, namespace, resource }: Target): Obj | undefined {
    return this.#server.store.find(resource, { name, namespace })?.object;
  }

  #patch({ name, namespace, resource }: Target, change: (live: Obj) => Obj, writer: typeof WRITER = WRITER): void {
    const live = this.#live({ name, resource, ...(namespace === undefined ? {} : { namespace }) });
    if (live === undefined) return;
    this.#server.store.patch(this.#kind(resource), { name, namespace }, change, writer);
  }

  #kind(resource: Resource): ServedKind {
    const kind = this.#server.store.kinds.find(resource);
    if (kind === undefined) throw new Error(`${resource.kind} is not served`);
    return kind;
  }
}

const packOf = (spec: unknown): string | undefined =>
  (spec as { readonly packRef?: { readonly name: string } } | undefined)?.packRef?.name;

/** The pack of a configuration never changes; who wants another one deletes it. */
const changesPack = (resource: Resource, live: Obj, spec: Spec): boolean =>
  resource === PACK_CONFIGURATION && packOf(live["spec"]) !== packOf(spec);

/** The choice of an install stays as it is while it is there. */
const kept = (resource: Resource, live: Obj, spec: Spec): Spec => {
  if (resource !== PACK_INSTALL) return spec;
  const { configurationRef: _, ...rest } = spec;
  const before = (live["spec"] as Spec)["configurationRef"];
  return before === undefined ? rest : { ...rest, configurationRef: before };
};

const edited = (what: "grant" | "policy" | "pod", live: Obj): Obj => {
  switch (what) {
    case "grant":
      return { ...live, spec: { ...(live["spec"] as object), hosts: [{ domain: "evil.com", auth: "User" }] } };
    case "policy":
      return { ...live, spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], egress: [{}] } };
    case "pod":
      return { ...live, metadata: { ...live.metadata, labels: {} } };
  }
};
