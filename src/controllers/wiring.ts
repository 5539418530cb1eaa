/** Which change wakes which key. Every handler maps a change to keys; no handler looks at why. */
import { keyOf } from "../api/meta.ts";
import { LABEL, ORGANIZATION_NAME, SANDBOX_NAMESPACE } from "../api/names.ts";
import type { PackConfiguration, PackDefinition, PackInstall, PackOrganization } from "../api/v1alpha1/index.ts";
import type { NetworkPolicySpec } from "../api/wire.ts";
import type { Clock } from "../lib/clock.ts";
import { deepEqual } from "../lib/deep-equal.ts";
import { childNameOf } from "../resources/identity.ts";
import type { ObservedPolicy } from "../resources/observed.ts";
import { selects } from "../resources/reach.ts";
import { podLabels } from "../resources/sandbox-pod.ts";
import type { Controller } from "../runtime/controller.ts";
import type { Change } from "../runtime/store.ts";
import { docKey, type World } from "./world.ts";

export type Controllers = {
  readonly installs: Controller;
  readonly definitions: Controller;
  readonly configurations: Controller;
  readonly organizations: Controller;
  readonly sweeper: Controller;
};

type Meta = {
  readonly metadata: { readonly generation?: number; readonly deletionTimestamp?: string; readonly labels?: object };
};

/** People changed it; a status write alone wakes nobody else. */
const changedByPeople = <T extends Meta>({ before, after }: Change<T>): boolean =>
  before?.metadata.generation !== after?.metadata.generation ||
  before?.metadata.deletionTimestamp !== after?.metadata.deletionTimestamp ||
  !deepEqual(before?.metadata.labels, after?.metadata.labels);

/** Foreign policies that change together are looked at together: each look is at every install. */
const FOREIGN_MS = 20;

export const wire = (world: World, controllers: Controllers, clock: Clock): void => {
  const { store } = world.installs;
  const wakeInstalls = (keys: Iterable<string>): void => wakeAll(controllers.installs, keys);
  const ofPack = (pack: string): string[] => store.keysBy("pack", pack);

  world.organizations.onChange((change: Change<PackOrganization>) => {
    controllers.organizations.enqueue(change.key);
    if (change.key !== ORGANIZATION_NAME || !changedByPeople(change)) return;
    wakeInstalls(store.keys());
    wakeAll(controllers.definitions, world.definitions.store.keys());
  });

  world.definitions.onChange((change: Change<PackDefinition>) => {
    controllers.definitions.enqueue(change.key);
    if (!changedByPeople(change) && sameKnown(change)) return;
    wakeInstalls(ofPack(change.key));
    wakeAll(controllers.configurations, world.configurations.store.keysBy("pack", change.key));
  });

  world.configurations.onChange((change: Change<PackConfiguration>) => {
    controllers.configurations.enqueue(change.key);
    if (!changedByPeople(change)) return;
    for (const configuration of [change.before, change.after]) {
      const pack = configuration?.spec.packRef?.name;
      if (configuration !== undefined) wakeInstalls(pack === undefined ? store.keys() : ofPack(pack));
    }
  });

  world.installs.onChange((change: Change<PackInstall>) => {
    controllers.installs.enqueue(change.key);
    const { after, before } = change;
    const install = after ?? before;
    if (install === undefined) return;
    if (before === undefined || after === undefined) {
      controllers.definitions.enqueue(install.spec.packRef.name);
      if (before?.metadata.uid !== undefined) controllers.sweeper.enqueue(before.metadata.uid);
    }
    const bindings = [boundName(before), boundName(after)];
    if (bindings[0] === bindings[1] && before?.metadata.uid === after?.metadata.uid) return;
    for (const name of bindings) if (name !== undefined) controllers.configurations.enqueue(name);
    wakeInstalls(store.keysBy("doc", docKey(install)));
  });

  world.namespaces.onChange(({ before, after, key }) => {
    if (before?.owner !== after?.owner) wakeInstalls(store.keysBy("namespace", key));
  });

  for (const informer of [world.grants, world.pods, world.policies]) {
    informer.onChange(({ before, after }: Change<{ readonly metadata: ObservedPolicy["metadata"] }>) => {
      const child = after ?? before;
      if (child === undefined) return;
      wakeInstalls(store.keysBy("child", child.metadata.name));
      const uid = child.metadata.labels?.[LABEL.installUid];
      if (uid !== undefined) controllers.sweeper.enqueue(uid);
    });
  }

  const changed = new Set<NetworkPolicySpec>();
  const wakeSelected = (): void => {
    const specs = [...changed];
    changed.clear();
    const isSelected = (install: PackInstall): boolean => {
      const own = world.pods.store.get(`${SANDBOX_NAMESPACE}/${childNameOf(install)}`)?.metadata.labels ?? {};
      return specs.some(({ podSelector }) => selects(podSelector, podLabels(install)) || selects(podSelector, own));
    };
    wakeInstalls(store.list().filter(isSelected).map(keyOf));
  };
  world.policies.onChange(({ before, after }) => {
    const specs = [before?.foreign, after?.foreign].filter((spec) => spec !== undefined);
    if (specs.length > 0 && changed.size === 0) clock.after(FOREIGN_MS, wakeSelected);
    for (const spec of specs) changed.add(spec);
  });
};

const wakeAll = (controller: Controller, keys: Iterable<string>): void => {
  for (const key of keys) controller.enqueue(key);
};

const boundName = (install: PackInstall | undefined): string | undefined => install?.status?.boundConfiguration?.name;

const sameKnown = ({ before, after }: Change<PackDefinition>): boolean =>
  deepEqual(before?.status?.knownDomains, after?.status?.knownDomains);
