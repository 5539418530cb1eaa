import { describe, expect, test } from "vitest";
import {
  ANN,
  acceptingDomains,
  action,
  allowingDomains,
  approved,
  authenticatedBy,
  BEN,
  boundTo,
  changed,
  configuredBy,
  definedBy,
  denied,
  docIn,
  enabling,
  forGroups,
  formula,
  forUsers,
  granting,
  inDoc,
  installInput,
  openToMembers,
  organization,
  organizedBy,
  packConfiguration,
  packDefinition,
  packDocObject,
  packFolder,
  packInstall,
  reaching,
  share,
  suspended,
  syncTable,
  withGrace,
} from "../../test/gen/objects.ts";
import type { PackDoc, PackGrantSpec } from "../api/v1alpha1/index.ts";
import { stableJson } from "../lib/stable-json.ts";
import { MAX_GRANT_BYTES } from "./definition.ts";
import { BUILT_IN, evaluateInstall } from "./evaluate.ts";
import { componentStates, grantOf } from "./grant.ts";
import type { InstallInput } from "./input.ts";
import { absent, found, unknown } from "./truth.ts";

type World = Partial<InstallInput>;

const compile = (world: World = {}): PackGrantSpec | "keep" | undefined => {
  const input = installInput(world);
  return grantOf(input, evaluateInstall(input));
};

const grant = (world: World = {}): PackGrantSpec => {
  const compiled = compile(world);
  if (compiled === undefined || compiled === "keep") throw new Error(`no grant, but ${compiled}`);
  return compiled;
};

const members = packConfiguration("members");
const bound = packInstall("crm", boundTo(members));
const three = found(organization(acceptingDomains(3)));

describe("the grant of a world", () => {
  const definition = packDefinition(
    "crm",
    reaching("c.com", "a.com", "b.com"),
    formula("Read"),
    action("Send"),
    syncTable("Deals", { writable: true, hosts: ["b.com", "a.com"] }),
  );
  const configuration = packConfiguration(
    "c",
    forUsers(BEN, ANN),
    enabling({ formulas: [{ name: "Send" }, { name: "Read" }] }),
  );
  const world: World = {
    organization: found(organization(acceptingDomains(3), organizedBy({ ownedDomains: ["z.com", "example.com"] }))),
    definition: found(definition),
    configurations: [configuration],
  };

  test("is the same bytes for the same world, in whatever order its lists are written", () => {
    const { formulas = [], networkDomains = [] } = definition.spec;
    const { access, components } = configuration.spec;
    const turned: World = {
      organization: found(organization(acceptingDomains(3), organizedBy({ ownedDomains: ["example.com", "z.com"] }))),
      definition: found(
        changed(
          definition,
          definedBy({ formulas: formulas.toReversed(), networkDomains: networkDomains.toReversed() }),
        ),
      ),
      configurations: [
        changed(
          configuration,
          configuredBy({
            access: { scope: "Subjects", subjects: access?.subjects?.toReversed() ?? [] },
            components: { allow: "Listed", formulas: components?.formulas?.toReversed() ?? [] },
          }),
        ),
      ],
    };
    expect(stableJson(grant(turned))).toBe(stableJson(grant(world)));
    expect(JSON.stringify(grant(world))).toBe(JSON.stringify(grant(world)));
  });

  test("says everything that the gateway needs, and no more", () => {
    expect(grant(world)).toEqual({
      install: { namespace: "team", name: "crm", uid: "uid-of-crm" },
      pack: "crm",
      state: "Active",
      hosts: [
        { domain: "a.com", auth: "None" },
        { domain: "b.com", auth: "None" },
        { domain: "c.com", auth: "None" },
      ],
      components: [
        { kind: "Formula", name: "Read", action: false, connection: "None", enabled: true },
        { kind: "Formula", name: "Send", action: true, connection: "None", enabled: true },
        {
          kind: "SyncTable",
          name: "Deals",
          action: false,
          connection: "None",
          hosts: ["a.com", "b.com"],
          enabled: false,
          reason: "NotListed",
        },
        {
          kind: "SyncTableUpdate",
          name: "Deals",
          action: true,
          connection: "None",
          hosts: ["a.com", "b.com"],
          enabled: false,
          reason: "NotListed",
        },
      ],
      access: {
        state: "Configured",
        scope: "Subjects",
        members: "OwnedDomains",
        users: [ANN, BEN],
        groups: [],
        ownedDomains: ["example.com", "z.com"],
      },
      accounts: [],
      allowedScopes: { allow: "All" },
      accountTypes: ["Private", "Shared"],
      audience: { anyone: true },
      limits: { timeoutSeconds: 60, maxResponseBytes: 26_214_400, maxConcurrentRuns: 4, isolation: "PerUser" },
      configuration: { name: "c" },
    });
  });

  test("S1-54 shows people which components they can use, and why not", () => {
    expect(componentStates(grant(world))).toEqual([
      { kind: "Formula", name: "Read", state: "Enabled" },
      { kind: "Formula", name: "Send", state: "Enabled" },
      { kind: "SyncTable", name: "Deals", state: "Disabled", reason: "NotListed" },
      { kind: "SyncTableUpdate", name: "Deals", state: "Disabled", reason: "NotListed" },
    ]);
  });
});

