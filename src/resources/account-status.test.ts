import { describe, expect, it } from "vitest";
import { agreeing, consentingTo, knownAs, packAccount } from "../../test/gen/accounts.ts";
import { kstatusOf } from "../../test/gen/kstatus.ts";
import { changed, NOW, ofGeneration } from "../../test/gen/objects.ts";
import { CONDITIONS } from "../api/conditions.ts";
import { REASONS_OF } from "../api/reasons.ts";
import type { PackAccount, PackAccountStatus } from "../api/v1alpha1/index.ts";
import type { AccountEvaluation } from "../policy/account.ts";
import { problem } from "../policy/problem.ts";
import { accountStatus } from "./account-status.ts";

const HOST = "api.crm.com";
const fresh = packAccount("mine");
const old = packAccount("mine", consentingTo(HOST));

const accepted = (missing: readonly string[] = [], handled?: string): AccountEvaluation => ({
  outcome: "Accepted",
  consent: { domains: [HOST], missing, handled },
});
const gone = problem("PackNotFound", "there is no PackDefinition 'crm'.");
const denied = problem("PackDenied", "the PackConfiguration 'no' denies the pack 'crm' to everybody.");
const stale = problem("GroupDataStale", "the group is stale.");

const statusOf = (account: PackAccount, evaluation: AccountEvaluation): PackAccountStatus =>
  accountStatus({ now: NOW, account, evaluation });

const shown = ({ conditions = [] }: PackAccountStatus) =>
  Object.fromEntries(conditions.map(({ reason, status, type }) => [type, `${status} ${reason}`]));

type Row = readonly [
  name: string,
  account: PackAccount,
  evaluation: AccountEvaluation,
  conditions: Readonly<Record<string, string>>,
  kstatus: string,
];

const UNCHECKED = { Connected: "Unknown CredentialNotChecked" };

const ROWS: readonly Row[] = [
  [
    "counts, and its credential waits to be checked",
    fresh,
    accepted(),
    {
      Ready: "False CredentialNotChecked",
      Accepted: "True Accepted",
      ...UNCHECKED,
      ConsentRequired: "False Consented",
    },
    "InProgress",
  ],
  [
    "waits for its owner's consent",
    old,
    accepted(["new.crm.com"]),
    {
      Ready: "False DomainsChanged",
      Accepted: "True Accepted",
      ...UNCHECKED,
      ConsentRequired: "True DomainsChanged",
    },
    "InProgress",
  ],
  [
    "waits for its pack",
    fresh,
    { outcome: "Waiting", problem: gone },
    {
      Ready: "False PackNotFound",
      Accepted: "False PackNotFound",
      ...UNCHECKED,
      ConsentRequired: "Unknown PackNotFound",
    },
    "InProgress",
  ],
  [
    "is refused until somebody changes the rules or it",
    old,
    { outcome: "Refused", problem: denied },
    {
      Ready: "False PackDenied",
      Accepted: "False PackDenied",
      ...UNCHECKED,
      ConsentRequired: "False Consented",
      Stalled: "True PackDenied",
    },
    "Failed",
  ],
  [
    "is held while nobody can tell",
    old,
    { outcome: "Held", problem: stale },
    {
      Ready: "Unknown GroupDataStale",
      Accepted: "Unknown GroupDataStale",
      ...UNCHECKED,
      ConsentRequired: "False Consented",
    },
    "InProgress",
  ],
];

describe("the status of an account that", () => {
  it.each(ROWS)("%s", (_, account, evaluation, conditions, kstatus) => {
    const status = statusOf(account, evaluation);
    expect(shown(status)).toEqual(conditions);
    expect(kstatusOf({ metadata: account.metadata, status })).toBe(kstatus);
  });

  it.each(ROWS)("%s says it in words of the closed lists, about its newest generation", (_, account, evaluation) => {
    const edited = changed(account, ofGeneration(7));
    const { conditions = [], observedGeneration } = statusOf(edited, evaluation);
    const [types, reasons]: readonly (readonly string[])[] = [
      CONDITIONS.PackAccount.map(({ type }) => type),
      REASONS_OF.PackAccount,
    ];
    expect(observedGeneration).toBe(7);
    for (const condition of conditions) {
      expect(types).toContain(condition.type);
      expect(reasons).toContain(condition.reason);
      expect(condition.observedGeneration).toBe(7);
      expect(condition.message).not.toBe("");
    }
  });

  it.each(ROWS)("%s is written once", (_, account, evaluation) => {
    const status = statusOf(account, evaluation);
    const later = accountStatus({
      now: NOW + 60_000,
      account: changed(account, (it) => ({ ...it, status })),
      evaluation,
    });
    expect(later).toEqual(status);
  });
});

describe("what the status records", () => {
  it("S0-33 is what the owner agreed to, what he has not agreed to, and his last word", () => {
    const account = changed(old, agreeing("1"));
    expect(statusOf(account, accepted(["new.crm.com"], "1"))).toMatchObject({
      consentedDomains: [HOST],
      missingDomains: ["new.crm.com"],
      lastHandledConsentAt: "1",
    });
  });

  it("is nothing about consent before the account counts", () => {
    expect(statusOf(fresh, { outcome: "Waiting", problem: gone })).not.toHaveProperty("consentedDomains");
  });

  it("forgets what is not missing any more", () => {
    const asked = changed(old, knownAs({ missingDomains: ["new.crm.com"] }));
    expect(statusOf(asked, accepted())).not.toHaveProperty("missingDomains");
  });

  it.each(["Waiting", "Refused", "Held"] as const)("stays as it is while the account is %s", (outcome) => {
    const status = {
      missingDomains: ["new.crm.com"],
      lastHandledConsentAt: "1",
      displayName: "Ann",
      grantedScopes: ["read"],
    };
    const account = changed(old, knownAs(status));
    expect(statusOf(account, { outcome, problem: denied })).toMatchObject({ consentedDomains: [HOST], ...status });
  });

  it("keeps what is known of the credential", () => {
    const status = { displayName: "Ann", grantedScopes: ["read"], consentURL: "https://x.com/" };
    expect(statusOf(changed(old, knownAs(status)), accepted())).toMatchObject(status);
  });
});
