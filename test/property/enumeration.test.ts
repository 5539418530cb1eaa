/**
 * Small worlds against the second opinion of {@link oracle}: tens of millions of them. By default a sample that a seed
 * chooses; PACKS_ENUMERATION_SEED draws it again. With TEST_LONG all of them, one after the other and none kept, in
 * parts; PACKS_ENUMERATION_PART names the only one to look at.
 */
import { expect, test } from "vitest";
import type { PackConfiguration, PackGroup, PackInstall, PackRequest, Share } from "../../src/api/v1alpha1/index.ts";
import { toTimestamp } from "../../src/lib/clock.ts";
import { type Evaluation, evaluateInstall } from "../../src/policy/evaluate.ts";
import type { InstallInput } from "../../src/policy/input.ts";
import { trialFindings } from "../../src/policy/trial.ts";
import { absent, found, type Lookup } from "../../src/policy/truth.ts";
import { Random } from "../explorer/random.ts";
import {
  ANN,
  approved,
  askingToReinstall,
  boundByDefault,
  boundTo,
  type Change,
  choosing,
  configuredBy,
  decidedAs,
  denied,
  docIn,
  granting,
  inDoc,
  installedBy,
  leavingSince,
  NOW,
  namespaceOwnedBy,
  OUTSIDER,
  onTrial,
  organization,
  organizedBy,
  packConfiguration,
  packDefinition,
  packDocObject,
  packFolder,
  packGroup,
  packInstall,
  packRequest,
  RULES,
  reaching,
  share,
  suspended,
  uninstalledFor,
  viewing,
  withGrace,
  withStatus,
  withUid,
} from "../gen/objects.ts";
import {
  BEGAN,
  type Entry,
  type GroupName,
  type Opinion,
  oracle,
  type Person,
  type SmallConfiguration,
  type SmallFolder,
  type SmallGroup,
  type SmallPlace,
  type SmallWorld,
  trialOpinion,
} from "./oracle.ts";

const USERS: Readonly<Record<Person, string>> = { ann: ANN, oz: OUTSIDER };
const PLAIN = { trial: false, domainFits: true, docs: "any", sharedWithin: false, remade: false } as const;

// The worlds: each is one choice from each of these lists.

const HERE = ["team", "plan"] as const;
const VARIANTS: readonly Partial<SmallConfiguration>[] = [
  {},
  { trial: true },
  { domainFits: false },
  { docs: HERE },
  { docs: [] },
  { sharedWithin: true },
  { sharedWithin: true, docs: ["plan"] },
  { sharedWithin: true, trial: true },
  { sharedWithin: true, remade: true },
];
const ADMITS: readonly SmallConfiguration["admits"][] = [
  "anybody",
  "nobody-at-all",
  "members",
  [],
  ["ann"],
  ["oz", "g"],
  ["g", "h"],
];
const CONFIGURATIONS_ONE: readonly (SmallConfiguration | null)[] = [
  null,
  ...ADMITS.flatMap((admits) => VARIANTS.map((variant) => ({ name: "one" as const, admits, ...PLAIN, ...variant }))),
];
const CONFIGURATIONS_TWO: readonly (SmallConfiguration | null)[] = [
  null,
  ...(["nobody-at-all", "members", ["ann"], ["g"]] as const).map((admits) => ({
    name: "two" as const,
    admits,
    ...PLAIN,
  })),
  { name: "two", admits: "members", ...PLAIN, trial: true, sharedWithin: true },
  { name: "two", admits: ["h", "ann"], ...PLAIN, sharedWithin: true },
];

const GROUPS: readonly SmallWorld["groups"][] = [
  ...(["absent", "stale", [], ["ann"], ["ann", "oz"]] as readonly SmallGroup[]).flatMap((g) =>
    (["absent", ["ann"]] as readonly SmallGroup[]).map((h) => ({ g, h })),
  ),
  { g: ["ann"], h: "stale" },
];