describe("who may use it", () => {
  test("is everybody under `Approved`", () => {
    const { access } = grant({ configurations: [packConfiguration("c", approved())] });
    expect(access).toMatchObject({ state: "Approved", users: [], groups: [] });
  });

  test("is all members under the organization's default", () => {
    const world = { organization: found(organization(openToMembers())), configurations: [] };
    expect(grant(world)).toMatchObject({
      access: { state: "Configured", scope: "Organization", ownedDomains: ["example.com"] },
      configuration: { name: BUILT_IN },
    });
  });

  test("is who it was, as far as the organization decides, while nobody knows the organization", () => {
    const granted = { hosts: ["api.crm.com"], members: "OwnedDomains" as const, ownedDomains: ["old.com"] };
    const world = { install: bound, organization: absent, granted };
    expect(grant(world).access).toMatchObject({ members: "OwnedDomains", ownedDomains: ["old.com"] });
  });

  test("is nobody by mail domain, while neither the organization nor an older grant says", () => {
    expect(grant({ install: bound, organization: absent }).access).toMatchObject({
      members: "OwnedDomains",
      ownedDomains: [],
    });
  });
});

describe("whose credential goes to a host", () => {
  const hosts = (...changes: Parameters<typeof changed<ReturnType<typeof packDefinition>>>[1][]) =>
    Object.fromEntries(
      grant({ organization: three, definition: found(packDefinition("crm", ...changes)) }).hosts?.map((it) => [
        it.domain,
        it.auth,
      ]) ?? [],
    );
  const two = reaching("a.com", "b.com");
  const user = (...networkDomains: readonly string[]) => authenticatedBy({ type: "WebBasic", networkDomains });
  const system = (...networkDomains: readonly string[]) =>
    definedBy({ systemAuthentication: { type: "HeaderBearerToken", networkDomains } });

  test("is nobody's without an authentication", () => {
    expect(hosts(two)).toEqual({ "a.com": "None", "b.com": "None" });
  });

  test("is the user's where the authentication names the host, and only there", () => {
    expect(hosts(two, user("b.com"))).toEqual({ "a.com": "None", "b.com": "User" });
  });

  test("is the user's at the only declared host, which needs no list", () => {
    expect(hosts(reaching("a.com"), authenticatedBy({ type: "WebBasic" }))).toEqual({ "a.com": "User" });
  });

  test("is the organization's where the system authentication names the host", () => {
    expect(hosts(two, system("a.com"))).toEqual({ "a.com": "System", "b.com": "None" });
  });

  test("is either where both name it", () => {
    expect(hosts(two, user("a.com"), system("a.com", "b.com"))).toEqual({
      "a.com": "UserAndSystem",
      "b.com": "System",
    });
  });

  test("is nobody's if an empty list names no host", () => {
    expect(hosts(two, user())).toEqual({ "a.com": "None", "b.com": "None" });
  });
});

describe("what a configuration narrows", () => {
  const by = (spec: Parameters<typeof configuredBy>[0]) =>
    grant({ configurations: [packConfiguration("c", configuredBy(spec))] });

  test("S1-38 are scopes, to those listed", () => {
    const policy = { allow: "Listed", allowed: ["write", "read"] } as const;
    expect(by({ oauthScopes: policy }).allowedScopes).toEqual({ allow: "Listed", allowed: ["read", "write"] });
  });

  test("are scopes, to none if the list is empty or gone", () => {
    expect(by({ oauthScopes: { allow: "Listed" } }).allowedScopes).toEqual({ allow: "Listed", allowed: [] });
    expect(by({ oauthScopes: { allow: "Listed", allowed: [] } }).allowedScopes).toEqual({
      allow: "Listed",
      allowed: [],
    });
  });

  test("are types of accounts, to those listed that the pack offers", () => {
    expect(by({ accounts: { allow: "Listed", types: ["Private"] } }).accountTypes).toEqual(["Private"]);
    const definition = found(packDefinition("crm", authenticatedBy({ type: "WebBasic", accountTypes: ["Shared"] })));
    const configurations = [
      packConfiguration("c", configuredBy({ accounts: { allow: "Listed", types: ["Private"] } })),
    ];
    expect(grant({ definition, configurations }).accountTypes).toEqual([]);
  });

  test("are types of accounts, to none if the list is empty or gone", () => {
    expect(by({ accounts: { allow: "Listed" } }).accountTypes).toEqual([]);
    expect(by({ accounts: { allow: "Listed", types: [] } }).accountTypes).toEqual([]);
  });

  test("are not the hosts: a configuration allows all of them, or the pack does not fit", () => {
    const world = { organization: three, definition: found(packDefinition("crm", reaching("a.com", "b.com"))) };
    expect(compile({ ...world, configurations: [packConfiguration("c", allowingDomains("a.com"))] })).toBeUndefined();
  });
});

