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
  inDoc,
  inNamespace,
  installInput,
  NOW,
  packConfiguration,
  packDefinition,
  packGroup,
  packInstall,
  reaching,
  syncTable,
  viewing,
  withMeta,
} from "../../test/gen/objects.ts";
import type {
  AccountGrant,
  Authentication,
  PackAccount,
  PackConfiguration,
  PackDefinition,
} from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import type { AccountFacts } from "./account-consent.ts";
import { placementOf } from "./account-placement.ts";
import { accountsEnd, accountsOf, accountsReady, type InstallAccountsInput, vaultName } from "./install-accounts.ts";
import { absent } from "./truth.ts";

const HOST = "api.crm.com";
const definition = packDefinition(
  "crm",
  authenticatedBy({ type: "HeaderBearerToken" }),
  action("Send", { connection: "Required" }),
);
const facts = inEffect(HOST);

/** Ann's account, accepted, that names the install `crm` of its namespace. */
const mine = packAccount("mine", consentingTo(HOST), sharedWith({ installRef: { name: "crm" } }));
const install = packInstall("crm", naming("mine"));
const world = (overrides: Partial<InstallAccountsInput> = {}): InstallAccountsInput =>
  installInput({ install, accounts: [mine], ...overrides });

const namesIn = (overrides: Partial<InstallAccountsInput> = {}, of: PackDefinition = definition, inForce = facts) =>
  accountsOf(world(overrides), of, inForce).map(({ name }) => name);

const at = (ms: number): string => toTimestamp(NOW + ms);
const staleGroup = viewing(
  packGroup("sales", { members: [], source: { name: "scim", maxAgeSeconds: 60 } }, { syncTime: at(-61_000) }),
);