const CLOSED = { openToMembers: false, automatic: false, approvals: false };
const OPEN = { openToMembers: true, automatic: false, approvals: false };
const APPROVING = { openToMembers: false, automatic: true, approvals: true };
const ORGANIZATIONS: readonly Pick<SmallWorld, "organization" | "request">[] = [
  { organization: null, request: "denied" },
  { organization: CLOSED, request: null },
  { organization: CLOSED, request: "approved" },
  { organization: CLOSED, request: "denied" },
  { organization: OPEN, request: null },
  { organization: OPEN, request: "denied" },
  { organization: { ...OPEN, automatic: true }, request: null },
  ...([null, "open", "approved", "denied"] as const).map((request) => ({ organization: APPROVING, request })),
  { organization: { ...APPROVING, openToMembers: true }, request: null },
];

const DEFINITIONS: readonly SmallWorld["definition"][] = ["fine", "not accepted", "grown", null];

const ABOVE: Readonly<Record<"inner" | "outer", SmallFolder>> = {
  inner: { shared: [], under: "outer" },
  outer: { shared: ["ann"], under: null },
};
const inFolder = (
  folder: "inner" | "outer",
  folders: Partial<typeof ABOVE>,
  moved = false,
): Pick<SmallWorld, "place" | "folders"> => ({
  place: { doc: "notes", owner: "ann", shared: [], folder, moved },
  folders: { ...ABOVE, ...folders },
});
const doc = (owner: Person, ...shared: readonly Entry[]): Pick<SmallWorld, "place" | "folders"> => ({
  place: { doc: "plan", owner, shared, folder: null, moved: false },
  folders: ABOVE,
});
const PLACES: readonly Pick<SmallWorld, "place" | "folders">[] = [
  ...([null, "ann", "oz"] as const).map((owner) => ({ place: { doc: "team" as const, owner }, folders: ABOVE })),
  { place: { doc: "plan", gone: true }, folders: ABOVE },
  doc("ann"),
  doc("oz"),
  doc("ann", "g"),
  doc("ann", "oz"),
  doc("ann", "domain", "h"),
  doc("ann", "anyone"),
  inFolder("inner", {}),
  inFolder("inner", { outer: { shared: ["oz"], under: null } }),
  inFolder("inner", { inner: { shared: ["g", "oz"], under: "outer" } }, true),
  inFolder("inner", { inner: "missing" }),
  inFolder("outer", { outer: { shared: ["h"], under: "outer" } }),
];

const HISTORIES: readonly Pick<SmallWorld, "history" | "naming">[] = [
  { history: "new", naming: null },
  { history: "new", naming: "one" },
  { history: "bound to one", naming: null },
  { history: "leaving one", naming: "one" },
  { history: "bound by default", naming: null },
  { history: "bound by the request", naming: null },
  { history: "uninstalled", naming: null },
  { history: "uninstalled, then asked for", naming: "one" },
];

const INSTALLERS: readonly Person[] = ["ann", "oz"];

const FLAGS: readonly Pick<SmallWorld, "resting" | "widened" | "grace">[] = [
  { resting: false, widened: false, grace: false },
  { resting: false, widened: false, grace: true },
  { resting: true, widened: true, grace: true },
  { resting: false, widened: true, grace: false },
];

const LISTS = [
  CONFIGURATIONS_ONE,
  CONFIGURATIONS_TWO,
  GROUPS,
  ORGANIZATIONS,
  DEFINITIONS,
  PLACES,
  HISTORIES,
  INSTALLERS,
] as const;
const COUNT = LISTS.reduce((product, { length }) => product * length, 1);

/** The world of that number. The flags take turns. */
const worldAt = (number: number): SmallWorld => {
  let rest = number;
  const choose = <T>(list: readonly T[]): T => {
    const chosen = list[rest % list.length] as T;
    rest = Math.floor(rest / list.length);
    return chosen;
  };
  const flags = FLAGS[(number % 7) % FLAGS.length] as (typeof FLAGS)[number];
  const installer = choose(INSTALLERS);
  const history = choose(HISTORIES);
  const place = choose(PLACES);
  const definition = choose(DEFINITIONS);
  const { organization: org, request } = choose(ORGANIZATIONS);
  const groups = choose(GROUPS);
  const two = choose(CONFIGURATIONS_TWO);
  const one = choose(CONFIGURATIONS_ONE);
  const configurations = [one, two].filter((it) => it !== null);
  return { ...flags, ...history, ...place, installer, definition, organization: org, request, groups, configurations };
};

