/** What a change does to the objects of a world: as `kubectl replace`, `create` and `delete` would store them. Pure. */
import { NAMESPACE, NETWORK_POLICY, PACK_GRANT, PACK_KINDS, type Resource } from "../../api/kinds.ts";
import { type KubeObject, keyOf, type ObjectMeta } from "../../api/meta.ts";
import type { PackAccount, PackDefinition } from "../../api/v1alpha1/index.ts";
import { toTimestamp } from "../../lib/clock.ts";
import { sha256, stableJson } from "../../lib/stable-json.ts";
import { declaredHosts } from "../../policy/account-consent.ts";
import { usageError } from "../exit.ts";
import type { Loaded } from "../input/load.ts";
import type { Manifest } from "../input/manifest.ts";
import { isRefused } from "../schema/admission.ts";
import { didYouMean, harmless } from "../text.ts";

/** Which object. `key`: `namespace/name`, or `name` of a cluster-wide one. */
export type Target = { readonly kind: string; readonly key: string };

/** One object of a change, with the place where it is written. */
export type Step =
  | { readonly verb: "put"; readonly target: Target; readonly object: KubeObject; readonly manifest?: Manifest }
  | { readonly verb: "delete"; readonly target: Target };

/** The kinds that a change may be about. */
const KINDS: readonly Resource[] = [...PACK_KINDS.filter((kind) => kind !== PACK_GRANT), NAMESPACE, NETWORK_POLICY];

const isNamespaced = (kind: string): boolean => KINDS.find((it) => it.kind === kind)?.namespaced === true;

export const targetOf = (object: KubeObject): Target => ({ kind: object.kind, key: keyOf(object) });

export const targetText = ({ kind, key }: Target): string => `${kind} ${key}`;

/** Of a cluster-wide kind without a namespace, of any other with one. */
const placed = (object: KubeObject, namespace: string): KubeObject => {
  const { namespace: given, ...metadata } = object.metadata;
  return isNamespaced(object.kind)
    ? { ...object, metadata: { ...metadata, namespace: given ?? namespace } }
    : { ...object, metadata };
};

/** Objects that were read from files and that the API server would take; of several with one name the last counts. `namespace`: of those that name none. */
export const stepsOf = ({ builtIn, ours }: Loaded, namespace: string): readonly Step[] => {
  const given = [
    ...ours
      .filter(({ admitted, manifest }) => manifest.kind !== PACK_GRANT.kind && !isRefused(admitted))
      .map(({ admitted, manifest }) => ({ manifest, object: admitted.object })),
    ...builtIn.map((manifest) => ({ manifest, object: manifest.object })),
  ];
  const steps = given.map(({ manifest, object }): Step => {
    const it = placed(object as unknown as KubeObject, namespace);
    return { verb: "put", target: targetOf(it), object: it, manifest };
  });
  return [...new Map(steps.map((step) => [targetText(step.target), step])).values()];
};

const namesOf = ({ kind, plural }: Resource): readonly string[] => [
  kind.toLowerCase(),
  plural,
  // People leave the prefix out that all kinds of the group have.
  ...(kind.startsWith("Pack") ? [kind.slice(4).toLowerCase(), plural.slice(4)] : []),
];

/**
 * `packconfiguration/crm`, or `packinstall/sales/crm` for one of another namespace than `namespace`.
 * @throws CommandError for anything else
 */
export const parseTarget = (text: string, namespace: string): Target => {
  const [word = "", ...rest] = text.split("/");
  const resource = KINDS.find((it) => namesOf(it).includes(word.toLowerCase()));
  if (resource === undefined) {
    const guess = didYouMean(word, KINDS.flatMap(namesOf));
    throw usageError(`--delete: '${harmless(word)}' is no kind that can be deleted here.${guess}`);
  }
  const { kind, namespaced } = resource;
  const fits = rest.every((part) => part !== "") && (rest.length === 1 || (namespaced && rest.length === 2));
  if (!fits) {
    const shape = namespaced ? `${kind}/NAME or ${kind}/NAMESPACE/NAME` : `${kind}/NAME`;
    throw usageError(`--delete: '${harmless(text)}' must be ${shape}.`);
  }
  return { kind, key: namespaced && rest.length === 1 ? `${namespace}/${rest[0]}` : rest.join("/") };
};

/** An id as only a cluster gives out, the same in every run. */
const uidOf = (...parts: readonly string[]): string =>
  sha256(parts.join("|")).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");

type Stored = KubeObject & { readonly spec?: unknown; readonly status?: unknown };

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

type Texts = Readonly<Record<string, string>>;

