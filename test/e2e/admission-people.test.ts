/**
 * The admission policies about people, on a real API server with real identities: whose name may stand where, and who
 * may review, certify, decide, claim and share. Everybody here may write everything as far as RBAC is concerned, so that
 * what refuses is the policy.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  NAMESPACE,
  PACK_ACCOUNT,
  PACK_DEFINITION,
  PACK_DOC,
  PACK_GROUP,
  PACK_KINDS,
  PACK_ORGANIZATION,
  PACK_REQUEST,
  PACK_REVIEW,
  type Resource,
} from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import { ANNOTATION, CONTROLLER_SERVICE_ACCOUNT, SYSTEM_NAMESPACE } from "../../src/api/names.ts";
import type { PackDocStatus } from "../../src/api/v1alpha1/index.ts";
import type { Client } from "../../src/kube/client.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import { Office, object, refusal, TRY, WRITE, withoutBinding } from "./admission-kit.ts";

const ANA = "ana@example.com";
const BEN = "ben@example.com";
const EVE = "eve@example.com";
/** A pipeline that acts for ana, and for nobody else. */
const PIPELINE = "pipeline";
const RITA = "rita@example.com";
const CARL = "carl@example.com";
const MAKER = "maker@example.com";
const PAUL = "paul@example.com";
const PIA = "pia@example.com";
const SCIM = "scim";
const TEAM_ADMIN = "team-admin";
const EVERYBODY = [ANA, BEN, EVE, PIPELINE, RITA, CARL, MAKER, PAUL, PIA, SCIM, TEAM_ADMIN];
const TEAM = "team-a";

type Json = Readonly<Record<string, unknown>>;
type Loose = KubeObject & { readonly spec: Json; readonly status?: Json };

