import { expect, test } from "vitest";
import type { PackConfigurationSpec } from "../../api/v1alpha1/index.ts";
import { policyDiff } from "./policy-diff.ts";

type Spec = Partial<PackConfigurationSpec>;

const pack: Spec = { packRef: { name: "crm" } };
const all: Spec = { ...pack, access: { scope: "Organization" } };
const sales: Spec = { ...pack, access: { scope: "Subjects", subjects: [{ kind: "Group", name: "sales" }] } };
const both: Spec = {
  ...pack,
  access: {
    scope: "Subjects",
    subjects: [
      { kind: "Group", name: "sales" },
      { kind: "User", name: "ann@example.com" },
    ],
  },
};
const listing = (components: Omit<NonNullable<Spec["components"]>, "allow">): Spec => ({
  ...all,
  components: { allow: "Listed", ...components },
});
const searching = (rule?: { readonly values: readonly string[] }): Spec =>
  listing({ formulas: [{ name: "Search", ...(rule === undefined ? {} : { parameters: [{ name: "q", rule }] }) }] });

test.each<[string, Spec | undefined, Spec | undefined, readonly string[]]>([
  ["nothing changed", all, { ...all, state: "Configured", enforcement: "Enforce", gracePeriodSeconds: 0 }, []],
  ["a new one", undefined, sales, ["~ pack: a new configuration about the pack 'crm': group 'sales'"]],
  [
    "one that goes",
    both,
    undefined,
    ["~ pack: the configuration about the pack 'crm' goes; it was for: group 'sales', user 'ann@example.com'"],
  ],
  ["narrowed to a group", all, sales, ["- access: for group 'sales'; it was for every member of the organization"]],
  ["denied", sales, { ...pack, state: "Denied" }, ["- access: for nobody; it was for group 'sales'"]],
  [
    "opened to outsiders",
    sales,
    { ...pack, state: "Approved" },
    ["+ access: for everybody, outsiders too; it was for group 'sales'"],
  ],
  ["a user more", sales, both, ["+ access: user 'ann@example.com' may use it"]],
  ["a user less", both, sales, ["- access: user 'ann@example.com' may not use it any more"]],
  [
    "only tried",
    all,
    { ...all, enforcement: "Audit" },
    ["~ pack: is only tried from now on: it admits nobody and refuses nothing"],
  ],
  ["enforced", { ...all, enforcement: "Audit" }, all, ["~ pack: counts from now on; it was only tried"]],
  [
    "about other packs",
    all,
    { access: { scope: "Organization" }, packSelector: { matchLabels: { tier: "low" } } },
    ["~ pack: is about packs with the labels tier=low; it was about the pack 'crm'"],
  ],
  [
    "components listed",
    all,
    listing({ fetches: "Allow" }),
    ["- components: only what is listed: allow what only reads; before: everything"],
  ],
  ["components no longer listed", listing({}), all, ["+ components: everything; before: only nothing"]],
  [
    "a class denied",
    listing({ actions: "Allow" }),
    listing({ actions: "Deny" }),
    ["- components: building blocks that change something: none; before: all"],
  ],
  [
    "a class opened",
    listing({}),
    listing({ fetches: "Allow" }),
    ["+ components: building blocks that only read: all; before: only those named"],
  ],
  ["a formula more", listing({}), searching(), ["+ components: formula 'Search' is named"]],
  ["a formula less", searching(), listing({}), ["- components: formula 'Search' is not named any more"]],
  [
    "a rule more",
    searching(),
    searching({ values: ["a"] }),
    ["- components: formula 'Search', parameter 'q': must be values 'a'; before: anything"],
  ],
  [
    "another rule",
    searching({ values: ["a"] }),
    searching({ values: ["a", "b"] }),
    ["~ components: formula 'Search', parameter 'q': must be values 'a', 'b'; before: values 'a'"],
  ],
  [
    "a table that may be updated",
    listing({ syncTables: [{ name: "Deals" }] }),
    listing({ syncTables: [{ name: "Deals", update: "Allow" }] }),
    ["+ components: sync table 'Deals', updates: allow; before: not said"],
  ],
  [
    "accounts restricted",
    all,
    { ...all, accounts: { allow: "Listed", types: ["Private"] } },
    ["- accounts: only accounts of the type 'Private'; before: any"],
  ],
  [
    "another scope",
    { ...all, oauthScopes: { allow: "Listed", allowed: ["a:read"] } },
    { ...all, oauthScopes: { allow: "Listed", allowed: ["a:write"] } },
    ["- scopes: the OAuth scope 'a:read' is not allowed any more", "+ scopes: the OAuth scope 'a:write' is allowed"],
  ],
  [
    "any domain",
    { ...all, network: { allow: "Listed", allowedDomains: ["crm.com"] } },
    all,
    ["+ network: any; before: only the domain 'crm.com'"],
  ],
  [
    "sharing limited",
    all,
    { ...all, doc: { sharing: { allow: "Listed", allowedDocs: ["a/b"], enforcePackConfigurationPermissions: true } } },
    [
      "- sharing: only the doc 'a/b'; before: any",
      "- sharing: docs with the pack may be shared only with people who have access to this configuration",
    ],
  ],
  [
    "a longer grace period",
    all,
    { ...all, gracePeriodSeconds: 60 },
    ["~ uninstalling: a revoked pack waits 60 s before it is uninstalled; it was 0 s"],
  ],
])("%s", (_, before, after, expected) => {
  expect(policyDiff(before, after).map(({ about, sign, text }) => `${sign} ${about}: ${text}`)).toEqual(expected);
});
