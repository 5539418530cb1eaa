/**
 * Where an account's credential may go (design: policy, section 3): only to hosts that its owner agreed to, and only while
 * the pack still asks for them.
 */
import { ANNOTATION } from "../api/names.ts";
import type { PackAccount, PackDefinition } from "../api/v1alpha1/index.ts";
import type { DefinitionFacts } from "./definition.ts";
import { hostOfUrl, matchHost } from "./host.ts";
import { requestMark } from "./request-mark.ts";

/** What of a definition decides where credentials may go. */
export type AccountFacts = Pick<DefinitionFacts, "problem" | "effectiveDomains" | "withheldFrom">;

/** What the owner of an account agreed to. Lists are sorted. */
export type Consent = {
  /** The hosts that he agreed to, whether or not the pack still asks for them. */
  readonly domains: readonly string[];
  /** The hosts that the pack asks for and he has not agreed to. */
  readonly missing: readonly string[];
  /** The value of the annotation that was acted on last. */
  readonly handled: string | undefined;
};

/** The hosts that a pack declares for its users' credentials, in effect or not. */
export const declaredHosts = ({ spec: { authentication, networkDomains } }: PackDefinition): readonly string[] =>
  authentication.type === "None" ? [] : (authentication.networkDomains ?? networkDomains ?? []);

/** The hosts that a pack asks to send its users' credentials to, as far as they are in effect. Sorted. */
export const askedHosts = (definition: PackDefinition, facts: AccountFacts): readonly string[] =>
  declaredHosts(definition)
    .filter((host) => facts.effectiveDomains.includes(host) && !facts.withheldFrom.includes(host))
    .sort();

/**
 * The hosts that an account's credential may go to: asked for, and agreed to as its status records. A domain that covers
 * the account's own server shrinks to that server: others may own the names beside it. Sorted.
 */
export const boundHosts = (account: PackAccount, asked: readonly string[]): readonly string[] => {
  const agreed = asked.filter((host) => account.status?.consentedDomains?.includes(host) === true);
  const server = account.spec.endpointURL === undefined ? undefined : hostOfUrl(account.spec.endpointURL);
  if (server === undefined) return agreed;
  return [...new Set(agreed.map((host) => (matchHost(server, host) ? server : host)))].sort();
};

/** The hosts that a pack asks for and the owner has not agreed to, as the status records. */
export const missingHosts = ({ status }: PackAccount, asked: readonly string[]): readonly string[] =>
  asked.filter((host) => status?.consentedDomains?.includes(host) !== true);

/**
 * To connect an account is to agree to what the pack asks for then. Later the owner agrees to what the status has shown
 * him: not to what came between his look and his word. `vouched`: whether it is sure that the word is his.
 */
export const consentOf = (account: PackAccount, asked: readonly string[], vouched: boolean): Consent => {
  const mark = requestMark(account, ANNOTATION.consentRequestedAt);
  const { consentedDomains, lastHandledConsentAt, missingDomains = [] } = account.status ?? {};
  if (consentedDomains === undefined) return { domains: asked, missing: [], handled: mark };
  const agrees = mark !== undefined && mark !== "" && mark !== lastHandledConsentAt && vouched;
  const known = [...consentedDomains, ...missingDomains];
  const domains = agrees ? asked.filter((host) => known.includes(host)) : consentedDomains;
  return {
    domains,
    missing: asked.filter((host) => !domains.includes(host)),
    handled: agrees ? mark : lastHandledConsentAt,
  };
};