describeCluster("the admission policies about people", () => {
  let office: Office;
  let admin: Client;
  let controller: Client;
  const clients = new Map<string, Client>();

  const as = (user: string): Client => {
    const client = clients.get(user);
    if (client === undefined) throw new Error(`${user} has not come in`);
    return client;
  };

  beforeAll(async () => {
    office = await Office.open(TEAM);
    admin = office.admin;
    for (const user of EVERYBODY) clients.set(user, await office.enter(user));
    controller = await office.enterAs(SYSTEM_NAMESPACE, CONTROLLER_SERVICE_ACCOUNT);
    const verbs = ["get", "list", "create", "update", "patch", "delete", "deletecollection"];
    const all = PACK_KINDS.flatMap(({ plural }) => [plural, `${plural}/status`]);
    await office.give("writers", EVERYBODY, [{ resources: all, verbs }]);
    await office.give(
      "acts-for-ana",
      [PIPELINE],
      [{ resources: ["installers"], resourceNames: [ANA], verbs: ["connect-as", "own-as", "review-as"] }],
    );
    await office.give(
      "reviewers",
      [RITA, CARL, MAKER, PIPELINE],
      [{ resources: ["packdefinitions"], resourceNames: ["crm", "mail"], verbs: ["review"] }],
    );
    await office.give(
      "certifiers",
      [CARL, MAKER],
      [{ resources: ["packdefinitions"], resourceNames: ["crm"], verbs: ["certify"] }],
    );
    await office.give(
      "deciders",
      [PAUL, PIA],
      [{ resources: ["packdefinitions"], resourceNames: ["crm"], verbs: ["approve"] }],
    );
    await office.give("claimers", [ANA], [{ resources: ["docs"], resourceNames: ["d-1"], verbs: ["claim"] }]);
    await office.give("sources", [SCIM], [{ resources: ["packgroups"], resourceNames: ["eng"], verbs: ["sync"] }]);
    const secrets = (resourceNames: readonly string[], right: string) => ({
      apiGroups: [""],
      resources: ["secrets"],
      resourceNames,
      verbs: [right],
    });
    await office.give(
      "readers",
      [ANA, PIPELINE],
      [secrets(["token", "kept"], "get"), secrets(["token"], "delete")],
      TEAM,
    );
    const everything = { apiGroups: ["*"], resources: ["*"], verbs: ["*"] };
    await office.give("team-admins", [TEAM_ADMIN], [everything], TEAM);
    await admin.create(PACK_DEFINITION, definition("crm", [MAKER]), WRITE);
    await admin.create(PACK_DEFINITION, definition("mail"), WRITE);
    await inForce();
  });

  afterAll(() => office?.close());

  /** The API server takes roles and policies up a moment after they were written, each on its own. */
  const inForce = async (): Promise<void> => {
    const allowed: readonly (() => Promise<unknown>)[] = [
      () => as(PIPELINE).create(PACK_ACCOUNT, account("probe", ANA), TRY),
      () => as(TEAM_ADMIN).list(PACK_DOC, { namespace: TEAM }),
      () => as(ANA).create(PACK_DOC, doc("probe", ANA, { id: "d-1" }), TRY),
      () => as(CARL).create(PACK_REVIEW, review("probe", CARL, { certify: true }), TRY),
      () => as(PIA).create(PACK_REQUEST, request("probe", PIA, { decision: "Denied", decidedBy: PIA }), TRY),
    ];
    for (const probe of allowed) await eventually("the roles are in force", probe);
    await admin.create(PACK_DOC, doc("probe", ANA), WRITE);
    await restrict("probe", { users: [] });
    await admin.create(PACK_GROUP, object(PACK_GROUP, "eng", undefined, { spec: { members: [ANA] } }), WRITE);
    const refused: Readonly<Record<string, () => Promise<unknown>>> = {
      "packs-account": () => as(EVE).create(PACK_ACCOUNT, account("probe", ANA), TRY),
      "packs-certification": () => as(MAKER).create(PACK_REVIEW, review("probe", MAKER, { certify: true }), TRY),
      "packs-namespace-owner": () =>
        as(TEAM_ADMIN).mergePatch(
          NAMESPACE,
          { name: TEAM },
          { metadata: { annotations: { [ANNOTATION.owner]: BEN } } },
          TRY,
        ),
      "packs-doc": () => as(EVE).create(PACK_DOC, doc("eves", ANA), TRY),
      "packs-doc-share": () => share("probe", [user(EVE)]),
      "packs-group-sync": () => sync(as(EVE), { syncTime: NOW }),
      "packs-request": () => as(EVE).create(PACK_REQUEST, request("probe", ANA), TRY),
      "packs-review": () => as(EVE).create(PACK_REVIEW, review("probe", EVE), TRY),
    };
    for (const [name, probe] of Object.entries(refused)) {
      await eventually(`the policy ${name} is in force`, () => refusal(probe()));
    }
  };

  const patch = (client: Client, resource: Resource, name: string, change: object): Promise<KubeObject> =>
    client.mergePatch(resource, resource.namespaced ? { namespace: TEAM, name } : { name }, change, TRY);

  const putStatus = async (
    client: Client,
    resource: Resource,
    name: string,
    status: Json,
    options: { fieldManager: string } = TRY,
  ) => {
    const now = await admin.get<Loose>(resource, resource.namespaced ? { namespace: TEAM, name } : { name });
    return client.replaceStatus(resource, { ...now, status: { ...now.status, ...status } } as Loose, options);
  };

  const definition = (name: string, users?: readonly string[]): KubeObject =>
    object(PACK_DEFINITION, name, undefined, {
      spec: {
        displayName: name,
        version: "1",
        ...(users === undefined ? {} : { maker: { name: "Acme", users } }),
        source: { bundle: { configMapRef: { name, key: "pack.js" }, sha256: "0".repeat(64) } },
        authentication: { type: "None" },
      },
    });

  const account = (name: string, owner: string, rest: Json = {}): KubeObject =>
    object(PACK_ACCOUNT, name, TEAM, {
      spec: { packRef: { name: "crm" }, owner, credential: { secretRef: { name: "token" } }, ...rest },
    });

  const doc = (name: string, owner: string, rest: Json = {}): KubeObject =>
    object(PACK_DOC, name, TEAM, { spec: { owner, ...rest } });

  const DIGEST = `sha256:${"0".repeat(64)}`;
  const review = (name: string, reviewer: string, rest: Json = {}): KubeObject =>
    object(PACK_REVIEW, name, undefined, {
      spec: { packRef: { name: "crm" }, reviewDigest: DIGEST, contentDigest: DIGEST, reviewer, ...rest },
    });

  const request = (name: string, requester: string, rest: Json = {}): KubeObject =>
    object(PACK_REQUEST, name, TEAM, {
      spec: { packRef: { name: "crm" }, requester, reason: "for the report", ...rest },
    });

  type Entry = { readonly kind: string; readonly name: string; readonly role: string };
  const entry = (kind: string, name: string, role = "Viewer"): Entry => ({ kind, name, role });
  const user = (name: string, role?: string): Entry => entry("User", name, role);
  const share = (name: string, sharing: readonly Entry[]): Promise<KubeObject> =>
    patch(as(ANA), PACK_DOC, name, { spec: { sharing } });
  /** As the controller publishes it. */
  const restrict = (name: string, restriction: NonNullable<PackDocStatus["restriction"]>) =>
    putStatus(controller, PACK_DOC, name, { restriction }, WRITE);

  const NOW = "2026-01-02T03:04:05Z";
  const sync = (client: Client, status: Json): Promise<KubeObject> => putStatus(client, PACK_GROUP, "eng", status);

  describeCluster("packs-account", () => {
    const notYours = (owner: string, sender: string): string =>
      `\`spec.owner\` is '${owner}', but this request comes from '${sender}'. Connect and change accounts of your own, ` +
      `or ask an administrator for the verb 'connect-as' on installers.packs.dev '${owner}'.`;

    beforeAll(async () => {
      await as(ANA).create(PACK_ACCOUNT, account("anas", ANA), WRITE);
    });

    it("a user connects her own account", async () => {
      await as(ANA).create(PACK_ACCOUNT, account("hers", ANA), TRY);
    });

    it("nobody connects an account in another's name, and is told what would help", async () => {
      expect(await refusal(as(ANA).create(PACK_ACCOUNT, account("his", BEN), TRY))).toBe(notYours(BEN, ANA));
    });

    it("who holds `connect-as` on a name connects in that name, and in no other", async () => {
      await as(PIPELINE).create(PACK_ACCOUNT, account("hers", ANA), TRY);
      expect(await refusal(as(PIPELINE).create(PACK_ACCOUNT, account("his", BEN), TRY))).toBe(notYours(BEN, PIPELINE));
    });

    it("a `*` inside a namespace does not include `connect-as`", async () => {
      expect(await refusal(as(TEAM_ADMIN).create(PACK_ACCOUNT, account("hers", ANA), TRY))).toBe(
        notYours(ANA, TEAM_ADMIN),
      );
    });

    it.each([
      ["who may use it", { access: { viewData: "DocMembers" } }],
      ["its credential", { credential: { secretRef: { name: "kept" } } }],
      ["where it may be used", { grants: [{ docRef: { name: "doc" } }] }],
    ])("S0-43 %s is changed by the owner and by who holds `connect-as`, and by nobody else", async (_, spec) => {
      await patch(as(ANA), PACK_ACCOUNT, "anas", { spec });
      await patch(as(PIPELINE), PACK_ACCOUNT, "anas", { spec });
      expect(await refusal(patch(as(TEAM_ADMIN), PACK_ACCOUNT, "anas", { spec }))).toBe(notYours(ANA, TEAM_ADMIN));
    });

    it("consent is given by the owner and by who holds `connect-as`, and by nobody else", async () => {
      const consent = { metadata: { annotations: { "packs.dev/consent-requested-at": "1" } } };
      await patch(as(ANA), PACK_ACCOUNT, "anas", consent);
      await patch(as(PIPELINE), PACK_ACCOUNT, "anas", consent);
      expect(await refusal(patch(as(BEN), PACK_ACCOUNT, "anas", consent))).toBe(notYours(ANA, BEN));
    });

    it("others may label an account, finalize it and delete it", async () => {
      const metadata = { labels: { a: "b" }, annotations: { "packs.dev/note": "1" }, finalizers: ["example.org/keep"] };
      await patch(as(BEN), PACK_ACCOUNT, "anas", { metadata });
      await as(ANA).create(PACK_ACCOUNT, account("short-lived", ANA), WRITE);
      await as(BEN).delete(PACK_ACCOUNT, { namespace: TEAM, name: "short-lived" });
    });

    const unreadable = (secret: string, sender: string): string =>
      `\`spec.credential\` names the Secret '${secret}', which '${sender}' is not allowed to read. Name a Secret that you ` +
      "may read, or ask for the right to get this one.";

    it.each([
      ["its token", { credential: { secretRef: { name: "others" } } }],
      ["its OAuth client", { credential: { oauth2: { clientSecretRef: { name: "others" } } } }],
    ])("a Secret that the requester cannot read is not named as %s", async (_, spec) => {
      expect(await refusal(as(ANA).create(PACK_ACCOUNT, account("hers", ANA, spec), TRY))).toBe(
        unreadable("others", ANA),
      );
    });

    it("an account is not pointed at a Secret that its owner cannot read", async () => {
      const spec = { credential: { secretRef: { name: "others" } } };
      expect(await refusal(patch(as(ANA), PACK_ACCOUNT, "anas", { spec }))).toBe(unreadable("others", ANA));
    });

    it("who cannot read the Secret any more still narrows the account, and sends the Secret nowhere else", async () => {
      await admin.create(PACK_ACCOUNT, account("bens", BEN), WRITE);
      await patch(as(BEN), PACK_ACCOUNT, "bens", { spec: { access: { takeActions: "Nobody" } } });
      const spec = { endpointURL: "https://evil.example.com/" };
      expect(await refusal(patch(as(BEN), PACK_ACCOUNT, "bens", { spec }))).toBe(unreadable("token", BEN));
    });

    it("only who may delete the Secret has it consumed", async () => {
      await as(ANA).create(PACK_ACCOUNT, account("hers", ANA, { consume: true }), TRY);
      await patch(as(ANA), PACK_ACCOUNT, "anas", { spec: { consume: true } });
      const kept = { credential: { secretRef: { name: "kept" } }, consume: true };
      expect(await refusal(as(ANA).create(PACK_ACCOUNT, account("hers", ANA, kept), TRY))).toBe(
        `\`spec.consume\` has the Secret 'kept' deleted, which '${ANA}' is not allowed to do. Leave \`consume\` out, or ` +
          "ask for the right to delete this Secret.",
      );
      await admin.create(PACK_ACCOUNT, account("kept", ANA, { ...kept, consume: false }), WRITE);
      expect(await refusal(patch(as(ANA), PACK_ACCOUNT, "kept", { spec: { consume: true } }))).toContain(
        "`spec.consume`",
      );
    });
  });

  describeCluster("packs-namespace-owner", () => {
    const notYours = (owner: string, sender: string): string =>
      `the annotation packs.dev/owner is '${owner}', but this request comes from '${sender}'. Make the namespace your ` +
      `own, or ask an administrator for the verb 'own-as' on installers.packs.dev '${owner}'.`;
    const give = (user: string, owner: string | null) =>
      as(user).mergePatch(NAMESPACE, { name: TEAM }, { metadata: { annotations: { [ANNOTATION.owner]: owner } } }, TRY);

    beforeAll(() =>
      office.give(
        "namespace-editors",
        [PIPELINE],
        [{ apiGroups: [""], resources: ["namespaces"], verbs: ["get", "patch"] }],
      ),
    );

    it("S1-69 who may do everything in a namespace makes nobody else its owner", async () => {
      expect(await refusal(give(TEAM_ADMIN, BEN))).toBe(notYours(BEN, TEAM_ADMIN));
      await give(TEAM_ADMIN, TEAM_ADMIN);
      await give(TEAM_ADMIN, null);
    });

    it("who holds `own-as` on a name makes that user the owner, and no other", async () => {
      await eventually("the pipeline may edit namespaces", () => give(PIPELINE, ANA));
      expect(await refusal(give(PIPELINE, BEN))).toBe(notYours(BEN, PIPELINE));
    });
  });

  describeCluster("packs-doc", () => {
    const notYours = (owner: string, sender: string): string =>
      `\`spec.owner\` is '${owner}', but this request comes from '${sender}'. Make the doc your own, or ask an ` +
      `administrator for the verb 'own-as' on installers.packs.dev '${owner}'.`;
    const unclaimed = (id: string, sender: string): string =>
      `\`spec.id\` and \`spec.url\` claim the doc '${id}', which '${sender}' is not allowed to do. Leave both out, or ask ` +
      `an administrator for the verb 'claim' on docs.packs.dev '${id}'.`;
    const url = "https://docs.example.com/d-1";

    beforeAll(async () => {
      await as(ANA).create(PACK_DOC, doc("anas", ANA), WRITE);
      await as(ANA).create(PACK_DOC, doc("claimed", ANA, { id: "d-1", url }), WRITE);
    });

    it("a user has docs of her own", async () => {
      await as(ANA).create(PACK_DOC, doc("hers", ANA), TRY);
    });

    it("nobody has docs in another's name, and is told what would help", async () => {
      expect(await refusal(as(ANA).create(PACK_DOC, doc("his", BEN), TRY))).toBe(notYours(BEN, ANA));
      expect(await refusal(as(TEAM_ADMIN).create(PACK_DOC, doc("his", BEN), TRY))).toBe(notYours(BEN, TEAM_ADMIN));
    });

    it("who holds `own-as` on a name makes docs in that name, and in no other", async () => {
      await as(PIPELINE).create(PACK_DOC, doc("hers", ANA), TRY);
      expect(await refusal(as(PIPELINE).create(PACK_DOC, doc("his", BEN), TRY))).toBe(notYours(BEN, PIPELINE));
    });

    it("a doc is not handed to somebody who did not ask for it", async () => {
      expect(await refusal(patch(as(ANA), PACK_DOC, "anas", { spec: { owner: BEN } }))).toBe(notYours(BEN, ANA));
      await patch(as(BEN), PACK_DOC, "anas", { spec: { owner: BEN } });
    });

    it("others share and move a doc without becoming its owner", async () => {
      await patch(as(BEN), PACK_DOC, "anas", { spec: { sharing: [user(EVE)], folderRef: { name: "shared" } } });
    });

    it("who holds `claim` on an id claims it with its address, and no other", async () => {
      await as(ANA).create(PACK_DOC, doc("hers", ANA, { id: "d-1", url }), TRY);
      expect(await refusal(as(ANA).create(PACK_DOC, doc("hers", ANA, { id: "d-2" }), TRY))).toBe(unclaimed("d-2", ANA));
    });

    it("an id or address is claimed later with the same right", async () => {
      const spec = { id: "d-1", url };
      await patch(as(ANA), PACK_DOC, "anas", { spec });
      expect(await refusal(patch(as(BEN), PACK_DOC, "anas", { spec }))).toBe(unclaimed("d-1", BEN));
      const moved = { spec: { url: "https://docs.example.com/other" } };
      await patch(as(ANA), PACK_DOC, "claimed", moved);
      expect(await refusal(patch(as(BEN), PACK_DOC, "claimed", moved))).toBe(unclaimed("d-1", BEN));
      expect(await refusal(patch(as(ANA), PACK_DOC, "claimed", { spec: { id: "d-2" } }))).toBe(unclaimed("d-2", ANA));
    });

    it("who claims nothing new needs no right: a claim is given up, a claimed doc is shared", async () => {
      await patch(as(BEN), PACK_DOC, "claimed", { spec: { url: null } });
      await patch(as(BEN), PACK_DOC, "claimed", { spec: { id: null, url: null } });
      await patch(as(BEN), PACK_DOC, "claimed", { spec: { sharing: [user(EVE)] } });
    });
  });

  describeCluster("packs-doc-share", () => {
    const forbidden = (who: string, by = " 'crm-engineering'"): string =>
      `this doc must not be shared with ${who}: a pack that is installed here is only for people with access to its ` +
      `configuration${by}. Share it with fewer people, or ask the configuration's administrator to give them access.`;

    beforeAll(async () => {
      await as(ANA).create(PACK_DOC, doc("report", ANA, { sharing: [user("old@example.org")] }), WRITE);
      await restrict("report", {
        users: [ANA, BEN],
        usersFrom: ["owned.example.com", "system:serviceaccounts"],
        groups: ["engineering"],
        domains: ["owned.example.com"],
        by: ["crm-engineering"],
      });
    });

    const old = user("old@example.org");

    it.each([
      ["the user who has access", user(BEN)],
      ["a user of the mail domain that has access", user("zoe@Owned.example.com")],
      ["a ServiceAccount, where those have access", user("system:serviceaccount:team-a:bot")],
      ["the group that has access", entry("Group", "engineering")],
      ["the domain that has access", entry("Domain", "owned.example.com")],
    ])("S1-66 a doc is shared with %s", async (_, added) => {
      await share("report", [old, added]);
    });

    it.each([
      ["the user 'eve@example.com'", user(EVE)],
      ["the user 'ana@example.com.evil'", user("ana@example.com.evil")],
      ["the user 'eve@owned.example.com@evil'", user("eve@owned.example.com@evil")],
      ["the user '@owned.example.com'", user("@owned.example.com")],
      ["the user 'owned.example.com'", user("owned.example.com")],
      ["the user 'engineering'", user("engineering")],
      ["the user 'system:serviceaccounts'", user("system:serviceaccounts")],
      ["the user 'system:serviceaccount:team-a:bot@evil'", user("system:serviceaccount:team-a:bot@evil")],
      ["the user 'Ben@example.com'", user("Ben@example.com")],
      ["the group 'marketing'", entry("Group", "marketing")],
      ["the group 'ben@example.com'", entry("Group", BEN)],
      ["the domain 'example.com'", entry("Domain", "example.com")],
      ["the domain 'sub.owned.example.com'", entry("Domain", "sub.owned.example.com")],
      ["anyone", entry("Anyone", "*")],
    ])("S1-66 a doc is not shared with %s, who has no access, and the entry is named", async (who, added) => {
      expect(await refusal(share("report", [old, added]))).toBe(forbidden(who));
    });

    it("S1-66 every entry that does not fit is named, up to three", async () => {
      const added = [user(EVE), user(BEN), entry("Group", "marketing")];
      expect(await refusal(share("report", added))).toBe(
        forbidden("the user 'eve@example.com', the group 'marketing'"),
      );
      const many = [...["a", "b", "c", "d"].map((name) => user(name)), entry("Anyone", "*")];
      expect(await refusal(share("report", many))).toBe(
        forbidden("the user 'a', the user 'b', the user 'c' and 2 more"),
      );
    });

    it("S1-66 whoever shares it is refused, an administrator as well", async () => {
      const sharing = [old, user(EVE)];
      expect(await refusal(patch(admin, PACK_DOC, "report", { spec: { sharing } }))).toBe(
        forbidden("the user 'eve@example.com'"),
      );
    });

    it("S1-66 it is not given to an owner without access", async () => {
      const give = (client: Client, owner: string) => patch(client, PACK_DOC, "report", { spec: { owner } });
      expect(await refusal(give(as(EVE), EVE))).toBe(forbidden("the user 'eve@example.com'"));
      await give(as(BEN), BEN);
    });

    it("people who are in it already stay, change their role and are taken out", async () => {
      await patch(as(ANA), PACK_DOC, "report", { spec: { folderRef: { name: "reports" } } });
      await share("report", [user("old@example.org", "Editor")]);
      await share("report", []);
    });

    it("without a restriction a doc is shared with anybody", async () => {
      await as(ANA).create(PACK_DOC, doc("free", ANA), WRITE);
      await share("free", [user(EVE), entry("Anyone", "*")]);
    });

    it("where anyone may use the pack, a doc is shared with anybody", async () => {
      await as(ANA).create(PACK_DOC, doc("approved", ANA), WRITE);
      await restrict("approved", { anyone: true });
      await share("approved", [user(EVE), entry("Group", "marketing"), entry("Anyone", "*")]);
    });

    it("S1-66 where every user may use the pack, a doc is shared with any user, and still not with anyone or a domain", async () => {
      await as(ANA).create(PACK_DOC, doc("members", ANA), WRITE);
      await restrict("members", { usersFrom: ["*"] });
      await share("members", [user(EVE), user("bare")]);
      const wide = [user(EVE), entry("Domain", "example.com"), entry("Anyone", "*")];
      expect(await refusal(share("members", wide))).toBe(forbidden("the domain 'example.com', anyone", ""));
    });

    it("S1-66 where users of a domain may use the pack, the domain as a whole is not meant, nor the other way round", async () => {
      await as(ANA).create(PACK_DOC, doc("halves", ANA), WRITE);
      await restrict("halves", { usersFrom: ["a.example.com"], domains: ["b.example.com"] });
      await share("halves", [user("u@a.example.com"), entry("Domain", "b.example.com")]);
      const crossed = [user("u@b.example.com"), entry("Domain", "a.example.com")];
      expect(await refusal(share("halves", crossed))).toBe(
        forbidden("the user 'u@b.example.com', the domain 'a.example.com'", ""),
      );
      expect(await refusal(share("halves", [user("system:serviceaccount:team-a:bot")]))).toBe(
        forbidden("the user 'system:serviceaccount:team-a:bot'", ""),
      );
    });

    it("S1-66 where any group but some may use the pack, a doc is shared with the others", async () => {
      await as(ANA).create(PACK_DOC, doc("groups", ANA), WRITE);
      await restrict("groups", { anyGroup: true, groupsExcept: ["partners"] });
      await share("groups", [entry("Group", "marketing")]);
      expect(await refusal(share("groups", [entry("Group", "marketing"), entry("Group", "partners")]))).toBe(
        forbidden("the group 'partners'", ""),
      );
      await restrict("groups", { anyGroup: false, groups: ["marketing"] });
      await eventually("the groups are listed", () => refusal(share("groups", [entry("Group", "sales")])));
      await share("groups", [entry("Group", "marketing")]);
    });

    it("where nobody else may use the pack, a doc is shared with nobody", async () => {
      await as(ANA).create(PACK_DOC, doc("closed", ANA), WRITE);
      await restrict("closed", {});
      expect(await refusal(share("closed", [user(BEN)]))).toBe(forbidden("the user 'ben@example.com'", ""));
    });

    it("the largest doc with the largest restriction is still judged: it is not too dear for the API server", async () => {
      const names = (prefix: string, count: number) =>
        Array.from({ length: count }, (_, i) => `${prefix}-${i}-${"x".repeat(30)}`);
      await as(ANA).create(PACK_DOC, doc("large", ANA, { sharing: names("u", 299).map((name) => user(name)) }), WRITE);
      await restrict("large", {
        users: names("m", 1000).map((name) => `${name}@example.com`),
        usersFrom: names("h", 201),
        groups: names("g", 500),
        anyGroup: true,
        groupsExcept: names("e", 500),
        domains: names("d", 200),
      });
      const allowed = names("m", 1000)
        .slice(-300)
        .map((name) => user(`${name}@example.com`));
      await share("large", allowed);
      expect(await refusal(share("large", [...allowed.slice(1), user(EVE)]))).toBe(
        forbidden("the user 'eve@example.com'", ""),
      );
    });
  });

  describeCluster("packs-review", () => {
    it("a reviewer reviews in her own name", async () => {
      await as(RITA).create(PACK_REVIEW, review("hers", RITA), TRY);
    });

    const notYours = (reviewer: string, sender: string): string =>
      `\`spec.reviewer\` is '${reviewer}', but this request comes from '${sender}'. Review in your own name, or ask an ` +
      `administrator for the verb 'review-as' on installers.packs.dev '${reviewer}'.`;

    it("S0-15 nobody reviews in another's name, and is told what would help", async () => {
      expect(await refusal(as(RITA).create(PACK_REVIEW, review("his", CARL), TRY))).toBe(notYours(CARL, RITA));
    });

    it("who holds `review-as` on a name reviews in that name, and in no other", async () => {
      await as(PIPELINE).create(PACK_REVIEW, review("hers", ANA), TRY);
      expect(await refusal(as(PIPELINE).create(PACK_REVIEW, review("his", RITA), TRY))).toBe(notYours(RITA, PIPELINE));
    });

    const mayNot = (sender: string, verb: string, pack: string): string =>
      `'${sender}' is not allowed to ${verb} the pack '${pack}'.`;

    it("who does not hold `review` on a pack does not review it", async () => {
      expect(await refusal(as(EVE).create(PACK_REVIEW, review("eves", EVE), TRY))).toBe(
        `${mayNot(EVE, "review", "crm")} Ask an administrator for the verb 'review' on packdefinitions.packs.dev 'crm'.`,
      );
      const other = review("hers", RITA, { packRef: { name: "billing" } });
      expect(await refusal(as(RITA).create(PACK_REVIEW, other, TRY))).toContain(mayNot(RITA, "review", "billing"));
    });

    it("a review is changed by its reviewer, and by nobody else", async () => {
      await as(RITA).create(PACK_REVIEW, review("ritas", RITA), WRITE);
      const spec = { approve: { networkDomains: ["api.crm.com"] } };
      await patch(as(RITA), PACK_REVIEW, "ritas", { spec });
      expect(await refusal(patch(as(CARL), PACK_REVIEW, "ritas", { spec }))).toBe(notYours(RITA, CARL));
      await patch(as(EVE), PACK_REVIEW, "ritas", { metadata: { labels: { a: "b" } } });
    });

    it("S0-14 to certify is a right of its own", async () => {
      await as(CARL).create(PACK_REVIEW, review("his", CARL, { certify: true }), TRY);
      expect(await refusal(as(RITA).create(PACK_REVIEW, review("hers", RITA, { certify: true }), TRY))).toBe(
        `${mayNot(RITA, "certify", "crm")} Leave \`spec.certify\` out, or ask an administrator for the verb 'certify' on ` +
          "packdefinitions.packs.dev 'crm'.",
      );
      const other = review("his", CARL, { certify: true, packRef: { name: "mail" } });
      expect(await refusal(as(CARL).create(PACK_REVIEW, other, TRY))).toContain(mayNot(CARL, "certify", "mail"));
    });

    it("S0-14 a review does not become a certification without that right", async () => {
      await as(RITA).create(PACK_REVIEW, review("plain", RITA), WRITE);
      expect(await refusal(patch(as(RITA), PACK_REVIEW, "plain", { spec: { certify: true } }))).toContain(
        mayNot(RITA, "certify", "crm"),
      );
    });
  });

  describeCluster("packs-certification", () => {
    const own = (maker: string): string =>
      `the makers of the pack 'crm' cannot certify it, and \`spec.maker.users\` of its definition has '${maker}'. Leave ` +
      "`certify` out, or have somebody else certify.";

    it("S0-14 a maker does not certify his own pack, although he holds `certify`", async () => {
      expect(await refusal(as(MAKER).create(PACK_REVIEW, review("own", MAKER, { certify: true }), TRY))).toBe(
        own(MAKER),
      );
    });

    it("S0-14 a maker does not certify his own pack in another's name, nor another in his", async () => {
      await office.give(
        "stand-ins",
        [MAKER, CARL],
        [{ resources: ["installers"], resourceNames: [CARL, MAKER], verbs: ["review-as"] }],
      );
      await eventually("the role is in force", () => as(CARL).create(PACK_REVIEW, review("probe", MAKER), TRY));
      for (const [sender, reviewer] of [
        [MAKER, CARL],
        [CARL, MAKER],
      ] as const) {
        const certification = review("own", reviewer, { certify: true });
        expect(await refusal(as(sender).create(PACK_REVIEW, certification, TRY))).toBe(own(MAKER));
      }
    });

    it("S0-14 a maker's review does not become a certification later", async () => {
      await as(MAKER).create(PACK_REVIEW, review("makers", MAKER), WRITE);
      expect(await refusal(patch(as(MAKER), PACK_REVIEW, "makers", { spec: { certify: true } }))).toBe(own(MAKER));
    });

    it("a maker reviews his own pack without certifying it, and certifies the packs of others", async () => {
      await as(MAKER).create(PACK_REVIEW, review("own", MAKER, { certify: false }), TRY);
      const mail = review("own", MAKER, { certify: true, packRef: { name: "mail" } });
      expect(await refusal(as(MAKER).create(PACK_REVIEW, mail, TRY))).toContain(
        "not allowed to certify the pack 'mail'",
      );
      await office.give(
        "mail-certifiers",
        [MAKER],
        [{ resources: ["packdefinitions"], resourceNames: ["mail"], verbs: ["certify"] }],
      );
      await eventually("the maker of one pack certifies another", () => as(MAKER).create(PACK_REVIEW, mail, TRY));
    });

    it("what was certified before somebody became a maker can still be labelled and taken back", async () => {
      await as(CARL).create(PACK_REVIEW, review("carls", CARL, { certify: true }), WRITE);
      const spec = { maker: { name: "Acme", users: [MAKER, CARL] } };
      await admin.mergePatch(PACK_DEFINITION, { name: "crm" }, { spec }, WRITE);
      await eventually("carl is a maker", () =>
        refusal(as(CARL).create(PACK_REVIEW, review("c", CARL, { certify: true }), TRY)),
      );
      await patch(as(CARL), PACK_REVIEW, "carls", { metadata: { labels: { a: "b" } } });
      await patch(as(CARL), PACK_REVIEW, "carls", { spec: { certify: false } });
    });
  });

  describeCluster("packs-request", () => {
    beforeAll(async () => {
      await as(ANA).create(PACK_REQUEST, request("anas", ANA), WRITE);
    });

    const notYours = (sender: string): string =>
      `\`spec.requester\` is '${ANA}', but this request comes from '${sender}'. Nobody asks in another's name, or changes ` +
      "what another gives as a reason. Write a PackRequest of your own.";

    it("a user asks in her own name", async () => {
      await as(ANA).create(PACK_REQUEST, request("hers", ANA), TRY);
    });

    it("nobody asks in another's name: no pipeline, and no administrator", async () => {
      expect(await refusal(as(PIPELINE).create(PACK_REQUEST, request("hers", ANA), TRY))).toBe(notYours(PIPELINE));
      expect(await refusal(admin.create(PACK_REQUEST, request("hers", ANA), TRY))).toBe(notYours("admin"));
    });

    it("nobody puts words into the requester's mouth", async () => {
      const spec = { reason: "for fun" };
      await patch(as(ANA), PACK_REQUEST, "anas", { spec });
      expect(await refusal(patch(as(PAUL), PACK_REQUEST, "anas", { spec }))).toBe(notYours(PAUL));
    });

    it.each(["Approved", "Denied"])(
      "S1-12 who holds `approve` on the pack answers %s in his own name",
      async (decision) => {
        const spec = { decision, decidedBy: PAUL, decisionReason: "as agreed" };
        await patch(as(PAUL), PACK_REQUEST, "anas", { spec });
      },
    );

    const mayNot = (sender: string, pack: string): string =>
      `'${sender}' is not allowed to decide about the pack '${pack}'. Leave \`spec.decision\` to an administrator, or ask ` +
      `for the verb 'approve' on packdefinitions.packs.dev '${pack}'.`;

    it("S1-12 nobody approves his own request without that right, neither later nor while asking", async () => {
      const spec = { decision: "Approved", decidedBy: ANA };
      expect(await refusal(patch(as(ANA), PACK_REQUEST, "anas", { spec }))).toBe(mayNot(ANA, "crm"));
      expect(await refusal(as(ANA).create(PACK_REQUEST, request("hers", ANA, spec), TRY))).toBe(mayNot(ANA, "crm"));
    });

    it("S1-12 the right to decide about one pack is none to decide about another", async () => {
      await as(ANA).create(PACK_REQUEST, request("mail", ANA, { packRef: { name: "mail" } }), WRITE);
      const spec = { decision: "Approved", decidedBy: PAUL };
      expect(await refusal(patch(as(PAUL), PACK_REQUEST, "mail", { spec }))).toBe(mayNot(PAUL, "mail"));
    });

    const sign = (decidedBy: string, sender: string): string =>
      `\`spec.decidedBy\` is '${decidedBy}', but this request comes from '${sender}'. Sign the decision with your own name.`;

    it("S1-12 nobody decides in another's name", async () => {
      const spec = { decision: "Approved", decidedBy: PIA };
      expect(await refusal(patch(as(PAUL), PACK_REQUEST, "anas", { spec }))).toBe(sign(PIA, PAUL));
      expect(await refusal(patch(admin, PACK_REQUEST, "anas", { spec }))).toBe(sign(PIA, "admin"));
    });

    it("S1-12 a decision is changed, explained and taken back with the same right, and signed by whoever does it", async () => {
      await as(ANA).create(PACK_REQUEST, request("decided", ANA), WRITE);
      const decided = { spec: { decision: "Denied", decidedBy: PAUL, decisionReason: "no" } };
      await as(PAUL).mergePatch(PACK_REQUEST, { namespace: TEAM, name: "decided" }, decided, WRITE);
      const change = (client: Client, spec: Json) => patch(client, PACK_REQUEST, "decided", { spec });
      const none = { decision: null, decidedBy: null, decisionReason: null };
      for (const spec of [{ decision: "Approved" }, { decisionReason: "yes" }, { decidedBy: ANA }, none]) {
        expect(await refusal(change(as(ANA), spec))).toContain(mayNot(ANA, "crm"));
      }
      expect(await refusal(change(as(PIA), { decision: "Approved" }))).toBe(sign(PAUL, PIA));
      expect(await refusal(change(as(PIA), { decisionReason: "really" }))).toBe(sign(PAUL, PIA));
      await change(as(PIA), { decision: "Approved", decidedBy: PIA });
      await change(as(PIA), none);
      await change(as(PAUL), { decisionReason: "not yet" });
    });

    it("who decides nothing needs no right: the requester corrects her reason beside a decision, others label", async () => {
      await as(ANA).create(PACK_REQUEST, request("answered", ANA), WRITE);
      const spec = { decision: "Approved", decidedBy: PAUL };
      await as(PAUL).mergePatch(PACK_REQUEST, { namespace: TEAM, name: "answered" }, { spec }, WRITE);
      await patch(as(ANA), PACK_REQUEST, "answered", { spec: { reason: "for two reports" } });
      await patch(as(BEN), PACK_REQUEST, "answered", { metadata: { labels: { a: "b" } } });
    });
  });

  describeCluster("packs-group-sync", () => {
    const notYours = (sender: string): string =>
      `\`status.syncTime\` says that the members are up to date, which '${sender}' is not allowed to say. Ask an ` +
      "administrator for the verb 'sync' on packgroups.packs.dev 'eng'.";
    const others =
      "only the packs controller writes the status of a PackGroup, but for `status.syncTime`. Leave the rest as it is.";

    it("the source of a group, with the verb `sync`, says when it last looked", async () => {
      await sync(as(SCIM), { syncTime: NOW });
      await as(SCIM).mergePatch(
        { ...PACK_GROUP, plural: "packgroups/eng" },
        { name: "status" },
        { status: { syncTime: NOW } },
        TRY,
      );
    });

    it("nobody else does: no writer of groups, and not the controller", async () => {
      expect(await refusal(sync(as(EVE), { syncTime: NOW }))).toBe(notYours(EVE));
      expect(await refusal(sync(controller, { syncTime: NOW }))).toBe(
        notYours("system:serviceaccount:packs-system:packs-controller"),
      );
    });

    it("the right to speak for one group is none to speak for another", async () => {
      await admin.create(PACK_GROUP, object(PACK_GROUP, "sales", undefined, { spec: {} }), WRITE);
      expect(await refusal(putStatus(as(SCIM), PACK_GROUP, "sales", { syncTime: NOW }))).toContain(
        "packgroups.packs.dev 'sales'",
      );
    });

    const condition = { type: "Ready", status: "True", reason: "Succeeded", message: "", lastTransitionTime: NOW };

    it.each([
      ["conditions", { conditions: [condition] }],
      ["a count", { memberCount: 3 }],
      ["a generation", { observedGeneration: 7 }],
      ["a count beside its time", { syncTime: NOW, memberCount: 3 }],
    ])("the source does not write %s", async (_, status) => {
      expect(await refusal(sync(as(SCIM), status))).toBe(others);
    });

    it("the source does not remove what the controller wrote", async () => {
      await putStatus(controller, PACK_GROUP, "eng", { memberCount: 1 }, WRITE);
      const now = await admin.get<Loose>(PACK_GROUP, { name: "eng" });
      const { memberCount: _, ...status } = now.status ?? {};
      expect(await refusal(as(SCIM).replaceStatus(PACK_GROUP, { ...now, status }, TRY))).toBe(others);
    });

    it("the controller writes everything else and leaves the time as it is", async () => {
      await putStatus(as(SCIM), PACK_GROUP, "eng", { syncTime: NOW }, WRITE);
      await sync(controller, { memberCount: 3, conditions: [condition], observedGeneration: 1 });
      expect(await refusal(sync(controller, { syncTime: "2027-01-01T00:00:00Z" }))).toContain("`status.syncTime`");
    });

    it("an administrator of the cluster holds every verb, and still writes nothing but the time", async () => {
      await sync(admin, { syncTime: "2026-05-05T00:00:00Z" });
      expect(await refusal(sync(admin, { memberCount: 9 }))).toBe(others);
    });
  });

  describeCluster("the status of every kind", () => {
    it.each([
      [PACK_ACCOUNT, () => account("status", ANA)],
      [PACK_DOC, () => doc("status", ANA)],
      [PACK_REQUEST, () => request("status", ANA)],
      [PACK_REVIEW, () => review("status", RITA)],
    ])("$kind is written by the controller, and by nobody else", async (resource, wanted) => {
      await as(resource === PACK_REVIEW ? RITA : ANA).create(resource, wanted(), WRITE);
      const status = { observedGeneration: 1 };
      await putStatus(controller, resource, "status", status);
      for (const client of [as(ANA), admin]) {
        expect(await refusal(putStatus(client, resource, "status", status))).toContain(
          `only the packs controller writes ${resource.plural}/status.`,
        );
      }
    });
  });

  describeCluster("packs-organization", () => {
    const organization = object(PACK_ORGANIZATION, "default", undefined, { spec: { members: "Everyone" } });
    const ref = { name: "default" };
    const inUse =
      "the PackOrganization cannot be deleted while PackInstalls name the pack 'crm' (2). Delete those first.";
    const installs = (count: number) => putStatus(controller, PACK_DEFINITION, "crm", { installs: count }, WRITE);

    it("is not deleted while there are installs, by whomever and in whichever way", async () => {
      await admin.create(PACK_ORGANIZATION, organization, WRITE);
      await installs(2);
      await eventually("the API server knows of the installs", () => refusal(admin.delete(PACK_ORGANIZATION, ref)));
      expect(await refusal(as(EVE).delete(PACK_ORGANIZATION, ref))).toBe(inUse);
      const { kubectl, kubeconfig } = office.plane.endpoint;
      const raw = ["delete", "--raw", "/apis/packs.dev/v1alpha1/packorganizations"];
      const env = { ...process.env, KUBECONFIG: kubeconfig };
      await expect(promisify(execFile)(kubectl, raw, { env })).rejects.toThrow(inUse);
      await admin.get(PACK_ORGANIZATION, ref);
    });

    it("is changed while there are installs", async () => {
      await admin.mergePatch(PACK_ORGANIZATION, ref, { spec: { members: "OwnedDomains" } }, WRITE);
    });

    it("is deleted all the same by an administrator who removes the binding, and is safe again with it", async () => {
      await withoutBinding(admin, "packs-organization", () => admin.delete(PACK_ORGANIZATION, ref));
      await eventually("the policy is in force again", async () => {
        await admin.create(PACK_ORGANIZATION, organization, WRITE).catch(() => undefined);
        return refusal(admin.delete(PACK_ORGANIZATION, ref));
      });
    });

    it("is deleted when there are no installs any more", async () => {
      await installs(0);
      await eventually("it is deleted", () => admin.delete(PACK_ORGANIZATION, ref).then(() => true));
    });

    it("is deleted where there is no pack at all", async () => {
      await admin.create(PACK_ORGANIZATION, organization, WRITE);
      for (const name of ["crm", "mail"]) await admin.delete(PACK_DEFINITION, { name });
      await eventually("it is deleted", () => admin.delete(PACK_ORGANIZATION, ref).then(() => true));
    });
  });
});
