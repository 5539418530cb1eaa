/** Every sentence that people read about accounts, word for word. */
import { describe, expect, it } from "vitest";
import {
  connectedBy,
  consentingTo,
  inEffect,
  knownAs,
  naming,
  ownedBy,
  packAccount,
  sharedWith,
  usable,
} from "../../test/gen/accounts.ts";
import {
  ANN,
  action,
  authenticatedBy,
  BEN,
  changed,
  denied,
  enabling,
  forGroups,
  formula,
  forUsers,
  groupsOf,
  installInput,
  NOW,
  OUTSIDER,
  organization,
  packConfiguration,
  packDefinition,
  packGroup,
  packInstall,
  reaching,
  syncTable,
  viewing,
} from "../../test/gen/objects.ts";
import type { Condition, GrantAccount } from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { type AccountInput, evaluateAccount } from "./account.ts";
import { type AccountRequest, compileAccounts } from "./account-choice.ts";
import { accountsReady, type InstallAccountsInput } from "./install-accounts.ts";
import { problem } from "./problem.ts";
import { absent, found, unknown } from "./truth.ts";

const bearer = (more: object = {}) => authenticatedBy({ type: "HeaderBearerToken", ...more });
const definition = packDefinition("crm", bearer());
const stale = viewing(packGroup("sales", { members: [ANN], source: { name: "scim", maxAgeSeconds: 60 } }));
const old = packAccount("mine", consentingTo("api.crm.com"));
const badRule = enabling({ formulas: [{ name: "Read", parameters: [{ name: "query", rule: { pattern: "(" } }] }] });