describe("a grant lets nothing through and says why", () => {
  const patient = packConfiguration("members", withGrace(60));

  test("while an uninstall waits for its grace period: it is revoked and empty", () => {
    const world = {
      install: packInstall("crm", boundTo(patient)),
      configurations: [patient, packConfiguration("d", denied())],
    };
    expect(grant(world)).toEqual({
      install: { namespace: "team", name: "crm", uid: "uid-of-crm" },
      pack: "crm",
      state: "Revoked",
      reason: "PackDenied",
      message: expect.stringContaining("'d' denies"),
    });
  });

  test("while it rests: it is suspended, and what it will be again can be read", () => {
    const world = { install: packInstall("crm", boundTo(members), suspended()) };
    expect(grant(world)).toMatchObject({ state: "Suspended", reason: "Suspended", hosts: [{ domain: "api.crm.com" }] });
  });

  test("while the definition is not accepted: it is suspended and remembers what was granted, nothing new", () => {
    const definition = found(packDefinition("crm", reaching("co.uk")));
    const world = { install: bound, definition, granted: granting("api.crm.com") };
    expect(grant(world)).toMatchObject({ state: "Suspended", reason: "DefinitionNotAccepted" });
    expect(grant(world).hosts).toEqual([{ domain: "api.crm.com", auth: "None" }]);
    expect(grant(world)).not.toHaveProperty("components");
  });

  test("while the definition has not recorded a domain that it gave up: forgotten, another could take its place", () => {
    const definition = found(packDefinition("crm", reaching("evil.net")));
    const world = { install: bound, definition, granted: granting("api.crm.com") };
    expect(grant(world)).toMatchObject({ state: "Suspended", reason: "Progressing" });
    expect(grant(world).hosts).toEqual([{ domain: "api.crm.com", auth: "None" }]);
    expect(grant(world)).not.toHaveProperty("components");
  });

  test("while a foreign policy widens its reach", () => {
    expect(grant({ install: bound, widenedBy: ["x/y"] })).toMatchObject({
      state: "Suspended",
      reason: "NetworkWidened",
    });
  });

  test("while nobody knows the organization and the pack would leave: it is suspended and offers nothing", () => {
    const world = { install: bound, organization: absent, configurations: [], granted: granting("api.crm.com") };
    expect(grant(world)).toMatchObject({ state: "Suspended", reason: "ConfigurationDeleted" });
    expect(grant(world)).not.toHaveProperty("components");
  });

  test("if it would be too large, whatever the rules say", () => {
    const values = Array.from({ length: 100 }, (_, index) => `${index}`.padEnd(256, "x"));
    const parameters = Array.from({ length: 32 }, (_, index) => ({ name: `p${index}`, rule: { values } }));
    const definition = found(packDefinition("crm", formula("Read"), syncTable("Deals")));
    const configurations = [
      packConfiguration(
        "c",
        enabling({ formulas: [{ name: "Read", parameters }], syncTables: [{ name: "Deals", parameters }] }),
      ),
    ];
    const compiled = grant({ definition, configurations });
    expect(compiled).toMatchObject({ state: "Revoked", reason: "PolicyTooLarge" });
    expect(compiled.message).toContain(`${MAX_GRANT_BYTES} are allowed`);
    expect(compiled).not.toHaveProperty("hosts");
  });

  test("in a message that is never longer than the CRD allows", () => {
    const widenedBy = Array.from({ length: 5 }, (_, index) => `packs-sandboxes/${`${index}`.repeat(253)}`);
    expect(grant({ install: bound, widenedBy }).message).toHaveLength(1024);
  });
});

describe("there is no grant", () => {
  test("before a pack is installed", () => {
    expect(compile({ configurations: [] })).toBeUndefined();
    expect(compile({ definition: absent })).toBeUndefined();
  });

  test("after it is uninstalled", () => {
    expect(compile({ install: bound, configurations: [] })).toBeUndefined();
  });
});