const appliedMetadata = ({ annotations }: ObjectMeta): Pick<ObjectMeta, "annotations" | "labels"> => {
  try {
    const applied = JSON.parse(annotations?.[LAST_APPLIED] ?? "{}") as Partial<KubeObject>;
    return applied.metadata ?? {};
  } catch {
    return {};
  }
};

/** Labels and annotations that others have written stay; those that were applied before and are written no more go. */
const mergedTexts = (stored: Texts = {}, applied: Texts = {}, given: Texts = {}): Texts => ({
  ...Object.fromEntries(Object.entries(stored).filter(([key]) => !Object.hasOwn(applied, key))),
  ...given,
});

const replaced = (stored: Stored, given: Stored): Stored => {
  const applied = appliedMetadata(stored.metadata);
  const generation = stored.metadata.generation ?? 1;
  const { status } = stored;
  return {
    ...given,
    metadata: {
      ...stored.metadata,
      labels: mergedTexts(stored.metadata.labels, applied.labels, given.metadata.labels),
      annotations: mergedTexts(stored.metadata.annotations, applied.annotations, given.metadata.annotations),
      generation: stableJson(stored.spec) === stableJson(given.spec) ? generation : generation + 1,
    },
    ...(status === undefined ? {} : { status }),
  } as Stored;
};

/** `now`: milliseconds since 1970. */
const created = (given: Stored, now: number): Stored => ({
  ...given,
  metadata: {
    ...given.metadata,
    uid: uidOf("created", given.kind, keyOf(given)),
    generation: 1,
    creationTimestamp: toTimestamp(now),
  },
});

/** What is in a namespace goes with it. */
const goesWith = ({ key, kind }: Target, object: KubeObject): boolean =>
  (object.kind === kind && keyOf(object) === key) ||
  (kind === NAMESPACE.kind && object.metadata.namespace === key && object.kind !== PACK_GRANT.kind);

/**
 * The objects after the change: what is deleted goes first, so that an object can be deleted and made anew.
 * `now`: milliseconds since 1970.
 */
export const applySteps = (
  objects: readonly KubeObject[],
  steps: readonly Step[],
  now: number,
): readonly KubeObject[] => {
  const gone = steps.filter(({ verb }) => verb === "delete").map(({ target }) => target);
  const left = gone.length === 0 ? objects : objects.filter((it) => !gone.some((target) => goesWith(target, it)));
  const byTarget = new Map(left.map((object) => [targetText(targetOf(object)), object]));
  for (const step of steps) {
    if (step.verb === "delete") continue;
    const key = targetText(step.target);
    const stored = byTarget.get(key);
    byTarget.set(key, stored === undefined ? created(step.object, now) : replaced(stored, step.object));
  }
  return withConsents([...byTarget.values()]);
};

/** To connect an account is to agree to what its pack asks for: what the controller would write down first. */
const withConsents = (objects: readonly KubeObject[]): readonly KubeObject[] => {
  const definitions = new Map(
    objects.filter(({ kind }) => kind === "PackDefinition").map((it) => [it.metadata.name, it as PackDefinition]),
  );
  return objects.map((object) => {
    if (object.kind !== "PackAccount") return object;
    const account = object as PackAccount;
    const definition = definitions.get(account.spec.packRef.name);
    if (account.status?.consentedDomains !== undefined || definition === undefined) return account;
    return { ...account, status: { ...account.status, consentedDomains: declaredHosts(definition) } };
  });
};

/** Objects without a time come after those that have one, in the order in which they were given. */
const madeAt = (order: number): string => toTimestamp(Date.UTC(2000, 0, 1) + order * 1000);

/** Their members count as just reported: a file says nothing about their age. */
const statusOf = ({ kind }: KubeObject, status: unknown, now: number): object => {
  const written = status !== null && typeof status === "object" ? status : undefined;
  if (kind === "PackGroup") return { status: { ...written, syncTime: toTimestamp(now) } };
  return written === undefined ? {} : { status: written };
};

/**
 * Files taken for what a cluster has stored: with their status where they have one, for `kubectl get -o yaml` writes it,
 * and with all that only a cluster gives out. `namespace`: of objects that name none; `now`: milliseconds since 1970.
 */
export const storedObjects = (loaded: Loaded, namespace: string, now: number): readonly KubeObject[] => {
  const steps = stepsOf(loaded, namespace).flatMap((step) => (step.verb === "put" ? [step] : []));
  return withConsents(
    steps.map(({ manifest, object }, order) => ({
      ...object,
      metadata: {
        ...object.metadata,
        uid: object.metadata.uid ?? uidOf("stored", object.kind, keyOf(object)),
        generation: object.metadata.generation ?? 1,
        creationTimestamp: object.metadata.creationTimestamp ?? madeAt(order),
      },
      ...statusOf(object, manifest?.object["status"], now),
    })),
  );
};