/** A trial of a denial is refused by the CRD. Nothing is known of a doc's folders where there is none. */
const isPossible = ({ configurations }: SmallWorld): boolean =>
  configurations.every(({ admits, trial }) => !(trial && admits === "nobody-at-all"));

// From small worlds to what the rules look at. Every object is built once: there are few, and millions of worlds.

const remember = <K extends object | null, V>(make: (key: K) => V): ((key: K) => V) => {
  const made = new Map<K, V>();
  return (key) => {
    let value = made.get(key);
    if (value === undefined) {
      value = make(key);
      made.set(key, value);
    }
    return value;
  };
};

const NAMES: Readonly<Record<GroupName, string>> = { g: "sales", h: "ops" };
const isGroup = (name: Entry): name is GroupName => name === "g" || name === "h";

const whom = ({ admits }: SmallConfiguration): Change<PackConfiguration> => {
  if (admits === "anybody") return approved();
  if (admits === "nobody-at-all") return denied();
  if (admits === "members") return (it) => it;
  const subjects = admits.map((name) =>
    isGroup(name) ? { kind: "Group" as const, name: NAMES[name] } : { kind: "User" as const, name: USERS[name] },
  );
  return configuredBy({ access: { scope: "Subjects", subjects } });
};

const toConfiguration = (grace: boolean) =>
  remember(
    (small: SmallConfiguration): PackConfiguration =>
      packConfiguration(
        small.name,
        whom(small),
        withUid(small.remade ? "another" : small.name),
        ...(small.trial ? [onTrial()] : []),
        configuredBy({
          network: { allow: "Listed", allowedDomains: [small.domainFits ? "crm.com" : "other.com"] },
          doc: {
            sharing: {
              ...(small.docs === "any"
                ? { allow: "All" }
                : { allow: "Listed", allowedDocs: small.docs.map((it) => (it === "team" ? it : `team/${it}`)) }),
              enforcePackConfigurationPermissions: small.sharedWithin,
            },
          },
        }),
        withGrace(grace ? 60 : 0),
      ),
  );
const GRACIOUS = toConfiguration(true);
const STRICT = toConfiguration(false);

const toShare = (entry: Entry): Share => {
  if (entry === "anyone") return share("Anyone");
  if (entry === "domain") return share("Domain", "example.com");
  return isGroup(entry) ? share("Group", NAMES[entry]) : share("User", USERS[entry]);
};

const toDoc = remember(({ folders, place }: Pick<SmallWorld, "place" | "folders">): InstallInput["doc"] => {
  if (place.doc === "team") {
    const owner: Lookup<string> = place.owner === null ? absent : found(USERS[place.owner]);
    return namespaceOwnedBy(owner);
  }
  if ("gone" in place) return absent;
  const object = packDocObject(place.doc, {
    owner: USERS[place.owner],
    sharing: place.shared.map(toShare),
    ...(place.folder === null ? {} : { folderRef: { name: place.folder } }),
  });
  const above = (["inner", "outer"] as const).flatMap((name) => {
    const folder = folders[name];
    if (folder === "missing") return [];
    const parent = folder.under === null ? {} : { parentRef: { name: folder.under } };
    return [packFolder(name, { sharing: folder.shared.map(toShare), ...parent })];
  });
  return docIn(object, ...above);
});

const toGroup = (name: GroupName, state: SmallGroup): readonly PackGroup[] => {
  if (state === "absent") return [];
  if (state !== "stale") return [packGroup(NAMES[name], { members: state.map((person) => USERS[person]) })];
  const source = { name: "directory", maxAgeSeconds: 60 };
  return [packGroup(NAMES[name], { members: [ANN], source }, { syncTime: toTimestamp(NOW - 61_000) })];
};

const toGroups = remember(({ g, h }: SmallWorld["groups"]) => viewing(...toGroup("g", g), ...toGroup("h", h)));