describe("an account reads", () => {
  const sentence = (world: Partial<AccountInput>): string => {
    const evaluation = evaluateAccount({
      account: packAccount("mine"),
      definition: found(definition),
      facts: inEffect("api.crm.com"),
      configurations: [packConfiguration("members")],
      configurationsKnown: true,
      organization: found(organization()),
      groups: groupsOf({}),
      unvouched: undefined,
      ...world,
    });
    if (evaluation.outcome === "Accepted") return "Accepted";
    return `${evaluation.outcome} ${evaluation.problem.reason}: ${evaluation.problem.message}`;
  };
  const offering = (type: "Private" | "Shared") => found(packDefinition("crm", bearer({ accountTypes: [type] })));
  const asking = found(packDefinition("crm", bearer({ requiresEndpointURL: true })));
  const byOAuth = connectedBy({ credential: { oauth2: { clientSecretRef: { name: "app" } } } });
  const oauth = found(
    packDefinition(
      "crm",
      authenticatedBy({
        type: "OAuth2",
        oauth2: { authorizationURL: "https://api.crm.com/a", tokenURL: "https://api.crm.com/t" },
      }),
    ),
  );
  const rows: readonly (readonly [situation: string, world: Partial<AccountInput>, sentence: string])[] = [
    [
      "that its pack is missing",
      { definition: absent, facts: undefined },
      "Waiting PackNotFound: there is no PackDefinition 'crm'; its maker or an administrator applies it.",
    ],
    [
      "why its pack cannot be read",
      { definition: unknown("its kind is not served"), facts: undefined, account: old },
      "Held PackNotFound: the PackDefinition 'crm' cannot be read: its kind is not served.",
    ],
    [
      "which configuration denies its pack, of several the first by name",
      { configurations: ["no", "deny", "nay"].map((name) => packConfiguration(name, denied())) },
      "Refused PackDenied: the PackConfiguration 'deny' denies the pack 'crm' to everybody.",
    ],
    [
      "that the configurations cannot be listed",
      { configurationsKnown: false },
      "Waiting KindNotServed: the PackConfigurations cannot be listed at present.",
    ],
    [
      "why the definition is not accepted",
      { facts: { ...inEffect("api.crm.com"), problem: problem("InvalidDomain", "it is wrong.") } },
      "Waiting DefinitionNotAccepted: the PackDefinition 'crm' is not accepted (InvalidDomain): it is wrong.",
    ],
    [
      "that its pack takes no accounts",
      { definition: found(packDefinition("crm")) },
      "Refused NoAuthentication: the pack 'crm' authenticates nobody, so it takes no accounts.",
    ],
    [
      "that its pack offers private accounts only",
      { definition: offering("Private"), account: packAccount("mine", usable("DocMembers", "Owner")) },
      "Refused AccountTypeNotOffered: the pack 'crm' offers private accounts only; set `spec.access.viewData` to 'Nobody' and `takeActions` to 'Owner'.",
    ],
    [
      "that its pack offers private accounts only, where others act through it",
      { definition: offering("Private"), account: packAccount("mine", usable("Nobody", "DocMembers")) },
      "Refused AccountTypeNotOffered: the pack 'crm' offers private accounts only; set `spec.access.viewData` to 'Nobody' and `takeActions` to 'Owner'.",
    ],
    [
      "that its pack offers shared accounts only",
      { definition: offering("Shared") },
      "Refused AccountTypeNotOffered: the pack 'crm' offers shared accounts only; set `spec.access.viewData` to 'DocMembers'.",
    ],
    [
      "that its credential is of the wrong kind",
      { account: packAccount("mine", byOAuth) },
      "Refused InvalidSpec: `spec.credential.oauth2` must not be set: the pack 'crm' authenticates by 'HeaderBearerToken'; name a Secret in `secretRef`.",
    ],
    [
      "nothing where it consents in the browser",
      { account: packAccount("mine", byOAuth), definition: oauth },
      "Accepted",
    ],
    [
      "that its pack is missing, though it would consent in the browser",
      { account: packAccount("mine", byOAuth), definition: absent, facts: undefined },
      "Waiting PackNotFound: there is no PackDefinition 'crm'; its maker or an administrator applies it.",
    ],
    [
      "that its pack asks for an address",
      { definition: asking },
      "Refused InvalidSpec: `spec.endpointURL` must be set: the pack 'crm' asks for the address of your server.",
    ],
    [
      "that its pack asks for no address",
      { account: packAccount("mine", connectedBy({ endpointURL: "https://api.crm.com" })) },
      "Refused InvalidSpec: `spec.endpointURL` must not be set: the pack 'crm' asks for no address.",
    ],
    [
      "where its server may be",
      { definition: asking, account: packAccount("mine", connectedBy({ endpointURL: "https://crm.com" })) },
      "Refused InvalidSpec: `spec.endpointURL` 'https://crm.com' must be a server at or under 'api.crm.com'.",
    ],
    [
      "where its server may be, where its address is none",
      { definition: asking, account: packAccount("mine", connectedBy({ endpointURL: "http://api.crm.com" })) },
      "Refused InvalidSpec: `spec.endpointURL` 'http://api.crm.com' must be a server at or under 'api.crm.com'.",
    ],
    [
      "that its owner has no access",
      { configurations: [packConfiguration("c", forUsers(BEN))] },
      `Refused UserNotAllowed: no PackConfiguration of the pack 'crm' gives '${ANN}' access; an administrator adds the owner to one.`,
    ],
    [
      "that its owner has no access by a configuration that is not accepted",
      { configurations: [packConfiguration("c", badRule)] },
      `Refused UserNotAllowed: no PackConfiguration of the pack 'crm' gives '${ANN}' access; an administrator adds the owner to one.`,
    ],
    [
      "that its owner is no member",
      { configurations: [], account: packAccount("mine", ownedBy(OUTSIDER)) },
      `Refused NotAMember: '${OUTSIDER}' does not belong to the organization; outsiders need a PackConfiguration with \`state: Approved\`.`,
    ],
    [
      "that nobody knows its owner's groups",
      { configurations: [packConfiguration("c", forGroups("sales"))], groups: stale },
      `Waiting GroupDataStale: whether '${ANN}' belongs to a group that a configuration names is not known: the group's members are older than it allows, or cannot be listed.`,
    ],
    [
      "that nobody knows who is a member",
      { organization: absent },
      `Waiting OrganizationNotFound: nobody can tell whether '${ANN}' is a member: there is no PackOrganization that can be used.`,
    ],
    [
      "that nobody knows who is a member, where nothing is configured",
      { organization: absent, configurations: [], account: old },
      `Held OrganizationNotFound: nobody can tell whether '${ANN}' is a member: there is no PackOrganization that can be used.`,
    ],
    [
      "that a review is missing",
      { facts: inEffect() },
      "Waiting ReviewRequired: the credential may go nowhere until a reviewer approves what the PackDefinition 'crm' says about it.",
    ],
    [
      "that nobody knows where its credential may go",
      { facts: inEffect(), organization: absent, configurations: [] },
      `Waiting OrganizationNotFound: nobody can tell whether '${ANN}' is a member: there is no PackOrganization that can be used.`,
    ],
    [
      "that nobody knows where its credential may go, though its owner may connect it",
      {
        facts: inEffect(),
        organization: absent,
        configurations: [
          packConfiguration("c", (it) => ({ ...it, spec: { packRef: { name: "crm" }, state: "Approved" } })),
        ],
      },
      "Waiting OrganizationNotFound: without a PackOrganization nobody can tell where the credential may go.",
    ],
    [
      "why nobody vouches for it",
      { unvouched: problem("AdmissionMissing", "the policies are gone.") },
      "Waiting AdmissionMissing: the policies are gone.",
    ],
    [
      "that nobody can tell, where another condition than `Accepted` is true",
      {
        account: packAccount(
          "mine",
          knownAs({
            consentedDomains: ["api.crm.com"],
            conditions: [
              { type: "Connected", status: "True", reason: "Connected", message: "", lastTransitionTime: "" },
            ],
          }),
        ),
        configurationsKnown: false,
      },
      "Waiting KindNotServed: the PackConfigurations cannot be listed at present.",
    ],
  ];
  it.each(rows)("%s", (_, world, expected) => {
    expect(sentence(world)).toBe(expected);
  });
});

