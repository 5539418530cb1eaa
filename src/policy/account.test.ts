import { describe, expect, it } from "vitest";
import {
  agreeing,
  connectedBy,
  consentingTo,
  inEffect,
  knownAs,
  ownedBy,
  packAccount,
  usable,
} from "../../test/gen/accounts.ts";
import {
  ANN,
  aboutLabels,
  approved,
  authenticatedBy,
  BEN,
  changed,
  configuredBy,
  denied,
  forGroups,
  forUsers,
  groupsOf,
  labelled,
  NOW,
  OUTSIDER,
  ofGeneration,
  onTrial,
  organization,
  packConfiguration,
  packDefinition,
  packGroup,
  reaching,
  viewing,
} from "../../test/gen/objects.ts";
import { toTimestamp } from "../lib/clock.ts";
import { type AccountInput, evaluateAccount } from "./account.ts";
import { problem } from "./problem.ts";
import { absent, found, unknown } from "./truth.ts";

const definition = packDefinition("crm", authenticatedBy({ type: "HeaderBearerToken" }));

/** Ann, a member, connects a private account of a pack that sends a token to `api.crm.com`; all members may use it. */
const input = (overrides: Partial<AccountInput> = {}): AccountInput => ({
  account: packAccount("mine"),
  definition: found(definition),
  facts: inEffect("api.crm.com"),
  configurations: [packConfiguration("members")],
  configurationsKnown: true,
  organization: found(organization()),
  groups: groupsOf({}),
  unvouched: undefined,
  ...overrides,
});

const old = packAccount("mine", consentingTo("api.crm.com"));
const refused = changed(old, (account) => ({
  ...account,
  status: {
    ...account.status,
    conditions: (account.status?.conditions ?? []).map((it) => ({
      ...it,
      status: "False" as const,
      reason: "PackDenied",
    })),
  },
}));
const staleGroup = viewing(
  packGroup(
    "sales",
    { members: [], source: { name: "scim", maxAgeSeconds: 60 } },
    { syncTime: toTimestamp(NOW - 61_000) },
  ),
);
const endpoint = (url: string) => packAccount("mine", connectedBy({ endpointURL: url }));
const asksForServer = (endpointDomain?: string) =>
  found(
    packDefinition(
      "crm",
      authenticatedBy({
        type: "HeaderBearerToken",
        requiresEndpointURL: true,
        ...(endpointDomain === undefined ? {} : { endpointDomain }),
      }),
    ),
  );
const offering = (...accountTypes: readonly ("Private" | "Shared")[]) =>
  found(packDefinition("crm", authenticatedBy({ type: "HeaderBearerToken", accountTypes })));
const missing = problem("AdmissionMissing", "the policies are gone.");
const unread = unknown("it cannot be listed");

type Row = readonly [name: string, world: Partial<AccountInput>, expected: string];

