/** Which change wakes which key. Every handler maps a change to keys; no handler looks at why. */
import { keyOf } from "../api/meta.ts";
import { LABEL, ORGANIZATION_NAME, SANDBOX_NAMESPACE } from "../api/names.ts";
import type {
  PackAccount,
  PackConfiguration,
  PackDefinition,
  PackDoc,
  PackFolder,
  PackInstall,
  PackOrganization,
  PackRequest,
  PackReview,
} from "../api/v1alpha1/index.ts";
import type { NetworkPolicySpec } from "../api/wire.ts";
import type { Clock } from "../lib/clock.ts";
import { deepEqual } from "../lib/deep-equal.ts";
import { claimsOf } from "../policy/doc.ts";
import { isBound } from "../policy/input.ts";
import { conditionOf } from "../resources/conditions.ts";
import { childNameOf } from "../resources/identity.ts";
import type { ObservedPolicy } from "../resources/observed.ts";
import { selects } from "../resources/reach.ts";
import { podLabels } from "../resources/sandbox-pod.ts";
import type { Controller } from "../runtime/controller.ts";
import type { Change } from "../runtime/store.ts";
import { claimantsOf } from "./gather.ts";
import { docsSharedWith, groupDifference, installsTouchedBy } from "./group-effects.ts";
import { docsBoundTo, docsWithRestriction } from "./pack-doc.ts";
import { docKey, docsUnder, foldersUnder, installsIn, type ObservedGroup, type World } from "./world.ts";

export type Controllers = {
  readonly installs: Controller;
  readonly definitions: Controller;
  readonly configurations: Controller;
  readonly organizations: Controller;
  readonly reviews: Controller;
  readonly requests: Controller;
  readonly groups: Controller;
  readonly docs: Controller;
  readonly folders: Controller;
  readonly accounts: Controller;
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
    wakeAll(controllers.accounts, world.accounts.store.keys());
    wakeAll(controllers.docs, world.docs.store.keys());
  });

  world.definitions.onChange((change: Change<PackDefinition>) => {
    controllers.definitions.enqueue(change.key);
    if (!changedByPeople(change) && sameEffect(change)) return;
    wakeInstalls(ofPack(change.key));
    for (const kind of ["configurations", "reviews", "requests", "accounts"] as const) {
      wakeAll(controllers[kind], world[kind].store.keysBy("pack", change.key));
    }
  });

  world.reviews.onChange((change: Change<PackReview>) => {
    controllers.reviews.enqueue(change.key);
    if (!changedByPeople(change) && sameAcceptance(change)) return;
    for (const pack of packsOf(change)) {
      controllers.definitions.enqueue(pack);
      wakeInstalls(ofPack(pack));
      wakeAll(controllers.accounts, world.accounts.store.keysBy("pack", pack));
    }
  });

  world.requests.onChange((change: Change<PackRequest>) => {
    controllers.requests.enqueue(change.key);
    if (changedByPeople(change)) for (const pack of packsOf(change)) wakeInstalls(ofPack(pack));
  });

  world.configurations.onChange((change: Change<PackConfiguration>) => {
    controllers.configurations.enqueue(change.key);
    if (!changedByPeople(change)) return;
    for (const configuration of [change.before, change.after]) {
      if (configuration === undefined) continue;
      const pack = configuration.spec.packRef?.name;
      const { accounts } = world;
      wakeInstalls(pack === undefined ? store.keys() : ofPack(pack));
      wakeAll(controllers.accounts, pack === undefined ? accounts.store.keys() : accounts.store.keysBy("pack", pack));
      wakeAll(controllers.docs, docsBoundTo(world, change.key));
    }
  });

  world.groups.onChange((change: Change<ObservedGroup>) => {
    controllers.groups.enqueue(change.key);
    wakeInstalls(installsTouchedBy(world, change, clock.now()));
    const { everybody, groups, users } = groupDifference(change, clock.now());
    const comesOrGoes = change.before === undefined || change.after === undefined;
    if (users.length === 0 && !everybody && !comesOrGoes) return;
    wakeAll(controllers.docs, docsWithRestriction(world));
    for (const group of groups) {
      const naming = world.configurations.store.by("group", group);
      wakeAll(controllers.configurations, naming.map(keyOf));
      for (const { spec } of naming) {
        const accounts = world.accounts.store;
        wakeAll(
          controllers.accounts,
          spec.packRef === undefined ? accounts.keys() : accounts.keysBy("pack", spec.packRef.name),
        );
      }
      wakeAll(controllers.docs, docsSharedWith(world, group));
    }
  });

  world.docs.onChange((change: Change<PackDoc>) => {
    const { after, before, key } = change;
    controllers.docs.enqueue(key);
    if (!changedByPeople(change)) return;
    wakeInstalls(installsIn(world, key));
    if (sameClaims(change)) return;
    for (const doc of [before, after]) {
      for (const rival of doc === undefined ? [] : claimantsOf(world, doc)) {
        controllers.docs.enqueue(keyOf(rival));
        wakeInstalls(installsIn(world, keyOf(rival)));
      }
    }
  });

  world.folders.onChange((change: Change<PackFolder>) => {
    const { key } = change;
    controllers.folders.enqueue(key);
    if (!changedByPeople(change)) return;
    wakeAll(controllers.folders, foldersUnder(world, key));
    for (const doc of docsUnder(world, key)) {
      controllers.docs.enqueue(doc);
      wakeInstalls(installsIn(world, doc));
    }
  });

  world.accounts.onChange((change: Change<PackAccount>) => {
    const { after, before, key } = change;
    controllers.accounts.enqueue(key);
    if (before === undefined || after === undefined) {
      for (const pack of packsOf(change)) controllers.definitions.enqueue(pack);
    }
    wakeInstalls(store.keysBy("account", key));
  });

  const wakeUnvouched = (): void => {
    wakeAll(controllers.organizations, world.organizations.store.keys());
    for (const kind of ["reviews", "requests", "accounts", "docs"] as const) {
      wakeAll(controllers[kind], world[kind].store.keys());
    }
    wakeInstalls(
      store
        .list()
        .filter((install) => !isBound(install))
        .map(keyOf),
    );
  };
  world.admissionPolicies.onChange(wakeUnvouched);
  world.admissionBindings.onChange(wakeUnvouched);

  world.installs.onChange((change: Change<PackInstall>) => {
    controllers.installs.enqueue(change.key);
    const { after, before } = change;
    const install = after ?? before;
    if (install === undefined) return;
    if (before === undefined || after === undefined) {
      controllers.definitions.enqueue(install.spec.packRef.name);
      if (before?.metadata.uid !== undefined) controllers.sweeper.enqueue(before.metadata.uid);
    }
    for (const name of trialsOf(before).symmetricDifference(trialsOf(after))) controllers.configurations.enqueue(name);
    const bindings = [boundName(before), boundName(after)];
    if (bindings[0] === bindings[1] && before?.metadata.uid === after?.metadata.uid) return;
    for (const name of bindings) if (name !== undefined) controllers.configurations.enqueue(name);
    wakeAll(controllers.docs, recordOf(install));
    wakeInstalls(store.keysBy("doc", docKey(install)));
  });

  world.namespaces.onChange(({ before, after, key }) => {
    if (before?.owner !== after?.owner) wakeInstalls(store.keysBy("namespace", key));
  });

  for (const informer of [world.grants, world.pods, world.policies]) {
    informer.onChange(({ before, after }: Change<{ readonly metadata: ObservedPolicy["metadata"] }>) => {
      const child = after ?? before;
      if (child === undefined) return;
      const owners = store.keysBy("child", child.metadata.name);
      wakeInstalls(owners);
      // Somebody may have taken the label away: what it named is left behind all the same.
      for (const uid of new Set([before, after].flatMap((it) => it?.metadata.labels?.[LABEL.installUid] ?? []))) {
        // What has an owner is the owner's matter; when the owner goes, that wakes the sweeper.
        const isOwned = after !== undefined && owners.some((key) => store.get(key)?.metadata.uid === uid);
        if (!isOwned) controllers.sweeper.enqueue(uid);
      }
    });
  }

  // An install waits until its definition remembers what was granted.
  world.grants.onChange(({ after }) => {
    const pack = after?.metadata.labels?.[LABEL.pack];
    if (after === undefined || pack === undefined) return;
    const known = world.definitions.store.get(pack)?.status?.knownDomains ?? [];
    if (after.granted.hosts.some((host) => !known.includes(host))) controllers.definitions.enqueue(pack);
  });

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

