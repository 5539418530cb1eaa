/** What must hold of the stored objects, whatever has happened (design: architecture, invariants P1 to P5). */
import { NETWORK_POLICY, PACK_GRANT, PACK_INSTALL, POD } from "../../src/api/kinds.ts";
import { keyOf } from "../../src/api/meta.ts";
import { GATEWAY_APP, LABEL, SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../../src/api/names.ts";
import type { PackGrant, PackInstall } from "../../src/api/v1alpha1/index.ts";
import type { NetworkPolicy } from "../../src/api/wire.ts";
import { gatherChildren, gatherInput } from "../../src/controllers/gather.ts";
import type { World } from "../../src/controllers/world.ts";
import { deepEqual } from "../../src/lib/deep-equal.ts";
import { evaluateInstall } from "../../src/policy/evaluate.ts";
import { grantOf } from "../../src/policy/grant.ts";
import { problem } from "../../src/policy/problem.ts";
import { trialFindings } from "../../src/policy/trial.ts";
import { desiredObjects } from "../../src/resources/desired.ts";
import { childNameOf } from "../../src/resources/identity.ts";
import { installStatus } from "../../src/resources/install-status.ts";
import { plan, standingPod } from "../../src/resources/plan.ts";
import type { Obj } from "../apiserver/objects.ts";
import type { Change, Store } from "../apiserver/store.ts";
import { allows, type End } from "../property/flows.ts";
import { excess } from "../property/reach.ts";
import { SETTINGS } from "./process.ts";
import { SECRET_NAME } from "./steps.ts";

const names = (name: string) => ({ "kubernetes.io/metadata.name": name });
const SANDBOXES = names(SANDBOX_NAMESPACE);
const GATEWAY: End = { name: "gateway", pod: { [LABEL.name]: GATEWAY_APP }, namespace: names(SYSTEM_NAMESPACE) };
const OTHERS: readonly End[] = [
  { name: "another pod", pod: {}, namespace: names("team") },
  { name: "another sandbox", pod: { [LABEL.sandbox]: "true" }, namespace: SANDBOXES },
  { name: "the internet", outside: true },
];
const PORTS = [443, 8000, 8080, 8443];

/** P1: what the fence of one install lets its pods open. */
const fenceProblem = (policy: NetworkPolicy): string | undefined => {
  const uid = policy.metadata.labels?.[LABEL.installUid] ?? "";
  const pod = { [LABEL.sandbox]: "true", [LABEL.installUid]: uid };
  for (const direction of ["Egress", "Ingress"] as const) {
    const open = (end: End, port: number): boolean => allows([policy.spec], pod, SANDBOXES, direction, end, port);
    const leak = OTHERS.find((end) => PORTS.some((port) => open(end, port)));
    if (leak !== undefined) return `P1: the fence ${policy.metadata.name} lets ${leak.name} through (${direction})`;
    const allowed = direction === "Egress" ? [8080, 8443] : [8000];
    const odd = PORTS.find((port) => open(GATEWAY, port) && !allowed.includes(port));
    if (odd !== undefined) return `P1: the fence ${policy.metadata.name} opens the port ${odd} (${direction})`;
  }
  return undefined;
};

const SANDBOX = { namespace: SANDBOX_NAMESPACE };
const SYSTEM = { namespace: SYSTEM_NAMESPACE };

/** What a single write of the controller must not do. `ordered`: the objects are as the controller left and saw them. */
export const writeProblem = (store: Store, change: Change, ordered: boolean): string | undefined => {
  const { kind, type, version } = change;
  const { object } = version;
  const { name } = object.metadata;
  if (object.metadata.namespace === SANDBOX_NAMESPACE && version.json.includes(SECRET_NAME)) {
    return `P3: ${kind.kind} ${name} names a credential`;
  }
  if (kind.kind === NETWORK_POLICY.kind && type !== "DELETED") {
    const wrong = fenceProblem(object as unknown as NetworkPolicy);
    if (wrong !== undefined) return wrong;
  }
  if (!ordered) return undefined;
  const uid = uidOf(object);
  const [fence, grant, pod] = [
    store.find(NETWORK_POLICY, { ...SANDBOX, name })?.object,
    store.find(PACK_GRANT, { ...SYSTEM, name })?.object,
    store.find(POD, { ...SANDBOX, name })?.object,
  ];
  const isOwn = (child: Obj | undefined): boolean => child !== undefined && uidOf(child) === uid;
  const open = isOwn(grant) && (grant as unknown as PackGrant).spec.state === "Active";
  switch (kind.kind) {
    case POD.kind:
      if (type !== "ADDED") return undefined;
      if (!isOwn(fence)) return `P4: the pod ${name} is made without a fence`;
      return open ? undefined : `P4: the pod ${name} is made without an active grant`;
    case NETWORK_POLICY.kind:
      if (type !== "DELETED") return undefined;
      if (isOwn(pod)) return `P4: the fence ${name} goes before its pod`;
      return open ? `P4: the fence ${name} goes while the grant is active` : undefined;
    case PACK_GRANT.kind:
      return grantWriteProblem(change, isOwn(fence));
    case PACK_INSTALL.kind:
      return latchProblem(store, change);
    default:
      return undefined;
  }
};

const uidOf = ({ metadata }: Obj): string | undefined => metadata.labels?.[LABEL.installUid];

const grantWriteProblem = ({ previous, type, version }: Change, fenced: boolean): string | undefined => {
  const { metadata, spec } = version.object as unknown as PackGrant;
  const before = previous?.object as unknown as PackGrant | undefined;
  if (type === "DELETED") {
    return before?.spec.state === "Active" ? `P4: the grant ${metadata.name} goes before it is revoked` : undefined;
  }
  return spec.state === "Active" && !fenced
    ? `P4: the grant ${metadata.name} opens before its fence stands`
    : undefined;
};

/** Whether a write says that a pack has been uninstalled. */
export const latches = ({ kind, previous, version }: Change): boolean => {
  if (kind.kind !== PACK_INSTALL.kind) return false;
  const before = previous?.object as unknown as PackInstall | undefined;
  const { status } = version.object as unknown as PackInstall;
  return status?.uninstalled !== undefined && before?.status?.uninstalled === undefined;
};

const latchProblem = (store: Store, change: Change): string | undefined => {
  if (!latches(change)) return undefined;
  const install = change.version.object as unknown as PackInstall;
  const grant = store.find(PACK_GRANT, { ...SYSTEM, name: childNameOf(install) })?.object as unknown as PackGrant;
  return grant?.spec.state === "Active" && grant.spec.install.uid === install.metadata.uid
    ? `P4: ${keyOf(install)} is uninstalled while its grant is active`
    : undefined;
};

/** P4: what is stored lets through no more than what the process has seen allows. */
export const reachProblem = (store: Store, world: World, now: number): string | undefined => {
  for (const install of world.installs.store.list()) {
    const name = childNameOf(install);
    const stored = store.find(PACK_GRANT, { ...SYSTEM, name })?.object as unknown as PackGrant | undefined;
    if (stored === undefined || stored.spec.install.uid !== install.metadata.uid) continue;
    const input = gatherInput(world, install, SETTINGS, now);
    const allowed = grantOf(input, evaluateInstall(input));
    const wider = allowed === "keep" ? undefined : excess(stored.spec, allowed);
    if (wider !== undefined) {
      return `P4: ${keyOf(install)} has ${wider}, which nothing allows (${evaluateInstall(input).outcome})`;
    }
  }
  return undefined;
};

const WHY = problem("Uninstalled", "the pack is not installed.");

/** At rest: every status says what a fresh look says, every object is as it must be, and nothing is left over. */
export const restProblem = (world: World, now: number): string | undefined => {
  for (const install of world.installs.store.list()) {
    const input = gatherInput(world, install, SETTINGS, now);
    const evaluation = evaluateInstall(input);
    const desired = desiredObjects(input, evaluation, SETTINGS);
    const children = gatherChildren(world, install);
    const [write] = plan(install, desired, children, WHY);
    if (write !== undefined) return `at rest ${keyOf(install)} waits for a ${write.verb} of its ${write.resource.kind}`;
    const status = installStatus({
      world: input,
      evaluation,
      desired,
      pod: standingPod(desired, children.pod),
      trials: trialFindings(input),
      obstacle: undefined,
    });
    if (!deepEqual(install.status, status)) {
      return `at rest the status of ${keyOf(install)} is ${JSON.stringify(install.status)} and not ${JSON.stringify(status)}`;
    }
  }
  return strayProblem(world);
};

const strayProblem = (world: World): string | undefined => {
  const uids = new Set(world.installs.store.list().map(({ metadata }) => metadata.uid));
  const children = [...world.grants.store.list(), ...world.pods.store.list(), ...world.policies.store.list()];
  const stray = children.find(({ metadata }) => {
    const uid = metadata.labels?.[LABEL.installUid];
    return uid !== undefined && !uids.has(uid);
  });
  return stray === undefined ? undefined : `P5: the ${stray.kind} ${stray.metadata.name} is left over`;
};
