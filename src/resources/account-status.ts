/** The status of a PackAccount: does it count, and where may its credential go. Pure. */
import { ANNOTATION } from "../api/names.ts";
import type { Condition, PackAccount, PackAccountStatus } from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import type { AccountEvaluation } from "../policy/account.ts";
import type { Consent } from "../policy/account-consent.ts";
import { enumerate } from "../policy/problem.ts";
import { type Fact, fact, mergeConditions } from "./conditions.ts";
import { stalledFacts } from "./summary.ts";

export type AccountStatusInput = {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly account: PackAccount;
  readonly evaluation: AccountEvaluation;
};

/** What was consented to stays written whatever becomes of the account. */
export const accountStatus = ({ account, evaluation, now }: AccountStatusInput): PackAccountStatus => {
  const generation = account.metadata.generation ?? 0;
  const { missingDomains, ...kept } = account.status ?? {};
  const consent: Consent | undefined = evaluation.outcome === "Accepted" ? evaluation.consent : undefined;
  const missing = consent?.missing ?? missingDomains ?? [];
  const handled = consent?.handled;
  return {
    ...kept,
    observedGeneration: generation,
    ...(consent === undefined ? {} : { consentedDomains: consent.domains }),
    ...(missing.length === 0 ? {} : { missingDomains: missing }),
    ...(handled === undefined ? {} : { lastHandledConsentAt: handled }),
    conditions: mergeConditions(
      account.status?.conditions,
      facts(account, evaluation, missing),
      generation,
      toTimestamp(now),
    ),
  };
};

const facts = (account: PackAccount, evaluation: AccountEvaluation, missing: readonly string[]): readonly Fact[] => {
  const accepted = acceptedFact(evaluation);
  const consent = consentFact(account, evaluation, missing);
  return [
    readyFact(accepted, consent),
    accepted,
    NOT_CHECKED,
    consent,
    ...stalledFacts(evaluation.outcome === "Refused" ? evaluation.problem : undefined),
  ];
};

/** An account that is held stays as it is, and nobody can tell whether it should. */
const acceptedFact = (evaluation: AccountEvaluation): Fact => {
  if (evaluation.outcome === "Accepted") return fact("Accepted", "True", "Accepted", "Every check is passed.");
  const status: Condition["status"] = evaluation.outcome === "Held" ? "Unknown" : "False";
  return fact("Accepted", status, evaluation.problem.reason, evaluation.problem.message);
};

/** Nothing reads a credential yet. */
const NOT_CHECKED = fact(
  "Connected",
  "Unknown",
  "CredentialNotChecked",
  "Nobody has checked the credential yet, so nobody can tell whether it works.",
);

const consentFact = (account: PackAccount, evaluation: AccountEvaluation, missing: readonly string[]): Fact => {
  const type = "ConsentRequired";
  if (missing.length > 0) {
    return fact(
      type,
      "True",
      "DomainsChanged",
      `The pack '${account.spec.packRef.name}' asks to send the credential to ${enumerate(missing)}, too. It does not go there until the owner agrees by setting the annotation ${ANNOTATION.consentRequestedAt} to a new value.`,
    );
  }
  if (evaluation.outcome !== "Accepted" && account.status?.consentedDomains === undefined) {
    return fact(type, "Unknown", evaluation.problem.reason, "The owner is asked once the account is accepted.");
  }
  return fact(type, "False", "Consented", "The owner agreed to every host that the pack asks for.");
};

const readyFact = (accepted: Fact, consent: Fact): Fact => {
  if (accepted.status !== "True") return { ...accepted, type: "Ready" };
  if (consent.status === "True") return { ...consent, type: "Ready", status: "False" };
  return { ...NOT_CHECKED, type: "Ready", status: "False" };
};