test("the stored grant is kept while the definition cannot be read", () => {
  expect(compile({ install: bound, definition: unknown("its kind is not served") })).toBe("keep");
});

describe("the limits of a run", () => {
  test("are those of the definition", () => {
    const sandbox = { timeoutSeconds: 5, maxResponseBytes: 1024, maxConcurrentRuns: 1, isolation: "PerRun" as const };
    expect(grant({ definition: found(packDefinition("crm", definedBy({ sandbox }))) }).limits).toEqual(sandbox);
  });
});

test("a denial names whom to ask, if the organization says so", () => {
  const world = { organization: found(organization(organizedBy({ supportContact: "it@example.com" }))) };
  expect(grant(world).configuration).toEqual({ name: "members", contact: "it@example.com" });
});

describe("the audience of a grant", () => {
  const audience = (spec: Partial<PackDoc["spec"]>, ...folders: readonly ReturnType<typeof packFolder>[]) =>
    grant({ install: packInstall("crm", inDoc("plan")), doc: docIn(packDocObject("plan", spec), ...folders) }).audience;

  test("is whoever Kubernetes lets invoke, without a PackDoc", () => {
    expect(grant().audience).toEqual({ anyone: true });
  });

  test("is the owner of a doc that is shared with nobody", () => {
    expect(audience({})).toEqual({ users: [ANN], groups: [], domains: [] });
  });

  test("is everybody whom the doc and its folders name, each once and sorted", () => {
    const sharing = [
      share("User", BEN),
      share("Group", "staff"),
      share("Group", "sales"),
      share("Domain", "Z.com"),
      share("Domain", "a.com"),
    ];
    const folder = packFolder("f", { sharing: [share("User", BEN), share("Group", "all"), share("Domain", "z.com")] });
    expect(audience({ sharing, folderRef: { name: "f" } }, folder)).toEqual({
      users: [ANN, BEN],
      groups: ["all", "sales", "staff"],
      domains: ["a.com", "z.com"],
    });
  });

  test("is anyone if one entry says so", () => {
    expect(audience({ sharing: [share("User", BEN), share("Anyone")] })).toEqual({ anyone: true });
  });

  test("is those who are known, where a folder is missing", () => {
    expect(audience({ sharing: [share("User", BEN)], folderRef: { name: "gone" } })).toMatchObject({
      users: [ANN, BEN],
    });
  });

  test("is nobody while the doc cannot be read", () => {
    const held = { install: changed(bound, inDoc("plan")), doc: unknown("its kind is not served") };
    expect(grant(held).audience).toEqual({});
  });
});

test("the access of a grant names groups and users apart, sorted", () => {
  const subjects = [
    { kind: "Group", name: "staff" },
    { kind: "User", name: BEN },
    { kind: "Group", name: "sales" },
    { kind: "User", name: ANN },
  ] as const;
  const configurations = [packConfiguration("c", configuredBy({ access: { scope: "Subjects", subjects } }))];
  expect(grant({ configurations }).access).toMatchObject({ users: [ANN, BEN], groups: ["sales", "staff"] });
  const bySales = { install: bound, configurations: [changed(members, forGroups("sales"))], organization: absent };
  expect(grant(bySales)).toMatchObject({ state: "Suspended", reason: "InstallerAccessLost" });
});

test("the access of a configuration that names nobody is for nobody", () => {
  const nameless = changed(members, ({ spec: { access: _, ...spec }, ...rest }) => ({ ...rest, spec }));
  const compiled = grant({ install: bound, organization: absent, configurations: [nameless] });
  expect(compiled).toMatchObject({ state: "Suspended" });
});

test("scopes and types of accounts that a configuration does not narrow are all that there are, sorted", () => {
  const scopes = { allow: "All", allowed: ["read"] } as const;
  const definition = found(
    packDefinition("crm", authenticatedBy({ type: "WebBasic", accountTypes: ["Shared", "Private"] })),
  );
  const world = { definition, configurations: [packConfiguration("c", configuredBy({ oauthScopes: scopes }))] };
  expect(grant(world)).toMatchObject({ allowedScopes: { allow: "All" }, accountTypes: ["Private", "Shared"] });
});

test("a grant without a contact, or a closed one without hosts, does not name them", () => {
  expect(Object.keys(grant().configuration ?? {})).toEqual(["name"]);
  const closed = grant({ install: bound, definition: found(packDefinition("crm", reaching("co.uk"))) });
  expect(closed).not.toHaveProperty("hosts");
  expect(closed.message).toBe("the PackDefinition 'crm' is not accepted any more; its condition `Accepted` says why.");
});