const ROWS: readonly Row[] = [
  ["an account of a member counts", {}, "Accepted"],
  ["a shared account counts, too", { account: packAccount("mine", usable("DocMembers", "DocMembers")) }, "Accepted"],
  ["an account waits for its pack", { definition: absent, facts: undefined }, "Waiting PackNotFound"],
  [
    "an account that counted waits again once its pack is gone",
    { account: old, definition: absent, facts: undefined },
    "Waiting PackNotFound",
  ],
  [
    "nobody can tell of a new account while the pack cannot be read",
    { definition: unread, facts: undefined },
    "Waiting PackNotFound",
  ],
  [
    "an account that counted is held while the pack cannot be read",
    { account: old, definition: unread, facts: undefined },
    "Held PackNotFound",
  ],
  [
    "an account waits while its definition is not accepted",
    { facts: { ...inEffect(), problem: problem("InvalidDomain", "it is wrong.") } },
    "Waiting DefinitionNotAccepted",
  ],
  [
    "an account waits while a review keeps the credential from every host",
    { facts: inEffect() },
    "Waiting ReviewRequired",
  ],
  [
    "an account waits while the credential is withheld from every host",
    { facts: { ...inEffect("api.crm.com"), withheldFrom: ["api.crm.com"] } },
    "Waiting ReviewRequired",
  ],
  [
    "S1-15 Denied: nobody connects an account",
    { configurations: [packConfiguration("no", denied())] },
    "Refused PackDenied",
  ],
  [
    "S1-15 Denied beats every other configuration",
    { configurations: [packConfiguration("all", approved()), packConfiguration("no", denied())] },
    "Refused PackDenied",
  ],
  [
    "S1-15 Denied disables an account that counted",
    { account: old, configurations: [packConfiguration("no", denied())] },
    "Refused PackDenied",
  ],
  [
    "S1-15 Denied counts before what nobody can tell",
    { account: old, definition: unread, facts: undefined, configurations: [packConfiguration("no", denied())] },
    "Refused PackDenied",
  ],
  [
    "S1-15 Denied by labels denies the packs that have them",
    {
      definition: found(changed(definition, labelled({ tier: "bad" }))),
      configurations: [packConfiguration("no", aboutLabels({ tier: "bad" }), denied())],
    },
    "Refused PackDenied",
  ],
  [
    "a denial of other packs denies nothing",
    { configurations: [packConfiguration("no", configuredBy({ packRef: { name: "erp" } }), denied())] },
    "Accepted",
  ],
  [
    "S2-1 a pack without authentication takes no accounts",
    { definition: found(packDefinition("crm")) },
    "Refused NoAuthentication",
  ],
  ["S2-13 a pack that offers private accounts takes one", { definition: offering("Private") }, "Accepted"],
  [
    "S2-13 a pack that offers private accounts takes no shared one",
    { definition: offering("Private"), account: packAccount("mine", usable("DocMembers", "Owner")) },
    "Refused AccountTypeNotOffered",
  ],
  [
    "S2-13 a pack that offers shared accounts takes no private one",
    { definition: offering("Shared") },
    "Refused AccountTypeNotOffered",
  ],
  [
    "S2-13 a pack that offers shared accounts takes one",
    { definition: offering("Shared"), account: packAccount("mine", usable("DocMembers", "Owner")) },
    "Accepted",
  ],
  [
    "consent in the browser is for packs that authenticate by OAuth",
    { account: packAccount("mine", connectedBy({ credential: { oauth2: { clientSecretRef: { name: "app" } } } })) },
    "Refused InvalidSpec",
  ],
  [
    "a pack that asks for the address of the server must get it",
    { definition: asksForServer() },
    "Refused InvalidSpec",
  ],
  ["a pack that asks for no address gets none", { account: endpoint("https://api.crm.com/") }, "Refused InvalidSpec"],
  [
    "the server may be the declared domain",
    { definition: asksForServer(), account: endpoint("https://api.crm.com") },
    "Accepted",
  ],
  [
    "the server may lie under the declared domain",
    { definition: asksForServer(), account: endpoint("https://acme.api.crm.com/v2") },
    "Accepted",
  ],
  [
    "the server may not lie elsewhere",
    { definition: asksForServer(), account: endpoint("https://evil.com/api.crm.com") },
    "Refused InvalidSpec",
  ],
  [
    "a name that only ends alike is elsewhere",
    { definition: asksForServer(), account: endpoint("https://evilapi.crm.com") },
    "Refused InvalidSpec",
  ],
  [
    "the server lies under the domain for servers, not only under a declared one",
    { definition: asksForServer("eu.api.crm.com"), account: endpoint("https://us.api.crm.com") },
    "Refused InvalidSpec",
  ],
  [
    "the server may lie under the domain for servers",
    { definition: asksForServer("eu.api.crm.com"), account: endpoint("https://acme.eu.api.crm.com") },
    "Accepted",
  ],
  [
    "S1-2 a user whom a configuration names may connect",
    { configurations: [packConfiguration("c", forUsers(ANN))] },
    "Accepted",
  ],
  [
    "S1-2 a user whom no configuration names may not",
    { configurations: [packConfiguration("c", forUsers(BEN))] },
    "Refused UserNotAllowed",
  ],
  [
    "S1-2 one configuration of several is enough",
    { configurations: [packConfiguration("b", forUsers(BEN)), packConfiguration("a", forUsers(ANN))] },
    "Accepted",
  ],
  [
    "S1-2 a member of a group that a configuration names may connect",
    { configurations: [packConfiguration("c", forGroups("sales"))], groups: groupsOf({ sales: [ANN] }) },
    "Accepted",
  ],
  [
    "S1-2 somebody else may not",
    { configurations: [packConfiguration("c", forGroups("sales"))], groups: groupsOf({ sales: [BEN] }) },
    "Refused UserNotAllowed",
  ],
  [
    "S1-2 nobody can tell of a new account while the group is stale",
    { configurations: [packConfiguration("c", forGroups("sales"))], groups: staleGroup },
    "Waiting GroupDataStale",
  ],
  [
    "S1-2 an account that counted is held while the group is stale",
    { account: old, configurations: [packConfiguration("c", forGroups("sales"))], groups: staleGroup },
    "Held GroupDataStale",
  ],
  [
    "S1-2 an account that did not count is not held",
    {
      account: packAccount("mine", knownAs({ conditions: [] })),
      configurations: [packConfiguration("c", forGroups("sales"))],
      groups: staleGroup,
    },
    "Waiting GroupDataStale",
  ],
  [
    "S1-2 an owner who lost access may not any more",
    { account: old, configurations: [packConfiguration("c", forUsers(BEN))] },
    "Refused UserNotAllowed",
  ],
  [
    "S1-2 a trial gives nobody access",
    { configurations: [packConfiguration("c", forUsers(BEN)), packConfiguration("t", forUsers(ANN), onTrial())] },
    "Refused UserNotAllowed",
  ],
  [
    "S1-2 a trial takes access from nobody",
    { configurations: [packConfiguration("t", forUsers(BEN), onTrial())] },
    "Accepted",
  ],
  [
    "S1-2 an outsider may connect where everybody is approved",
    { account: packAccount("mine", ownedBy(OUTSIDER)), configurations: [packConfiguration("c", approved())] },
    "Accepted",
  ],
  [
    "S1-2 an outsider may not under a configuration, even if it names him",
    { account: packAccount("mine", ownedBy(OUTSIDER)), configurations: [packConfiguration("c", forUsers(OUTSIDER))] },
    "Refused UserNotAllowed",
  ],
  ["members may connect where nothing is configured", { configurations: [] }, "Accepted"],
  [
    "outsiders may not connect where nothing is configured",
    { account: packAccount("mine", ownedBy(OUTSIDER)), configurations: [] },
    "Refused NotAMember",
  ],
  [
    "nobody can tell of a new account without an organization",
    { organization: absent },
    "Waiting OrganizationNotFound",
  ],
  [
    "an account that counted is held without an organization",
    { account: old, organization: absent },
    "Held OrganizationNotFound",
  ],
  [
    "an account that counted is held without an organization, even if all its domains then need a review",
    { account: old, organization: absent, facts: inEffect() },
    "Held OrganizationNotFound",
  ],
  [
    "nobody can tell of a new account while configurations cannot be listed",
    { configurationsKnown: false },
    "Waiting KindNotServed",
  ],
  [
    "an account that counted is held while configurations cannot be listed",
    { account: old, configurations: [], configurationsKnown: false },
    "Held KindNotServed",
  ],
  [
    "an account that was refused is not held while nobody can tell",
    { account: refused, configurations: [packConfiguration("c", forGroups("sales"))], groups: staleGroup },
    "Waiting GroupDataStale",
  ],
  [
    "what is certain counts before what nobody can tell",
    { account: old, configurationsKnown: false, facts: { ...inEffect(), problem: problem("InvalidDomain", "no.") } },
    "Waiting DefinitionNotAccepted",
  ],
  ["a new account waits while nobody vouches for its owner", { unvouched: missing }, "Waiting AdmissionMissing"],
  ["an account that counted goes on while nobody vouches", { account: old, unvouched: missing }, "Accepted"],
  [
    "an account that was edited waits while nobody vouches for the edit",
    { account: changed(old, ofGeneration(2)), unvouched: missing },
    "Waiting AdmissionMissing",
  ],
];

