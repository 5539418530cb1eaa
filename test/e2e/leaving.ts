/** How a pack leaves a doc, or does not, seen from outside: by its objects and by what the API server told of them. */
import { expect } from "vitest";
import { NAMESPACE } from "../../src/api/kinds.ts";
import { type KubeObject, keyOf } from "../../src/api/meta.ts";
import { ANNOTATION } from "../../src/api/names.ts";
import type { PackGrant, PackInstall } from "../../src/api/v1alpha1/index.ts";
import { childName } from "../../src/resources/identity.ts";
import { type EventuallyOptions, eventually } from "../cluster/eventually.ts";
import { kstatusOf } from "../gen/kstatus.ts";
import { nothingLeft, type Scene } from "./kit.ts";
import type { Moment, Timeline } from "./timeline.ts";

/** The latch, whole: nothing is left, the object stays, and it says why. */
export const untilUninstalled = async (
  scene: Scene,
  reason: string,
  name = "crm",
  options: EventuallyOptions = {},
): Promise<PackInstall> => {
  const latched = {
    Ready: `False ${reason}`,
    Installed: `False ${reason}`,
    Stalled: `True ${reason}`,
    Accepted: "False Uninstalled",
    ConfigurationBound: "False Uninstalled",
    Reconciling: null,
  };
  const install = await scene.until(name, latched, options);
  expect(install.status?.uninstalled).toMatchObject({ reason, configuration: expect.stringMatching(/./) });
  expect(install.status?.uninstalled?.message).toMatch(/\.$/);
  expect(install.status?.boundConfiguration).toBeUndefined();
  expect(kstatusOf(install)).toBe("Failed");
  await scene.untilChildren("grant, policy and pod are gone", nothingLeft, name, options);
  return install;
};

let looks = 0;

/** Has the controller look at an install once more, and waits until it has. */
export const lookedAtAgain = async (scene: Scene, name = "crm"): Promise<PackInstall> => {
  looks += 1;
  const asked = `look-${looks}`;
  await scene.stage.annotate(await scene.get(name), { [ANNOTATION.reconcileRequestedAt]: asked });
  return eventually("the install was looked at again", async () => {
    const install = await scene.get(name);
    return install.status?.lastHandledReconcileAt === asked && install;
  });
};

/** The moments at which the generated objects of an install were made, changed and removed; pods are never changed. */
export const childMoments = (timeline: Timeline, scene: Scene, install = "crm"): readonly string[] =>
  aboutChildren(timeline, scene, install).map(({ kind, object, type }) =>
    kind === "PackGrant" && type !== "DELETED" ? `${type} ${kind} ${stateOf(object)}` : `${type} ${kind}`,
  );

const aboutChildren = (timeline: Timeline, scene: Scene, install: string): readonly Moment[] => {
  const name = childName(scene.name, install);
  return timeline.moments
    .filter(({ key, kind }) => key.endsWith(`/${name}`) && kind !== "PackInstall")
    .filter(({ kind, type }) => kind !== "Pod" || type !== "MODIFIED");
};

const stateOf = (object: KubeObject): string => (object as PackGrant).spec.state;

/** In this order nothing is ever open without a fence, and nothing runs that was taken away. */
export const REVOKED_FIRST = [
  "MODIFIED PackGrant Revoked",
  "DELETED Pod",
  "DELETED PackGrant",
  "DELETED NetworkPolicy",
] as const;

/** A pack that fits no longer is gone so soon, in milliseconds, after the change that it does not fit to. */
const SOON_MS = 2_000;
/** What a reconcile writes one after the other, and as much again for what else the machine does meanwhile. */
const ROUND_TRIPS = 20;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Times from a change to the latch of an install that does not fit it, as the watch events tell. */
export class Departures {
  readonly #timeline: Timeline;
  readonly #times: number[] = [];

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** Makes a change, and waits until the pack is uninstalled for it: revoked first, and with nothing left. */
  async after(scene: Scene, reason: string, change: () => Promise<KubeObject>, name = "crm"): Promise<PackInstall> {
    const changed = await change();
    const install = await untilUninstalled(scene, reason, name);
    await expect.poll(() => childMoments(this.#timeline, scene, name).slice(-4)).toEqual(REVOKED_FIRST);
    this.#times.push(await this.#duration(changed, install));
    return install;
  }

  /** Fails unless most were done soon; a machine that is slow for everybody is given the time that it takes. */
  async expectSoon(scene: Scene): Promise<void> {
    const trips = [];
    for (let trip = 0; trip < 5; trip += 1) trips.push(await this.#roundTrip(scene));
    expect(this.#times.length).toBeGreaterThan(2);
    expect(median(this.#times)).toBeLessThan(SOON_MS + ROUND_TRIPS * median(trips));
  }

  /** From a write of ours to the event that tells it. */
  async #roundTrip(scene: Scene): Promise<number> {
    const began = performance.now();
    const written = await scene.stage.annotate(await scene.get(), { trip: `${began}` });
    const { at } = await this.#told(({ object }) => sameVersion(object, written));
    return at - began;
  }

  async #duration(changed: KubeObject, install: PackInstall): Promise<number> {
    const key = keyOf(changed);
    const begin = await this.#told(
      ({ kind, object, type, key: of }) =>
        kind === changed.kind && of === key && (sameVersion(object, changed) || isEndOf(changed, object, type)),
    );
    const end = await this.#told(
      ({ kind, object }) =>
        kind === "PackInstall" &&
        object.metadata.uid === install.metadata.uid &&
        (object as PackInstall).status?.uninstalled?.time === install.status?.uninstalled?.time,
    );
    return end.at - begin.at;
  }

  #told(fits: (moment: Moment) => boolean): Promise<Moment> {
    return eventually("the API server told of it", () => this.#timeline.moments.find(fits));
  }
}

const sameVersion = (a: KubeObject, b: KubeObject): boolean =>
  a.metadata.resourceVersion === b.metadata.resourceVersion && a.metadata.uid === b.metadata.uid;

const isEndOf = (changed: KubeObject, object: KubeObject, type: Moment["type"]): boolean =>
  type === "DELETED" && object.metadata.uid === changed.metadata.uid;

/** The namespace of a scene, to be annotated. */
export const namespaceOf = ({ name }: Scene): KubeObject => ({
  apiVersion: NAMESPACE.apiVersion,
  kind: NAMESPACE.kind,
  metadata: { name },
});
