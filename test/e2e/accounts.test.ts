/** Accounts on a real Kubernetes API: who may connect one, where it may be used, and where its credential may go. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PACK_ACCOUNT } from "../../src/api/kinds.ts";
import { ANNOTATION } from "../../src/api/names.ts";
import type { GrantAccount, PackAccount } from "../../src/api/v1alpha1/index.ts";
import { toTimestamp } from "../../src/lib/clock.ts";
import { eventually } from "../cluster/eventually.ts";
import { describeCluster } from "../cluster/harness.ts";
import { connectedBy, naming, packAccount, sharedWith } from "../gen/accounts.ts";
import { kstatusOf } from "../gen/kstatus.ts";
import {
  ANN,
  action,
  authenticatedBy,
  BEN,
  type Change,
  denied,
  forGroups,
  forUsers,
  inNamespace,
  packGroup,
} from "../gen/objects.ts";
import { messageOf, type Scene, Stage, untilConditions, type Wanted } from "./kit.ts";

const HOST = "api.crm.com";
const ACCEPTED: Wanted = { Accepted: "True Accepted", ConsentRequired: "False Consented" };

describeCluster("accounts", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start();
    const controller = stage.launch();
    await controller.ready();
    await controller.leading();
  });

  afterAll(async () => {
    await stage?.stop();
  });

  /** A pack whose action needs an account, a token in a header. */
  const define = (scene: Scene) =>
    scene.define(authenticatedBy({ type: "HeaderBearerToken" }), action("Send", { connection: "Required" }));

  const connect = (scene: Scene, ...changes: readonly Change<PackAccount>[]): Promise<PackAccount> =>
    stage.create(
      packAccount("mine", inNamespace(scene.name), connectedBy({ packRef: { name: scene.name } }), ...changes),
    );

  const account = (scene: Scene, wanted: Wanted): Promise<PackAccount> =>
    untilConditions<PackAccount>(stage, PACK_ACCOUNT, { namespace: scene.name, name: "mine" }, wanted);

  const accountsOf = async (scene: Scene): Promise<readonly GrantAccount[] | undefined> =>
    (await scene.children()).grant?.spec.accounts;

  const untilAccounts = (scene: Scene, names: readonly string[]): Promise<readonly GrantAccount[]> =>
    eventually(`the grant names ${names.length} accounts`, async () => {
      const accounts = await accountsOf(scene);
      const found = accounts?.map(({ name }) => name);
      if (JSON.stringify(found) !== JSON.stringify(names)) throw new Error(`it names ${JSON.stringify(found)}`);
      return accounts ?? [];
    });

  const TO_CRM = { installRef: { name: "crm" } };

  /** Pack, configuration, account and install, which agree about each other. */
  const agreed = async (scene: Scene) => {
    const definition = await define(scene);
    await scene.configure();
    const connected = await connect(scene, sharedWith(TO_CRM));
    const install = await scene.install("crm", naming("mine"));
    const mine = `${scene.name}/mine`;
    await untilAccounts(scene, [mine]);
    return { account: connected, definition, install, mine };
  };

  describe("both sides must say yes", () => {
    it("S2-7 an account is used where the install names it and it names the install, in whatever order they say so", async () => {
      const scene = await stage.scene("both");
      await define(scene);
      await scene.configure();
      const connected = await connect(scene);
      const install = await scene.install();
      await scene.until("crm", { AccountsReady: "False AccountRequired" });

      await stage.edit(install, { accountRefs: [{ name: "mine" }] });
      await scene.until("crm", { AccountsReady: "False AccountNotFound" });
      expect(await accountsOf(scene)).toEqual([]);

      await stage.edit(connected, { grants: [TO_CRM] });
      const [granted] = await untilAccounts(scene, [`${scene.name}/mine`]);
      expect(granted).toMatchObject({ owner: ANN, viewData: "Nobody", takeActions: "Owner", boundHosts: [HOST] });
      const ready = await scene.until("crm", { AccountsReady: "Unknown CredentialNotChecked" });
      expect(messageOf(ready, "AccountsReady")).toContain(`${scene.name}/mine`);
    });

    it("S2-14 S2-15 an account that its owner takes back from one doc is used there no more", async () => {
      const scene = await stage.scene("back");
      const { account: connected } = await agreed(scene);
      await stage.edit(connected, { grants: [{ installRef: { name: "other" } }] });
      await untilAccounts(scene, []);
      await scene.until("crm", { AccountsReady: "False AccountNotFound" });
    });

    it("S2-7 an account that the install does not name any more is not used", async () => {
      const scene = await stage.scene("unnamed");
      const { install } = await agreed(scene);
      await stage.edit(install, { accountRefs: null });
      await untilAccounts(scene, []);
      await scene.until("crm", { AccountsReady: "False AccountRequired" });
    });

    it("an account is used until the time that its owner named", async () => {
      const scene = await stage.scene("until");
      const { account: connected, mine } = await agreed(scene);
      const end = toTimestamp(Date.now() + 5_000);
      await stage.edit(connected, { grants: [{ ...TO_CRM, expireTime: end }] });
      await eventually("the grant says when it ends", async () => {
        expect(await accountsOf(scene)).toMatchObject([{ name: mine, expireTime: end }]);
        return true;
      });
      await untilAccounts(scene, []);
      expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(end));
      await scene.until("crm", { AccountsReady: "False AccountExpired" });
    });

    it("S2-16 an account that is deleted is used nowhere", async () => {
      const scene = await stage.scene("deleted");
      const { account: connected } = await agreed(scene);
      await stage.remove(connected);
      await untilAccounts(scene, []);
    });
  });

  describe("who may connect", () => {
    it("an account waits for its pack, and counts once there is one", async () => {
      const scene = await stage.scene("early");
      await connect(scene);
      const waiting = await account(scene, {
        Ready: "False PackNotFound",
        Accepted: "False PackNotFound",
        Stalled: null,
      });
      expect(kstatusOf(waiting)).toBe("InProgress");
      await define(scene);
      const counted = await account(scene, { ...ACCEPTED, Connected: "Unknown CredentialNotChecked" });
      expect(counted.status?.consentedDomains).toEqual([HOST]);
    });

    it("S1-15 Denied disables every account of the pack, and not for good", async () => {
      const scene = await stage.scene("denied");
      await define(scene);
      await scene.configure();
      await connect(scene);
      await account(scene, ACCEPTED);
      const no = await scene.configure("no", denied());
      const disabled = await account(scene, {
        Ready: "False PackDenied",
        Accepted: "False PackDenied",
        Stalled: "True",
      });
      expect(kstatusOf(disabled)).toBe("Failed");
      expect(messageOf(disabled)).toContain(no.metadata.name);
      await stage.remove(no);
      await account(scene, { ...ACCEPTED, Stalled: null });
    });

    it("S1-2 who has access to no configuration connects no account", async () => {
      const scene = await stage.scene("nobody");
      await define(scene);
      const configuration = await scene.configure("ben", forUsers(BEN));
      await connect(scene);
      const refused = await account(scene, { Accepted: "False UserNotAllowed", Stalled: "True" });
      expect(messageOf(refused)).toContain(ANN);
      await stage.edit(configuration, { access: { scope: "Organization", subjects: null } });
      await account(scene, { ...ACCEPTED, Stalled: null });
    });

    it("S1-2 who leaves the group that a configuration names keeps no account", async () => {
      const scene = await stage.scene("group");
      await define(scene);
      await scene.configure("sales", forGroups(scene.name));
      await connect(scene);
      await account(scene, { Accepted: "False UserNotAllowed" });
      const group = await stage.create(packGroup(scene.name, { members: [ANN] }));
      await account(scene, ACCEPTED);
      await stage.edit(group, { members: [BEN] });
      await account(scene, { Accepted: "False UserNotAllowed" });
    });
  });

  describe("S0-33 new domains", () => {
    it("need the owner's word: until then old parts keep working, and the credential goes nowhere new", async () => {
      const scene = await stage.scene("domains");
      const { account: connected, definition, mine } = await agreed(scene);
      await account(scene, ACCEPTED);
      await stage.edit(definition, {
        networkDomains: [HOST, "new.crm.com"],
        authentication: { networkDomains: [HOST, "new.crm.com"] },
      });
      const asked = await account(scene, { Ready: "False DomainsChanged", ConsentRequired: "True DomainsChanged" });
      expect(asked.status).toMatchObject({ consentedDomains: [HOST], missingDomains: ["new.crm.com"] });
      expect(messageOf(asked, "ConsentRequired")).toContain(ANNOTATION.consentRequestedAt);
      await scene.until("crm", { AccountsReady: "False ConsentRequired" });
      expect(await accountsOf(scene)).toMatchObject([{ name: mine, boundHosts: [HOST] }]);

      await stage.annotate(connected, { [ANNOTATION.consentRequestedAt]: "1" });
      const agreedTo = await account(scene, ACCEPTED);
      expect(agreedTo.status).toMatchObject({ consentedDomains: [HOST, "new.crm.com"], lastHandledConsentAt: "1" });
      await eventually("the credential may go to the new host, too", async () => {
        expect(await accountsOf(scene)).toMatchObject([{ name: mine, boundHosts: [HOST, "new.crm.com"] }]);
        return true;
      });
    });

    it("need it again each time: an old word agrees to nothing", async () => {
      const scene = await stage.scene("again");
      const definition = await scene.define(authenticatedBy({ type: "HeaderBearerToken" }));
      const connected = await connect(scene);
      await account(scene, ACCEPTED);
      await stage.annotate(connected, { [ANNOTATION.consentRequestedAt]: "1" });
      await eventually("the word is acted on", async () => {
        const { status } = await account(scene, ACCEPTED);
        return status?.lastHandledConsentAt === "1";
      });
      await stage.edit(definition, { networkDomains: ["else.crm.com"] });
      const asked = await account(scene, { ConsentRequired: "True DomainsChanged" });
      expect(asked.status).toMatchObject({ consentedDomains: [HOST], missingDomains: ["else.crm.com"] });
    });
  });
});
