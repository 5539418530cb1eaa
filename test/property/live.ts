/**
 * One install's life without an API server: the children are kept by applying planned writes to them, the way the
 * controller does, and the status is carried from one look to the next.
 */
import type { PackGrant, PackInstallStatus } from "../../src/api/v1alpha1/index.ts";
import type { KubeObject, NetworkPolicy, Pod } from "../../src/api/wire.ts";
import { deepEqual } from "../../src/lib/deep-equal.ts";
import { type Evaluation, evaluateInstall } from "../../src/policy/evaluate.ts";
import type { InstallInput } from "../../src/policy/input.ts";
import { problem } from "../../src/policy/problem.ts";
import { trialFindings } from "../../src/policy/trial.ts";
import { type Desired, desiredObjects } from "../../src/resources/desired.ts";
import { installStatus } from "../../src/resources/install-status.ts";
import { observeGrant, observePod, observePolicy } from "../../src/resources/observed.ts";
import { type Children, plan, standingPod, type Write } from "../../src/resources/plan.ts";
import { DEFAULT_SETTINGS } from "../../src/resources/settings.ts";

export const NO_CHILDREN: Children = { grant: undefined, networkPolicy: undefined, pod: undefined };

const WHY = problem("Uninstalled", "the pack is not installed.");

const observe = (children: Children, object: KubeObject): Children => {
  switch (object.kind) {
    case "PackGrant":
      return { ...children, grant: observeGrant(object as PackGrant) };
    case "NetworkPolicy":
      return { ...children, networkPolicy: observePolicy(object as NetworkPolicy) };
    default:
      return { ...children, pod: observePod(object as Pod) };
  }
};

const KEYS = { PackGrant: "grant", NetworkPolicy: "networkPolicy", Pod: "pod" } as const;

/** What is there after one write. A pod's labels change in place; its spec never does. */
export const applied = (children: Children, write: Write): Children => {
  if (write.verb === "delete") return { ...children, [KEYS[write.resource.kind as keyof typeof KEYS]]: undefined };
  if (write.verb !== "relabel") return observe(children, write.object);
  const { pod } = children;
  if (pod === undefined) return children;
  const labels = { ...pod.metadata.labels, ...write.object.metadata.labels };
  return { ...children, pod: { ...pod, metadata: { ...pod.metadata, labels } } };
};

/** `create PackGrant`, `delete Pod` ... */
export const named = (writes: readonly Write[]): readonly string[] =>
  writes.map(({ resource, verb }) => `${verb} ${resource.kind}`);

export type Look = {
  readonly evaluation: Evaluation;
  readonly desired: Desired;
  readonly writes: readonly Write[];
  readonly children: Children;
  readonly status: PackInstallStatus;
};

/** One reconcile: decide, plan, apply, and the status. */
export const look = (input: InstallInput, children: Children = NO_CHILDREN): Look => {
  const evaluation = evaluateInstall(input);
  const desired = desiredObjects(input, evaluation, DEFAULT_SETTINGS);
  const writes = plan(input.install, desired, children, WHY);
  const status = installStatus({
    world: input,
    evaluation,
    desired,
    pod: standingPod(desired, children.pod),
    trials: trialFindings(input),
    obstacle: undefined,
  });
  return { evaluation, desired, writes, children: writes.reduce(applied, children), status };
};

/** The world as the next look sees it: the status is written, and the stored grant is what it is. */
export const nextInput = (input: InstallInput, { children, status }: Look): InstallInput => ({
  ...input,
  install: { ...input.install, status },
  granted: children.grant?.granted,
});

/** Looks again and again, as watches would make the controller do, until nothing is written. At most `most` times. */
export const settled = (input: InstallInput, children: Children = NO_CHILDREN, most = 8): Look => {
  let [world, last] = [input, look(input, children)];
  for (let count = 1; count < most && !rests(world, last); count++) {
    world = nextInput(world, last);
    last = look(world, last.children);
  }
  return last;
};

const rests = ({ install }: InstallInput, { status, writes }: Look): boolean =>
  writes.length === 0 && deepEqual(install.status, status);