describe("an account in the grant of an install", () => {
  it("is all that a run needs to know about it, and no credential", () => {
    const account = changed(mine, usable("DocMembers", "Owner"), knownAs({ grantedScopes: ["write", "read"] }));
    expect(accountsOf(world({ accounts: [account] }), definition, facts)).toEqual([
      {
        name: "team/mine",
        owner: ANN,
        viewData: "DocMembers",
        takeActions: "Owner",
        secret: vaultName(mine),
        boundHosts: [HOST],
        placement: { type: "HeaderBearerToken", headers: [{ name: "Authorization", prefix: "Bearer" }] },
        grantedScopes: ["read", "write"],
      },
    ]);
  });

  it("S0-36 is private unless its owner says otherwise", () => {
    expect(accountsOf(world(), definition, facts)).toMatchObject([{ viewData: "Nobody", takeActions: "Owner" }]);
  });

  type Row = readonly [name: string, overrides: Partial<InstallAccountsInput>, there: boolean];
  const granting = (...grants: readonly AccountGrant[]) => ({ accounts: [changed(mine, sharedWith(...grants))] });
  const inReport = changed(install, inDoc("report"));
  const elsewhere = packInstall("crm", inNamespace("other"), naming("team/mine"));
  const rows: readonly Row[] = [
    ["S2-7 is there if both sides say yes", {}, true],
    ["S2-7 is not there if the install does not name it", { install: packInstall("crm") }, false],
    ["S2-7 is not there if it does not name the install", { accounts: [changed(mine, sharedWith())] }, false],
    ["S2-7 is not there if it names another install", granting({ installRef: { name: "crm2" } }), false],
    [
      "S2-7 is there if it names the install's doc",
      { install: inReport, ...granting({ docRef: { name: "report" } }) },
      true,
    ],
    [
      "S2-7 is not there if it names another doc",
      { install: inReport, ...granting({ docRef: { name: "diary" } }) },
      false,
    ],
    ["S2-7 is not there if it names a doc and the install is in none", granting({ docRef: { name: "report" } }), false],
    [
      "S2-7 is there in other namespaces that it names",
      { install: elsewhere, ...granting({ namespace: "other", installRef: { name: "crm" } }) },
      true,
    ],
    ["S2-7 is not there in other namespaces if it names its own", { install: elsewhere }, false],
    [
      "S2-7 is not there in its own namespace if it names another",
      granting({ namespace: "other", installRef: { name: "crm" } }),
      false,
    ],
    [
      "S2-7 is not there if the install names one of another namespace",
      { install: packInstall("crm", naming("other/mine")) },
      false,
    ],
    [
      "S2-15 is not there any more once its owner takes the doc from its list",
      granting({ installRef: { name: "other" } }),
      false,
    ],
    [
      "is not there if it is of another pack",
      { accounts: [changed(mine, connectedBy({ packRef: { name: "erp" } }))] },
      false,
    ],
    [
      "is not there while it is being deleted",
      { accounts: [changed(mine, withMeta({ deletionTimestamp: at(-1000) }))] },
      false,
    ],
    ["is there until its time is over", granting({ installRef: { name: "crm" }, expireTime: at(1000) }), true],
    [
      "is not there from the moment on at which its time is over",
      granting({ installRef: { name: "crm" }, expireTime: at(0) }),
      false,
    ],
    [
      "is not there if nobody can read when its time is over",
      granting({ installRef: { name: "crm" }, expireTime: "soon" }),
      false,
    ],
    [
      "is not there after its credential has ended",
      { accounts: [changed(mine, knownAs({ expireTime: at(-1000) }))] },
      false,
    ],
    [
      "S0-33 is not there before its status says what its owner agreed to",
      { accounts: [packAccount("mine", sharedWith({ installRef: { name: "crm" } }))] },
      false,
    ],
    ["S1-15 Denied: is not there", { configurations: [packConfiguration("no", denied())] }, false],
    [
      "S1-2 is not there if its owner has access to no configuration",
      { configurations: [packConfiguration("c", forUsers(BEN))] },
      false,
    ],
    [
      "stays while a group is stale",
      { configurations: [packConfiguration("c", forGroups("sales"))], groups: staleGroup },
      true,
    ],
    ["stays while there is no organization", { organization: absent }, true],
    ["stays while configurations cannot be listed", { configurations: [], configurationsKnown: false }, true],
  ];
  it.each(rows)("%s", (_, overrides, there) => {
    expect(namesIn(overrides)).toEqual(there ? ["team/mine"] : []);
  });

  it("is there once, however often it is named", () => {
    expect(namesIn({ install: packInstall("crm", naming("mine", "team/mine")) })).toEqual(["team/mine"]);
  });

  it("S2-3 stands beside others of the same pack, sorted by name", () => {
    const named = (name: string) => changed(mine, withMeta({ name, uid: name }));
    const accounts = [named("b"), named("a"), named("c")];
    expect(namesIn({ accounts, install: packInstall("crm", naming("c", "a", "b")) })).toEqual([
      "team/a",
      "team/b",
      "team/c",
    ]);
  });

  it("ends with the longest of its owner's grants, or earlier with the credential", () => {
    const [grant, longer] = [1000, 5000].map((ms) => ({ installRef: { name: "crm" }, expireTime: at(ms) })) as [
      AccountGrant,
      AccountGrant,
    ];
    const ends = (account: PackAccount) => accountsOf(world({ accounts: [account] }), definition, facts)[0]?.expireTime;
    expect(ends(mine)).toBeUndefined();
    expect(ends(changed(mine, sharedWith(grant)))).toBe(at(1000));
    expect(ends(changed(mine, sharedWith(grant, longer)))).toBe(at(5000));
    expect(ends(changed(mine, sharedWith(grant, { installRef: { name: "crm" } })))).toBeUndefined();
    expect(ends(changed(mine, sharedWith(longer), knownAs({ expireTime: at(2000) })))).toBe(at(2000));
  });

  it("has a vault of its own, which who takes its name later does not inherit", () => {
    const again = changed(mine, withMeta({ uid: "another" }));
    const long = packAccount("a".repeat(63));
    expect(vaultName(mine)).toMatch(/^mine-[0-9a-f]{16}$/);
    expect(vaultName(again)).not.toBe(vaultName(mine));
    expect(vaultName(changed(mine, inNamespace("other")))).not.toBe(vaultName(mine));
    expect(vaultName(long)).toHaveLength(63);
  });
});