describe("an account", () => {
  it.each(ROWS)("%s", (_, world, expected) => {
    const evaluation = evaluateAccount(input(world));
    const reason = evaluation.outcome === "Accepted" ? "" : ` ${evaluation.problem.reason}`;
    expect(`${evaluation.outcome}${reason}`).toBe(expected);
  });
});

describe("consent", () => {
  const two = found(
    packDefinition("crm", authenticatedBy({ type: "HeaderBearerToken" }), reaching("api.crm.com", "new.crm.com")),
  );
  const bothInEffect = inEffect("api.crm.com", "new.crm.com");
  const consent = (account = packAccount("mine"), world: Partial<AccountInput> = {}) => {
    const evaluation = evaluateAccount(input({ account, definition: two, facts: bothInEffect, ...world }));
    if (evaluation.outcome !== "Accepted") throw new Error(evaluation.problem.message);
    return evaluation.consent;
  };

  it("S2-8 to connect an account is to agree to the hosts that the pack asks for then", () => {
    expect(consent()).toEqual({ domains: ["api.crm.com", "new.crm.com"], missing: [], handled: undefined });
  });

  it("an annotation that is there from the beginning asks for nothing later", () => {
    expect(consent(packAccount("mine", agreeing("1"))).handled).toBe("1");
  });

  it("only hosts of the authentication count, not every host of the pack", () => {
    const narrow = packDefinition(
      "crm",
      reaching("api.crm.com", "new.crm.com"),
      authenticatedBy({ type: "HeaderBearerToken", networkDomains: ["api.crm.com"] }),
    );
    expect(consent(undefined, { definition: found(narrow) }).domains).toEqual(["api.crm.com"]);
  });

  it("S0-33 a host that came later is missing until the owner agrees", () => {
    expect(consent(old)).toEqual({ domains: ["api.crm.com"], missing: ["new.crm.com"], handled: undefined });
  });

  it("S0-33 the owner agrees to what his status has shown him", () => {
    expect(
      consent(
        packAccount("mine", consentingTo("api.crm.com"), knownAs({ missingDomains: ["new.crm.com"] }), agreeing("1")),
      ),
    ).toEqual({
      domains: ["api.crm.com", "new.crm.com"],
      missing: [],
      handled: "1",
    });
  });

  it("the owner does not agree to what came after his look", () => {
    expect(
      consent(
        packAccount("mine", consentingTo("api.crm.com"), knownAs({ missingDomains: ["other.com"] }), agreeing("1")),
      ),
    ).toEqual({
      domains: ["api.crm.com"],
      missing: ["new.crm.com"],
      handled: "1",
    });
  });

  it("a value that was acted on before asks for nothing", () => {
    const account = packAccount(
      "mine",
      consentingTo("api.crm.com"),
      knownAs({ missingDomains: ["new.crm.com"], lastHandledConsentAt: "1" }),
      agreeing("1"),
    );
    expect(consent(account).missing).toEqual(["new.crm.com"]);
  });

  it("a value counts only while somebody vouches that it is the owner's", () => {
    const account = packAccount(
      "mine",
      consentingTo("api.crm.com"),
      knownAs({ missingDomains: ["new.crm.com"] }),
      agreeing("1"),
    );
    expect(consent(account, { unvouched: missing })).toMatchObject({ missing: ["new.crm.com"], handled: undefined });
  });

  it("a host that goes away and comes back needs no new consent, unless the owner agreed to something else between", () => {
    const account = packAccount(
      "mine",
      consentingTo("api.crm.com", "gone.com"),
      knownAs({ missingDomains: ["new.crm.com"] }),
    );
    expect(consent(account).domains).toEqual(["api.crm.com", "gone.com"]);
    expect(consent(changed(account, agreeing("1"))).domains).toEqual(["api.crm.com", "new.crm.com"]);
  });

  it("to agree to nothing new changes nothing", () => {
    const evaluated = consent(packAccount("mine", consentingTo("api.crm.com"), agreeing("1")), {
      definition: found(definition),
      facts: inEffect("api.crm.com"),
    });
    expect(evaluated).toEqual({ domains: ["api.crm.com"], missing: [], handled: "1" });
  });
});