const REQUEST = { namespace: "team", name: "asked", uid: "uid-of-asked" };
const REQUESTS: Readonly<Record<NonNullable<SmallWorld["request"]>, readonly PackRequest[]>> = {
  open: [packRequest("asked")],
  approved: [packRequest("asked", decidedAs("Approved"))],
  denied: [packRequest("asked", decidedAs("Denied"))],
};

const bound = (grace: boolean): Change<PackInstall> =>
  boundTo(packConfiguration("one", withUid("one"), withGrace(grace ? 60 : 0)));

const states = ({ grace, history }: SmallWorld): readonly Change<PackInstall>[] => {
  switch (history) {
    case "new":
      return [];
    case "bound to one":
      return [bound(grace)];
    case "leaving one":
      return [bound(grace), leavingSince(NOW - 30_000, BEGAN)];
    case "bound by default":
      return [boundByDefault()];
    case "bound by the request":
      return [boundByDefault(REQUEST)];
    case "uninstalled":
      return [uninstalledFor("PackDenied")];
    case "uninstalled, then asked for":
      return [uninstalledFor("PackDenied"), askingToReinstall("1")];
  }
};

const foldersBefore = (place: SmallPlace): Change<PackInstall> => {
  if (!("moved" in place)) return (it) => it;
  return withStatus({ folders: place.moved ? [] : ["inner", "outer"] });
};

const INSTALLS = new Map<string, PackInstall>();
const toInstall = (world: SmallWorld): PackInstall => {
  const { grace, history, installer, naming, place, resting } = world;
  const key = `${grace} ${history} ${installer} ${naming} ${place.doc} ${"moved" in place && place.moved} ${resting}`;
  const known = INSTALLS.get(key);
  if (known !== undefined) return known;
  const made = packInstall(
    "crm",
    installedBy(USERS[installer]),
    ...(naming === null ? [] : [choosing(naming)]),
    ...(resting ? [suspended()] : []),
    ...(place.doc === "team" ? [] : [inDoc(place.doc)]),
    ...states(world),
    foldersBefore(place),
  );
  INSTALLS.set(key, made);
  return made;
};

const toOrganization = remember((small: SmallWorld["organization"]) =>
  small === null
    ? absent
    : found(
        organization(
          organizedBy({
            defaultAccess: small.openToMembers ? "Members" : "Deny",
            reinstallPolicy: small.automatic ? "Automatic" : "Manual",
            approvals: { mode: small.approvals ? "Required" : "Off" },
          }),
        ),
      ),
);

const PACKS: Readonly<Record<NonNullable<SmallWorld["definition"]>, InstallInput["definition"]>> = {
  fine: found(packDefinition("crm")),
  grown: found(packDefinition("crm", reaching("api.crm.com", "new.com"))),
  "not accepted": found(packDefinition("crm", reaching("co.uk"))),
};

const PLACE_KEYS = new Map(PLACES.map((it) => [it.place, it]));
const GRANTED = granting("api.crm.com");
const WIDE = ["packs-sandboxes/evil"];

const toInput = (world: SmallWorld): InstallInput => {
  const { configurations, definition, groups, history, place, request } = world;
  const holds = history.startsWith("bound") || history === "leaving one";
  return {
    now: NOW,
    install: toInstall(world),
    organization: toOrganization(world.organization),
    definition: definition === null ? absent : PACKS[definition],
    configurations: configurations.map(world.grace ? GRACIOUS : STRICT),
    configurationsKnown: true,
    siblings: [],
    reviews: [],
    grantedToPack: [],
    reviewsKnown: true,
    requests: request === null ? [] : REQUESTS[request],
    requestsKnown: true,
    doc: toDoc(PLACE_KEYS.get(place) ?? world),
    groups: toGroups(groups),
    accounts: [],
    accountsKnown: true,
    unvouched: undefined,
    granted: holds ? GRANTED : undefined,
    widenedBy: world.widened ? WIDE : [],
    rules: RULES,
  };
};

// The comparison.

const among = (reason: string | undefined, reasons: readonly string[]): boolean =>
  reason === undefined ? reasons.length === 0 : reasons.includes(reason);

