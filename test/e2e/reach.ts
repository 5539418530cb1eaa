/** Whether reach was ever wider than the newest policy, judged from what the API server stored, moment by moment. */
import { LABEL } from "../../src/api/names.ts";
import type { PackConfiguration, PackDefinition, PackGrant, PackInstall } from "../../src/api/v1alpha1/index.ts";
import type { NetworkPolicy } from "../../src/api/wire.ts";
import type { Moment } from "./timeline.ts";

type State = Map<string, Moment>;

const present = <T>(state: State, kind: string, fits: (object: T) => boolean): readonly T[] =>
  [...state.values()]
    .filter((it) => it.kind === kind && it.type !== "DELETED")
    .map(({ object }) => object as T)
    .filter(fits);

/** What a pack may reach by the newest objects: nothing without a definition and a configuration that allows it. */
const allowed = (state: State, pack: string): readonly string[] => {
  const [definition] = present<PackDefinition>(state, "PackDefinition", ({ metadata }) => metadata.name === pack);
  const about = present<PackConfiguration>(state, "PackConfiguration", ({ spec }) => spec.packRef?.name === pack);
  if (definition === undefined || about.length === 0 || about.some(({ spec }) => spec.state === "Denied")) return [];
  const declared = definition.spec.networkDomains ?? [];
  const fits = about.some(({ spec: { network } }) => {
    const covers = network?.allowedDomains ?? [];
    const isCovered = (domain: string) => covers.some((cover) => domain === cover || domain.endsWith(`.${cover}`));
    return network?.allow !== "Listed" || declared.every(isCovered);
  });
  return fits ? declared : [];
};

/** The egress and ingress rules of a policy as one line each; a fence has at most one of each, to the gateway. */
const isFenced = ({ spec }: NetworkPolicy): boolean => {
  const rules = [...(spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }))];
  const inward = (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }));
  return [...rules, ...inward].every(
    ({ peers, ports }) =>
      peers?.length === 1 &&
      ports?.length === 1 &&
      JSON.stringify(peers[0]).includes("packs-gateway") &&
      JSON.stringify(peers[0]).includes("packs-system"),
  );
};

/** A sentence for each moment at which something was open that must not be; empty if all is well. */
export const violations = (moments: readonly Moment[]): readonly string[] => {
  const state: State = new Map();
  const found: string[] = [];
  for (const moment of moments) {
    state.set(`${moment.kind} ${moment.key}`, moment);
    found.push(
      ...atMoment(state, moment).map(
        (what) => `at ${moment.version} (${moment.type} ${moment.kind} ${moment.key}): ${what}`,
      ),
    );
  }
  return found;
};

const atMoment = (state: State, moment: Moment): readonly string[] => {
  const found: string[] = [];
  if (moment.kind === "PackGrant" && moment.type !== "DELETED") {
    const { spec } = moment.object as PackGrant;
    const may = spec.state === "Active" ? allowed(state, spec.pack) : [];
    for (const { domain } of spec.state === "Active" ? (spec.hosts ?? []) : []) {
      if (!may.includes(domain)) found.push(`the grant was written with ${domain}, which no policy allows`);
    }
  }
  if (moment.kind === "NetworkPolicy" && moment.type !== "DELETED" && !isFenced(moment.object as NetworkPolicy)) {
    found.push("the policy opens more than the way to the gateway");
  }
  const uidOf = ({ metadata }: { metadata: { labels?: Readonly<Record<string, string>> } }) =>
    metadata.labels?.[LABEL.installUid];
  const fences = new Set(present<NetworkPolicy>(state, "NetworkPolicy", () => true).map(uidOf));
  if (moment.type === "ADDED" && moment.kind === "Pod" && !fences.has(uidOf(moment.object))) {
    found.push("a pod was made without its fence");
  }
  if (moment.kind === "PackGrant" && moment.type === "ADDED" && (moment.object as PackGrant).spec.state === "Active") {
    if (!fences.has(uidOf(moment.object))) found.push("a grant was made before its fence");
  }
  if (moment.kind === "PackInstall" && moment.type === "DELETED") {
    const uid = (moment.object as PackInstall).metadata.uid;
    const grants = present<PackGrant>(
      state,
      "PackGrant",
      ({ spec }) => spec.install.uid === uid && spec.state !== "Revoked",
    );
    if (grants.length > 0) found.push("the install went before its grant");
  }
  return found;
};