describe("the accounts of an install read", () => {
  const sending = packDefinition("crm", bearer(), action("Send", { connection: "Required" }));
  const mine = packAccount("mine", consentingTo("api.crm.com"), sharedWith({ installRef: { name: "crm" } }));
  const connected = (status: Condition["status"], reason: string) =>
    changed(mine, (account) => ({
      ...account,
      status: {
        ...account.status,
        conditions: [
          ...(account.status?.conditions ?? []),
          { type: "Connected", status, reason, message: "", lastTransitionTime: "" },
        ],
      },
    }));
  const sentence = (
    world: Partial<InstallAccountsInput>,
    of = sending,
    facts = inEffect("api.crm.com"),
    configuration?: Parameters<typeof accountsReady>[3],
  ): string => {
    const { message, reason, status } = accountsReady(
      installInput({ install: packInstall("crm", naming("mine")), accounts: [mine], ...world }),
      of,
      facts,
      configuration,
    );
    return `${status} ${reason}: ${message}`;
  };

  it("that none is needed", () => {
    const none = "True NoAccountNeeded: No building block needs an account.";
    const optional = packDefinition("crm", bearer(), formula("Get", { connection: "Optional" }), syncTable("Rows"));
    expect(sentence({}, optional)).toBe(none);
    expect(sentence({}, packDefinition("crm", formula("Get", { connection: "Required" })))).toBe(none);
    const table = packDefinition("crm", bearer(), syncTable("Rows", { connection: "Required" }));
    expect(sentence({}, table, undefined, packConfiguration("c", enabling()))).toBe(none);
    expect(sentence({}, sending, undefined, packConfiguration("c", enabling()))).toBe(none);
  });

  it("that one is needed by one of several building blocks", () => {
    const required =
      "False AccountRequired: Some building blocks need an account at the other service; calls to them are refused until one is connected and named in `spec.accountRefs`.";
    const bare = { install: packInstall("crm") };
    expect(sentence(bare)).toBe(required);
    const mixed = packDefinition("crm", bearer(), formula("Free"), formula("Get", { connection: "Required" }));
    expect(sentence(bare, mixed)).toBe(required);
    const tables = packDefinition("crm", bearer(), syncTable("Free"), syncTable("Rows", { connection: "Required" }));
    expect(sentence(bare, tables)).toBe(required);
  });

  it("what is wrong with the first that is not connected", () => {
    expect(sentence({ accounts: [] })).toBe(
      "False AccountNotFound: There is no PackAccount 'team/mine' of this pack that names this install or its doc in `spec.grants`.",
    );
    expect(sentence({ accounts: [], accountsKnown: false })).toBe(
      "Unknown KindNotServed: The PackAccounts cannot be listed at present.",
    );
    const over = changed(mine, sharedWith({ installRef: { name: "crm" }, expireTime: toTimestamp(NOW) }));
    expect(sentence({ accounts: [over] })).toBe("False AccountExpired: The time of the account 'team/mine' is over.");
    expect(sentence({ configurations: [packConfiguration("no", denied())] })).toBe(
      "False AccountNotAccepted: The account 'team/mine' is not accepted (PackDenied); its condition Accepted says why.",
    );
    expect(
      sentence({
        unvouched: problem("AdmissionMissing", "x"),
        accounts: [changed(mine, connectedBy({}), (it) => ({ ...it, metadata: { ...it.metadata, generation: 9 } }))],
      }),
    ).toBe(
      "False AccountNotAccepted: The account 'team/mine' is not accepted (AdmissionMissing); its condition Accepted says why.",
    );
    const two = packDefinition("crm", bearer(), reaching("a.com", "b.com"), action("Send", { connection: "Required" }));
    expect(sentence({}, two, inEffect("a.com", "b.com"))).toBe(
      "False ConsentRequired: The owner of the account 'team/mine' must agree that its credential goes to 'a.com' and 'b.com'.",
    );
    expect(sentence({ accounts: [connected("False", "CredentialInvalid")] })).toBe(
      "False CredentialInvalid: The credential of the account 'team/mine' does not work; its owner connects it again.",
    );
    const unchecked = "Unknown CredentialNotChecked: Nobody has checked the credential of the account 'team/mine' yet.";
    expect(sentence({})).toBe(unchecked);
    expect(sentence({ accounts: [connected("Unknown", "CredentialNotChecked")] })).toBe(unchecked);
    expect(sentence({ accounts: [connected("True", "Connected")] })).toBe(
      "True Connected: The accounts are connected.",
    );
  });
});

