/** What may happen in a history: edits by people, tampering, and everything that can go wrong between two processes. */
import {
  NAMESPACE,
  NETWORK_POLICY,
  PACK_ACCOUNT,
  PACK_CONFIGURATION,
  PACK_DEFINITION,
  PACK_DOC,
  PACK_FOLDER,
  PACK_GRANT,
  PACK_GROUP,
  PACK_INSTALL,
  PACK_KINDS,
  PACK_ORGANIZATION,
  PACK_REQUEST,
  PACK_REVIEW,
  POD,
  type Resource,
} from "../../src/api/kinds.ts";
import { ANNOTATION, SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../../src/api/names.ts";
import { OUTSIDER } from "../gen/objects.ts";
import type { Random } from "./random.ts";
import type { Trouble } from "./server.ts";

const ANN = "ann@example.com";
const BEN = "ben@example.com";
const USERS = [ANN, BEN, OUTSIDER] as const;
export const TEAM = "team";
/** Names a Secret; it must never be seen among the sandboxes. */
export const SECRET_NAME = "token-of-ann";

export type Target = { readonly resource: Resource; readonly namespace?: string; readonly name: string };
export type Spec = Readonly<Record<string, unknown>>;

export type Step = { readonly waitMs: number } & (
  | { readonly kind: "write"; readonly target: Target; readonly spec: Spec }
  | { readonly kind: "annotate"; readonly target: Target; readonly key: string; readonly value: string }
  | { readonly kind: "report"; readonly group: string; readonly agoMs: number }
  | { readonly kind: "review"; readonly name: string; readonly pack: string; readonly domains: readonly string[] }
  | { readonly kind: "delete"; readonly target: Target }
  /** Of the objects of an install: deleted, or rewritten by somebody with rights. */
  | {
      readonly kind: "tamper";
      readonly install: string;
      readonly what: "grant" | "policy" | "pod";
      readonly how: "delete" | "edit";
    }
  | { readonly kind: "widen"; readonly present: boolean }
  | { readonly kind: "podsRun" }
  /** Somebody deletes a CustomResourceDefinition, and with it every object of the kind. */
  | { readonly kind: "kindLost"; readonly resource: Resource }
  | { readonly kind: "kindsBack" }
  | { readonly kind: "loseWatches"; readonly plural: string | undefined; readonly forgotten: boolean }
  | { readonly kind: "hold"; readonly plural: string }
  | { readonly kind: "release" }
  | { readonly kind: "trouble"; readonly troubles: readonly Trouble[] }
  | { readonly kind: "restart"; readonly how: "stop" | "crash"; readonly downMs: number }
  | { readonly kind: "wait" }
);

const at = (resource: Resource, name: string): Target => ({
  resource,
  name,
  ...(resource.namespaced ? { namespace: TEAM } : {}),
});

const DOMAINS = [
  ...Array.from({ length: 8 }, () => ["a.com"]),
  ["a.com", "b.com"],
  ["a.com", "b.com"],
  ["a.com", "b.com", "c.com"],
  ["b.com"],
  [],
  ["co.uk"],
];

const definition = (random: Random): Spec => ({
  displayName: "A pack",
  version: "1.0.0",
  source: { bundle: { configMapRef: { name: "code", key: "pack.js" }, sha256: "0".repeat(64) } },
  networkDomains: random.pick(DOMAINS),
  authentication: {
    type: random.pick(["None", "HeaderBearerToken"]),
    ...(random.once(3) ? { networkDomains: ["a.com"] } : {}),
  },
  formulas: random.subset(["Read", "Send"]).map((name) => ({ name, action: name === "Send" })),
});

const subjects = (random: Random): Spec => ({
  scope: "Subjects",
  subjects: random
    .subset([
      { kind: "Group", name: "sales" },
      { kind: "Group", name: "sales" },
      { kind: "User", name: ANN },
      { kind: "User", name: BEN },
      { kind: "Group", name: "ops" },
    ])
    .filter((it, index, all) => all.findIndex((other) => other.name === it.name) === index),
});

const whom = (random: Random): Spec => {
  if (random.once(12)) return { state: random.pick(["Denied", "Approved"]) };
  return { access: random.once(2) ? { scope: "Organization" } : subjects(random) };
};

const configuration = (random: Random, pack: string): Spec => {
  const docs = random.pick([undefined, undefined, undefined, undefined, undefined, [TEAM, `${TEAM}/plan`], [TEAM], []]);
  const who = whom(random);
  return {
    packRef: { name: pack },
    ...who,
    ...(random.once(3)
      ? { components: { allow: "Listed", formulas: random.subset(["Read", "Send"]).map((name) => ({ name })) } }
      : {}),
    ...(random.once(6)
      ? { network: { allow: "Listed", allowedDomains: random.pick([["a.com"], ["a.com", "b.com"]]) } }
      : {}),
    doc: {
      sharing: {
        ...(docs === undefined ? { allow: "All" } : { allow: "Listed", allowedDocs: docs }),
        enforcePackConfigurationPermissions: random.once(3),
      },
    },
    ...(random.once(10) && !("state" in who) ? { enforcement: "Audit" } : {}),
    gracePeriodSeconds: random.pick([0, 0, 5]),
  };
};

const sharing = (random: Random): Spec[] => {
  const everybody = [
    { kind: "User", name: ANN, role: "Viewer" },
    { kind: "User", name: BEN, role: "Editor" },
    { kind: "Group", name: "sales", role: "Viewer" },
    { kind: "Group", name: "ops", role: "Viewer" },
    { kind: "Domain", name: "example.com", role: "Viewer" },
    { kind: "User", name: OUTSIDER, role: "Viewer" },
  ];
  return everybody.filter(() => random.once(4));
};

const organization = (random: Random): Spec => ({
  members: random.once(8) ? "Everyone" : "OwnedDomains",
  ownedDomains: random.once(8) ? ["example.com", "elsewhere.org"] : ["example.com"],
  defaultAccess: random.pick(["Deny", "Members"]),
  approvals: { mode: random.once(4) ? "Required" : "Off" },
  maxUnreviewedDomains: random.pick([1, 2, 2]),
  reinstallPolicy: random.once(4) ? "Automatic" : "Manual",
  ...(random.once(6) ? { uninstallGuard: { maxPercent: 40, minimum: 1, windowSeconds: 60 } } : {}),
});

const group = (random: Random): Spec => ({
  members: random.subset([...USERS, ANN, BEN]).filter((it, index, all) => all.indexOf(it) === index),
  ...(random.once(3) ? { source: { name: "directory", maxAgeSeconds: 600 } } : {}),
});

const INSTALLS = ["a", "b", "c"] as const;
const install = (random: Random, name: string): Spec => ({
  packRef: { name: name === "c" ? "mail" : "crm" },
  installer: name === "b" ? BEN : ANN,
  ...(name === "a" ? {} : { docRef: { name: "plan" } }),
  ...(random.once(5) ? { suspend: true } : {}),
  ...(random.once(6) && name !== "c" ? { configurationRef: { name: random.pick(["one", "two"]) } } : {}),
  ...(name === "c" ? {} : { accountRefs: [{ name: "login" }] }),
});

const account = (random: Random): Spec => ({
  packRef: { name: "crm" },
  owner: ANN,
  credential: { secretRef: { name: SECRET_NAME } },
  access: {
    viewData: random.pick(["Nobody", "DocMembers"]),
    takeActions: random.pick(["Nobody", "Owner", "DocMembers"]),
  },
  grants: [{ docRef: { name: "plan" } }, { installRef: { name: "a" } }].filter(() => !random.once(4)),
});

const request = (random: Random): Spec => ({
  packRef: { name: "crm" },
  requester: ANN,
  ...random.pick([
    {},
    { decision: "Approved", decidedBy: BEN },
    { decision: "Approved", decidedBy: BEN },
    { decision: "Denied", decidedBy: BEN },
  ]),
});

const doc = (random: Random): Spec => ({
  owner: random.pick([ANN, BEN]),
  sharing: sharing(random),
  ...(random.once(2) ? { folderRef: { name: random.pick(["inner", "inner", "outer", "lost"]) } } : {}),
});

const folder = (random: Random, name: string): Spec => ({
  sharing: sharing(random),
  ...(name === "inner" && !random.once(4) ? { parentRef: { name: random.once(8) ? "inner" : "outer" } } : {}),
});

/** Everything that people write, with how it is made and how often it is chosen. */
const OBJECTS: readonly {
  readonly target: Target;
  readonly weight: number;
  readonly make: (random: Random) => Spec;
}[] = [
  { target: at(PACK_ORGANIZATION, "default"), weight: 3, make: organization },
  { target: at(PACK_DEFINITION, "crm"), weight: 4, make: definition },
  { target: at(PACK_DEFINITION, "mail"), weight: 2, make: definition },
  { target: at(PACK_CONFIGURATION, "one"), weight: 6, make: (random) => configuration(random, "crm") },
  {
    target: at(PACK_CONFIGURATION, "two"),
    weight: 4,
    make: (random) => configuration(random, random.pick(["mail", "mail", "crm"])),
  },
  { target: at(PACK_GROUP, "sales"), weight: 4, make: group },
  { target: at(PACK_GROUP, "ops"), weight: 2, make: group },
  { target: at(PACK_FOLDER, "outer"), weight: 2, make: (random) => folder(random, "outer") },
  { target: at(PACK_FOLDER, "inner"), weight: 2, make: (random) => folder(random, "inner") },
  { target: at(PACK_DOC, "plan"), weight: 4, make: doc },
  { target: at(PACK_ACCOUNT, "login"), weight: 2, make: account },
  { target: at(PACK_REQUEST, "please"), weight: 2, make: request },
  ...INSTALLS.map((name) => ({
    target: at(PACK_INSTALL, name),
    weight: 3,
    make: (random: Random) => install(random, name),
  })),
];

const LOTTERY = OBJECTS.flatMap((object) => Array.from({ length: object.weight }, () => object));

/** What of the first objects keeps the packs from being refused at once. */
const GENTLE: Readonly<Record<string, Spec>> = {
  default: { approvals: { mode: "Off" }, maxUnreviewedDomains: 2 },
  crm: { networkDomains: ["a.com"] },
  mail: { networkDomains: ["a.com"] },
  sales: { members: [ANN, BEN] },
  one: {
    state: "Configured",
    enforcement: "Enforce",
    access: { scope: "Subjects", subjects: [{ kind: "Group", name: "sales" }] },
    network: { allow: "All" },
  },
  two: { packRef: { name: "mail" }, state: "Configured", enforcement: "Enforce", access: { scope: "Organization" } },
};

/** A world in which the packs can be installed: by configurations, or in one of five by a request or for every member. */
export const beginning = (random: Random): readonly Step[] => {
  const without = random.once(5) ? ["one", "two"] : ["please"];
  return [
    { kind: "write", target: at(NAMESPACE, TEAM), spec: {}, waitMs: 0 },
    { kind: "annotate", target: at(NAMESPACE, TEAM), key: ANNOTATION.owner, value: ANN, waitMs: 0 },
    ...OBJECTS.filter(({ target }) => !without.includes(target.name)).map(({ make, target }): Step => {
      const spec = { ...make(random), ...GENTLE[target.name] };
      return { kind: "write", target, spec, waitMs: 0 };
    }),
    { kind: "wait", waitMs: random.pick([0, 500, 500, 500]) },
  ];
};

const kinds = PACK_KINDS.map(({ plural }) => plural);
const WATCHED = [
  ...kinds,
  PACK_INSTALL.plural,
  PACK_GRANT.plural,
  PACK_CONFIGURATION.plural,
  POD.plural,
  NETWORK_POLICY.plural,
];

const MAY_BE_LOST = [PACK_CONFIGURATION, PACK_DEFINITION, PACK_DOC, PACK_FOLDER, PACK_GROUP, PACK_ORGANIZATION];

const WAITS = [0, 1, 5, 20, 20, 100, 400, 400, 2_000, 8_000];

const TROUBLES: readonly Trouble[] = [
  { code: 409 },
  { code: 429 },
  { code: 500 },
  { code: 503 },
  "lost",
  "reset",
  "slow",
];

type Choice = readonly [weight: number, make: (random: Random) => Omit<Step, "waitMs">];

const step = <K extends Step["kind"]>(value: Omit<Extract<Step, { kind: K }>, "waitMs">): Omit<Step, "waitMs"> =>
  value as unknown as Omit<Step, "waitMs">;

const CHOICES: readonly Choice[] = [
  [
    40,
    (random) => {
      const { make, target } = random.pick(LOTTERY);
      return step<"write">({ kind: "write", target, spec: make(random) });
    },
  ],
  [12, (random) => step<"delete">({ kind: "delete", target: random.pick(LOTTERY).target })],
  [
    4,
    (random) =>
      step<"annotate">({
        kind: "annotate",
        target: at(PACK_INSTALL, random.pick(INSTALLS)),
        key: ANNOTATION.reinstallRequestedAt,
        value: String(random.below(1_000_000)),
      }),
  ],
  [
    2,
    (random) =>
      step<"annotate">({
        kind: "annotate",
        target: at(NAMESPACE, TEAM),
        key: ANNOTATION.owner,
        value: random.pick(USERS),
      }),
  ],
  [
    2,
    (random) =>
      step<"annotate">({
        kind: "annotate",
        target: at(PACK_ORGANIZATION, "default"),
        key: ANNOTATION.uninstallResumeRequestedAt,
        value: String(random.below(1_000_000)),
      }),
  ],
  [
    4,
    (random) =>
      step<"report">({
        kind: "report",
        group: random.pick(["sales", "ops"]),
        agoMs: random.pick([0, 0, 595_000, 700_000]),
      }),
  ],
  [
    3,
    (random) =>
      step<"review">({
        kind: "review",
        name: random.pick(["first", "second"]),
        pack: random.pick(["crm", "crm", "mail"]),
        domains: random.subset(["a.com", "b.com", "c.com"]),
      }),
  ],
  [2, (random) => step<"delete">({ kind: "delete", target: at(PACK_REVIEW, random.pick(["first", "second"])) })],
  [
    6,
    (random) =>
      step<"tamper">({
        kind: "tamper",
        install: random.pick(INSTALLS),
        what: random.pick(["grant", "policy", "pod"]),
        how: random.pick(["delete", "edit"]),
      }),
  ],
  [2, (random) => step<"widen">({ kind: "widen", present: random.once(2) })],
  [4, () => step<"podsRun">({ kind: "podsRun" })],
  [2, (random) => step<"kindLost">({ kind: "kindLost", resource: random.pick(MAY_BE_LOST) })],
  [2, () => step<"kindsBack">({ kind: "kindsBack" })],
  [
    8,
    (random) =>
      step<"loseWatches">({
        kind: "loseWatches",
        plural: random.once(3) ? undefined : random.pick(WATCHED),
        forgotten: random.once(3),
      }),
  ],
  [6, (random) => step<"hold">({ kind: "hold", plural: random.pick(WATCHED) })],
  [6, () => step<"release">({ kind: "release" })],
  [
    8,
    (random) =>
      step<"trouble">({
        kind: "trouble",
        troubles: Array.from({ length: 1 + random.below(4) }, () => random.pick(TROUBLES)),
      }),
  ],
  [
    6,
    (random) =>
      step<"restart">({ kind: "restart", how: random.pick(["stop", "crash"]), downMs: random.pick([0, 10, 1_000]) }),
  ],
  [4, () => step<"wait">({ kind: "wait" })],
];

const HAT = CHOICES.flatMap(([weight, make]) => Array.from({ length: weight }, () => make));

export const anyStep = (random: Random): Step => ({ ...random.pick(HAT)(random), waitMs: random.pick(WAITS) }) as Step;

export const CHILDREN: readonly (readonly [what: "grant" | "policy" | "pod", resource: Resource, namespace: string])[] =
  [
    ["grant", PACK_GRANT, SYSTEM_NAMESPACE],
    ["policy", NETWORK_POLICY, SANDBOX_NAMESPACE],
    ["pod", POD, SANDBOX_NAMESPACE],
  ];

/** One line for people. */
export const tell = ({ waitMs, ...rest }: Step): string => {
  const { kind, ...details } = rest;
  const text = JSON.stringify(details, (_, value) =>
    value !== null && typeof value === "object" && "plural" in value && "apiVersion" in value ? value.kind : value,
  );
  return `${kind} ${text === "{}" ? "" : text} then ${waitMs} ms`;
};