describe("the hosts that an account's credential may go to", () => {
  const two = changed(definition, reaching(HOST, "new.crm.com"));
  const both = inEffect(HOST, "new.crm.com");
  const hosts = (account = mine, of = two, inForce = both) =>
    accountsOf(world({ accounts: [account] }), of, inForce)[0]?.boundHosts;

  it("S0-33 are those that its owner agreed to: old parts keep working", () => {
    expect(hosts()).toEqual([HOST]);
  });

  it("are those that the pack still asks for", () => {
    expect(hosts(changed(mine, consentingTo(HOST, "gone.com")))).toEqual([HOST]);
  });

  it("are those that are in effect", () => {
    expect(hosts(changed(mine, consentingTo(HOST, "new.crm.com")), two, inEffect(HOST))).toEqual([HOST]);
  });

  it("are those of the authentication, not every host of the pack", () => {
    const narrow = changed(two, authenticatedBy({ type: "HeaderBearerToken", networkDomains: ["new.crm.com"] }));
    expect(hosts(changed(mine, consentingTo(HOST, "new.crm.com")), narrow)).toEqual(["new.crm.com"]);
  });

  it("are not those from which credentials are withheld", () => {
    const withheld = { ...both, withheldFrom: ["new.crm.com"] };
    expect(hosts(changed(mine, consentingTo(HOST, "new.crm.com")), two, withheld)).toEqual([HOST]);
  });

  it("shrink to the account's own server, for others may own the names beside it", () => {
    const asks = changed(two, authenticatedBy({ type: "HeaderBearerToken", requiresEndpointURL: true }));
    const account = changed(
      mine,
      consentingTo(HOST, "new.crm.com"),
      connectedBy({ endpointURL: "https://acme.api.crm.com/v2" }),
    );
    expect(hosts(account, asks)).toEqual(["acme.api.crm.com", "new.crm.com"]);
  });

  it("leave the account out if there are none", () => {
    expect(hosts(changed(mine, consentingTo("gone.com")))).toBeUndefined();
  });
});

describe("where a credential is put", () => {
  const rows: readonly (readonly [string, Authentication, object])[] = [
    ["nowhere", { type: "None" }, {}],
    ["a bearer token", { type: "HeaderBearerToken" }, { headers: [{ name: "Authorization", prefix: "Bearer" }] }],
    [
      "a header of the pack's",
      { type: "CustomHeaderToken", customHeaderToken: { headerName: "X-Key" } },
      { headers: [{ name: "X-Key" }] },
    ],
    [
      "a header with a prefix",
      { type: "CustomHeaderToken", customHeaderToken: { headerName: "X-Key", tokenPrefix: "Token" } },
      { headers: [{ name: "X-Key", prefix: "Token" }] },
    ],
    [
      "several headers, sorted",
      { type: "MultiHeaderToken", multiHeaderToken: { headers: [{ name: "X-B", tokenPrefix: "" }, { name: "X-A" }] } },
      { headers: [{ name: "X-A" }, { name: "X-B" }] },
    ],
    ["a query parameter", { type: "QueryParamToken", queryParamToken: { paramName: "key" } }, { params: ["key"] }],
    [
      "several query parameters, sorted",
      { type: "MultiQueryParamToken", multiQueryParamToken: { params: [{ name: "b" }, { name: "a" }] } },
      { params: ["a", "b"] },
    ],
    ["user and password", { type: "WebBasic" }, { headers: [{ name: "Authorization", prefix: "Basic" }] }],
    [
      "an access token",
      { type: "OAuth2", oauth2: { authorizationURL: "https://a.com/", tokenURL: "https://a.com/" } },
      { headers: [{ name: "Authorization", prefix: "Bearer" }] },
    ],
    [
      "an access token with another prefix",
      {
        type: "OAuth2",
        oauth2: { authorizationURL: "https://a.com/", tokenURL: "https://a.com/", tokenPrefix: "token" },
      },
      { headers: [{ name: "Authorization", prefix: "token" }] },
    ],
    [
      "an access token in the query",
      {
        type: "OAuth2",
        oauth2: { authorizationURL: "https://a.com/", tokenURL: "https://a.com/", tokenQueryParam: "t" },
      },
      { params: ["t"] },
    ],
    [
      "a machine's access token",
      { type: "OAuth2ClientCredentials", oauth2ClientCredentials: { tokenURL: "https://a.com/", tokenPrefix: "MAC" } },
      { headers: [{ name: "Authorization", prefix: "MAC" }] },
    ],
    ["a signature", { type: "AWSAccessKey", awsAccessKey: { service: "s3" } }, { service: "s3" }],
    ["a signature of a role", { type: "AWSAssumeRole", awsAssumeRole: { service: "s3" } }, { service: "s3" }],
    [
      "a service account's token",
      { type: "GoogleServiceAccount", googleServiceAccount: { scopes: ["x"] } },
      { headers: [{ name: "Authorization", prefix: "Bearer" }] },
    ],
    ["placeholders", { type: "Custom", custom: { params: [{ name: "b" }, { name: "a" }] } }, { params: ["a", "b"] }],
    [
      "the platform's token",
      { type: "PlatformToken", platformToken: { audience: "x" } },
      { headers: [{ name: "Authorization", prefix: "Bearer" }] },
    ],
  ];
  it.each(rows)("%s", (_, authentication, slots) => {
    expect(placementOf(authentication)).toEqual({ type: authentication.type, ...slots });
  });
});