const agrees = (evaluation: Evaluation, opinion: Opinion): boolean => {
  if (evaluation.outcome.toLowerCase() !== opinion.is) return false;
  if (evaluation.outcome === "Latched" || opinion.is === "latched") return true;
  if (evaluation.outcome === "Installed") {
    return (
      opinion.is === "installed" &&
      evaluation.permit.binding.name === opinion.by &&
      among(evaluation.suspended?.reason, opinion.suspended) &&
      among(evaluation.unknown?.reason, opinion.unknown)
    );
  }
  const { reason } = "cause" in evaluation ? evaluation.cause : evaluation.problem;
  return opinion.is !== "installed" && opinion.why.includes(reason);
};

const trialsAgree = (input: InstallInput, world: SmallWorld): boolean => {
  const [findings, opinion] = [trialFindings(input), trialOpinion(world)];
  if (findings === undefined || opinion === undefined) return findings === opinion;
  const told = new Map(findings.map(({ configuration, reason }) => [configuration, reason as string]));
  return [...opinion].every(([name, reasons]) => among(told.get(name), reasons)) && told.size <= opinion.size;
};

const said = (evaluation: Evaluation): object => {
  const { outcome } = evaluation;
  if (outcome === "Latched") return { outcome };
  if (outcome !== "Installed")
    return { outcome, why: "cause" in evaluation ? evaluation.cause.reason : evaluation.problem.reason };
  const { permit, suspended: closed, unknown } = evaluation;
  return { outcome, by: permit.binding.name, suspended: closed?.reason, unknown: unknown?.reason };
};

type Tally = { differences: string[]; seen: Map<string, number>; worlds: number };

const compare = (number: number, tally: Tally): void => {
  const world = worldAt(number);
  if (!isPossible(world)) return;
  const input = toInput(world);
  const [rules, opinion] = [evaluateInstall(input), oracle(world)];
  tally.worlds += 1;
  const kind = "why" in opinion ? `${opinion.is} ${opinion.why[0]}` : opinion.is;
  tally.seen.set(kind, (tally.seen.get(kind) ?? 0) + 1);
  if (agrees(rules, opinion) && trialsAgree(input, world)) return;
  if (tally.differences.length >= 3) return;
  const trials = { rules: trialFindings(input)?.map(({ reason }) => reason), opinion: trialOpinion(world) };
  tally.differences.push(JSON.stringify({ number, rules: said(rules), opinion, trials, world }));
};

const SAMPLE = 60_000;

test("S1-69 in small worlds that a seed chooses the rules and the second opinion agree", { timeout: 120_000 }, () => {
  const seed = Number(process.env["PACKS_ENUMERATION_SEED"] ?? Date.now() % 1_000_000);
  process.stdout.write(`small worlds: ${SAMPLE} of ${COUNT}, PACKS_ENUMERATION_SEED=${seed}\n`);
  const random = new Random(seed);
  const tally: Tally = { differences: [], seen: new Map(), worlds: 0 };
  for (let drawn = 0; drawn < SAMPLE; drawn++) compare(random.below(COUNT), tally);
  expect(tally.differences).toEqual([]);
  expect(tally.worlds).toBeGreaterThan(SAMPLE * 0.8);
  expect(tally.seen.size).toBeGreaterThan(20);
});

const PARTS = 16;
const part = process.env["PACKS_ENUMERATION_PART"];
const parts = part === undefined ? Array.from({ length: PARTS }, (_, index) => index + 1) : [Number(part)];

if (process.env["TEST_LONG"] !== undefined) {
  test.each(parts)(
    `S1-69 in every small world the rules and the second opinion agree: part %i of ${PARTS}`,
    {
      timeout: 86_400_000,
    },
    (which) => {
      const tally: Tally = { differences: [], seen: new Map(), worlds: 0 };
      const last = Math.floor((COUNT / PARTS) * which);
      for (let number = Math.floor((COUNT / PARTS) * (which - 1)); number < last; number++) compare(number, tally);
      expect(tally.differences).toEqual([]);
    },
  );
}