describe("whoever chooses an account reads", () => {
  const account = (name: string, owner: string, more: Partial<GrantAccount> = {}): GrantAccount => ({
    name,
    owner,
    viewData: "DocMembers",
    takeActions: "DocMembers",
    secret: name,
    boundHosts: ["api.crm.com"],
    placement: { type: "None" },
    ...more,
  });
  const sentence = (
    request: Partial<AccountRequest>,
    accounts: readonly GrantAccount[] = [],
    types: Parameters<typeof compileAccounts>[1] = ["Private", "Shared"],
  ): string => {
    const result = compileAccounts(accounts, types).choose({
      user: ANN,
      component: "Send",
      action: true,
      connection: "Required",
      chosen: undefined,
      now: NOW,
      ...request,
    });
    return result.ok ? `uses ${result.account?.name}` : `${result.problem.what} ${result.problem.fix}`;
  };
  const types = "The configuration must allow that type of account, and the pack must offer it.";

  it("that none is needed", () => {
    expect(sentence({ connection: "None" })).toBe("uses undefined");
    expect(sentence({ connection: "None", chosen: "team/a" })).toBe("'Send' uses no account. Name none.");
  });

  it("which types are allowed", () => {
    expect(sentence({}, [], [])).toBe(`'Send' needs an account, and no accounts are allowed. ${types}`);
    expect(sentence({ action: false }, [], ["Private"])).toBe(
      `'Send' needs a shared account, and only private ones are allowed. ${types}`,
    );
  });

  it("how to connect one", () => {
    const required = "'Send' needs an account, and there is none that you may use. Connect your own account";
    expect(sentence({})).toBe(`${required}, and let the install name it.`);
    expect(sentence({}, [], ["Shared"])).toBe(
      `${required} with \`viewData\` and \`takeActions\` set to 'DocMembers', and let the install name it.`,
    );
    expect(sentence({ action: false })).toBe(`${required} with \`viewData: DocMembers\`, and let the install name it.`);
  });

  it("what is wrong with his own", () => {
    const nobody = account("team/a", ANN, { viewData: "Nobody", takeActions: "Nobody" });
    expect(sentence({}, [nobody])).toBe(
      "Your account 'team/a' does not serve 'Send'. Set its `takeActions` to 'Owner', or to 'DocMembers' beside `viewData: DocMembers`.",
    );
    expect(sentence({ action: false }, [nobody])).toBe(
      "Your account 'team/a' does not serve 'Send'. Set its `viewData` to 'DocMembers': fetched data is seen by everybody in the doc.",
    );
    const over = "The time of your account 'team/a' is over. Extend its `expireTime`, or connect it again.";
    expect(sentence({}, [account("team/a", ANN, { expireTime: toTimestamp(NOW) })])).toBe(over);
    expect(sentence({}, [account("team/a", ANN, { expireTime: "soon" })])).toBe(over);
    expect(sentence({}, [account("team/a", ANN, { expireTime: toTimestamp(NOW + 1000) })])).toBe("uses team/a");
    expect(sentence({}, [account("team/a", ANN)], ["Private"])).toBe(
      `Your account 'team/a' is shared for this use, and such accounts are not allowed. ${types}`,
    );
    expect(sentence({ chosen: "team/b" }, [account("team/b", BEN, { viewData: "Nobody" })])).toBe(
      "The account that you chose cannot be used for 'Send'. Use an account of your own, or one that is shared with the doc.",
    );
  });
});