describe("the accounts of an install are ready", () => {
  const connected = (status: "True" | "False" | "Unknown", reason: string) =>
    knownAs({
      conditions: [
        ...(mine.status?.conditions ?? []),
        { type: "Connected", status, reason, message: "", lastTransitionTime: at(0), observedGeneration: 1 },
      ],
    });
  const works = changed(mine, connected("True", "Connected"));
  const optional = packDefinition(
    "crm",
    authenticatedBy({ type: "HeaderBearerToken" }),
    formula("Read", { connection: "Optional" }),
  );
  const table = packDefinition(
    "crm",
    authenticatedBy({ type: "HeaderBearerToken" }),
    syncTable("Deals", { connection: "Required" }),
  );
  const two = changed(definition, reaching(HOST, "new.crm.com"));

  type World = Partial<InstallAccountsInput> & {
    readonly of?: PackDefinition;
    readonly inForce?: AccountFacts;
    readonly by?: PackConfiguration;
  };
  const rows: readonly (readonly [name: string, expected: string, world: World])[] = [
    [
      "S2-1 if the pack authenticates nobody",
      "True NoAccountNeeded",
      { of: packDefinition("crm", action("Send", { connection: "Required" })) },
    ],
    ["S2-1 if nothing needs an account", "True NoAccountNeeded", { of: optional }],
    [
      "S2-1 if what needs an account is off",
      "True NoAccountNeeded",
      { by: packConfiguration("c", enabling({ fetches: "Allow" })) },
    ],
    [
      "if what needs an account is on, and it works",
      "True Connected",
      { accounts: [works], by: packConfiguration("c", enabling({ actions: "Allow" })) },
    ],
    ["if all of them work", "True Connected", { accounts: [works] }],
    ["not if none is named", "False AccountRequired", { install: packInstall("crm"), accounts: [] }],
    ["not if a table needs one", "False AccountRequired", { install: packInstall("crm"), accounts: [], of: table }],
    ["not if there is no such account", "False AccountNotFound", { accounts: [] }],
    ["not if its owner does not share it", "False AccountNotFound", { accounts: [changed(works, sharedWith())] }],
    ["while accounts cannot be listed", "Unknown KindNotServed", { accounts: [], accountsKnown: false }],
    [
      "not if its time is over",
      "False AccountExpired",
      { accounts: [changed(works, sharedWith({ installRef: { name: "crm" }, expireTime: at(0) }))] },
    ],
    [
      "not if it is not accepted",
      "False AccountNotAccepted",
      { accounts: [works], configurations: [packConfiguration("no", denied())] },
    ],
    [
      "S0-33 not if its owner must agree",
      "False ConsentRequired",
      { accounts: [works], of: two, inForce: inEffect(HOST, "new.crm.com") },
    ],
    [
      "not if its credential does not work",
      "False CredentialInvalid",
      { accounts: [changed(mine, connected("False", "CredentialInvalid"))] },
    ],
    ["while nobody has checked its credential", "Unknown CredentialNotChecked", {}],
    [
      "not if one of several is not",
      "False AccountNotFound",
      { accounts: [works], install: packInstall("crm", naming("mine", "yours")) },
    ],
  ];
  it.each(rows)("%s: %s", (_, expected, { of = definition, inForce = facts, by, ...overrides }) => {
    const { reason, status } = accountsReady(world(overrides), of, inForce, by);
    expect(`${status} ${reason}`).toBe(expected);
  });

  it("says nothing of an account whose owner does not share it, not even that it exists", () => {
    const hidden = accountsReady(
      world({ accounts: [changed(mine, sharedWith(), ownedBy(BEN))] }),
      definition,
      facts,
      undefined,
    );
    expect(hidden).toEqual(accountsReady(world({ accounts: [] }), definition, facts, undefined));
  });
});

describe("the next moment at which an account ends", () => {
  const until = (name: string, ms: number) =>
    changed(mine, withMeta({ name }), sharedWith({ installRef: { name: "crm" }, expireTime: at(ms) }));

  it("is the earliest that is still to come", () => {
    const accounts = [until("a", 5000), until("b", 2000), until("c", -1000), changed(mine, withMeta({ name: "d" }))];
    expect(accountsEnd(world({ accounts, install: packInstall("crm", naming("a", "b", "c", "d")) }))).toBe(NOW + 2000);
  });

  it("does not exist if none ends", () => {
    expect(accountsEnd(world())).toBeUndefined();
  });
});