/** The key of the PackDoc that it lives in. */
const recordOf = ({ metadata, spec }: PackInstall): readonly string[] =>
  spec.docRef === undefined ? [] : [`${metadata.namespace}/${spec.docRef.name}`];

const trialsOf = (install: PackInstall | undefined): ReadonlySet<string> =>
  new Set((install?.status?.trials ?? []).map(({ configuration }) => configuration));

type OfPack = { readonly spec: { readonly packRef: { readonly name: string } } };

const packsOf = ({ before, after }: Change<OfPack>): ReadonlySet<string> =>
  new Set([before, after].flatMap((it) => (it === undefined ? [] : [it.spec.packRef.name])));

const sameClaims = ({ before, after }: Change<PackDoc>): boolean =>
  before !== undefined && after !== undefined && deepEqual(claimsOf(before), claimsOf(after));

const sameAcceptance = ({ before, after }: Change<PackReview>): boolean =>
  (before === undefined ? undefined : conditionOf(before, "Accepted"))?.status ===
  (after === undefined ? undefined : conditionOf(after, "Accepted"))?.status;

/** What of a definition's status counts for installs: a review that expires changes nothing else. */
const effect = ({ status }: PackDefinition): object => ({
  known: status?.knownDomains,
  effective: status?.effectiveDomains,
  review: status?.review,
});

const sameEffect = ({ before, after }: Change<PackDefinition>): boolean =>
  before !== undefined && after !== undefined && deepEqual(effect(before), effect(after));
