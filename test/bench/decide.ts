/**
 * How many invocations one core decides in a second. A typical grant: 40 building blocks, restricted parameters, 20
 * accounts, an audience of 50 users and 5 groups.
 */
import type { GrantComponent, PackGrantSpec } from "../../src/api/v1alpha1/index.ts";
import { compileGrant, type Decider, type InvocationRequest } from "../../src/policy/decide.ts";
import type { GroupView } from "../../src/policy/user-access.ts";
import { type Spread, spread } from "./statistics.ts";

const NOW = Date.UTC(2026, 0, 2, 12);
/** Milliseconds. */
export const ROUND_MS = 400;
export const ROUNDS = 7;
/** Decisions in a second on one core, at least. */
export const FLOOR = 200_000;

const names = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

const component = (name: string): GrantComponent => ({
  kind: "Formula",
  name,
  action: true,
  connection: "Required",
  scopes: ["tasks:read", "tasks:write"],
  hosts: ["api.crm.com"],
  parameters: [
    { name: "project", type: "String" },
    { name: "title", type: "String" },
    { name: "priority", type: "Number", optional: true },
    { name: "labels", type: "StringArray", optional: true },
    { name: "link", type: "String", optional: true },
  ],
  rules: [{ name: "project", rule: { values: ["ALPHA", "BETA"] } }],
  enabled: true,
});

const restricted = (name: string): GrantComponent => ({
  ...component(name),
  rules: [
    { name: "link", rule: { prefix: "https://api.crm.com/v1/" } },
    { name: "priority", rule: { minimum: "0", maximum: "9.5" } },
    { name: "project", rule: { values: ["ALPHA", "BETA"] } },
    { name: "title", rule: { pattern: "[A-Z]{2,5}-[0-9]{1,6}" } },
  ],
});

const GRANT: PackGrantSpec = {
  install: { namespace: "team", name: "crm", uid: "1" },
  pack: "crm",
  state: "Active",
  hosts: [{ domain: "crm.com", auth: "User" }],
  components: [...names("Do", 39).map(component), restricted("Restricted")],
  access: {
    state: "Configured",
    scope: "Subjects",
    members: "OwnedDomains",
    users: names("user", 10).map((name) => `${name}@example.com`),
    groups: names("group", 5),
    ownedDomains: ["example.com"],
  },
  accounts: names("account", 20).map((name, index) => ({
    name: `team/${name}`,
    owner: `user${index}@example.com`,
    viewData: "DocMembers",
    takeActions: "Owner",
    secret: name,
    boundHosts: ["crm.com"],
    placement: { type: "OAuth2" },
    grantedScopes: ["tasks:read", "tasks:write"],
    expireTime: "2027-01-01T00:00:00Z",
  })),
  allowedScopes: { allow: "Listed", allowed: ["tasks:read", "tasks:write"] },
  accountTypes: ["Private", "Shared"],
  audience: { users: names("user", 50).map((name) => `${name}@example.com`), groups: names("group", 5) },
  limits: { timeoutSeconds: 60, maxResponseBytes: 26_214_400, maxConcurrentRuns: 4, isolation: "PerUser" },
  configuration: { name: "sales", contact: "it@example.com" },
};

const member = new Set(["user15@example.com"]);
const GROUPS: GroupView = { isMember: (user, group) => (group === "group3" && member.has(user) ? "yes" : "no") };

const request = (user: string, name: string, parameters: InvocationRequest["parameters"]): InvocationRequest => ({
  caller: user,
  user,
  mayInvoke: true,
  component: { kind: "Formula", name },
  parameters,
});

const FEW = { project: "ALPHA", title: "OPS-12", priority: 2, labels: ["a", "b"], link: "https://api.crm.com/v1/x" };

const CASES: readonly (readonly [name: string, request: InvocationRequest, reason: string | undefined])[] = [
  ["allowed, a user by name, one value rule", request("user3@example.com", "Do7", FEW), undefined],
  ["allowed, a user by group, one value rule", request("user15@example.com", "Do7", FEW), undefined],
  ["allowed, values, pattern, range and URL prefix", request("user3@example.com", "Restricted", FEW), undefined],
  [
    "denied, a value that is not allowed",
    request("user3@example.com", "Do7", { ...FEW, project: "X" }),
    "ParameterNotAllowed",
  ],
  ["denied, an outsider", request("oz@elsewhere.org", "Do7", FEW), "UserNotInAudience"],
  ["denied, a building block that is not there", request("user3@example.com", "Other", FEW), "ComponentUnknown"],
];

/** Decisions in a second of this thread's processor time: what others do on the machine counts as little as it can. */
const measure = (decider: Decider, wanted: InvocationRequest): number => {
  const end = performance.now() + ROUND_MS;
  const before = process.threadCpuUsage();
  let count = 0;
  for (; performance.now() < end; count += 1000) {
    for (let at = 0; at < 1000; at++) decider(wanted, GROUPS, NOW);
  }
  const { user, system } = process.threadCpuUsage(before);
  return (count * 1_000_000) / (user + system);
};

/** One kind of invocation, and how many of it one core decides in a second. */
export type Decided = { readonly name: string; readonly perSecond: Spread; readonly met: boolean };

/** @throws Error if an invocation is not decided as it must be */
export const measureDecisions = (): readonly Decided[] => {
  const decider = compileGrant(GRANT);
  return CASES.map(([name, wanted, reason]) => {
    const decision = decider(wanted, GROUPS, NOW);
    const seen = decision.allowed ? undefined : decision.reason;
    if (seen !== reason) throw new Error(`${name}: expected ${reason}, got ${seen}`);
    measure(decider, wanted);
    const perSecond = spread(Array.from({ length: ROUNDS }, () => measure(decider, wanted)));
    return { name, perSecond, met: perSecond.median >= FLOOR };
  });
};
