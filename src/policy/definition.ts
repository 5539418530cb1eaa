/** What the CRD cannot check of a definition, and which of its domains are in effect (design: policy, section 3). */
import type { Authentication, PackDefinition, PackOrganization, PackReview } from "../api/v1alpha1/index.ts";
import { perObject } from "../lib/per-object.ts";
import { sha256, stableJson } from "../lib/stable-json.ts";
import { definitionSize } from "./components.ts";
import { type DomainRules, declaredDomainProblem, hostOfUrl, onSharedSuffix, registrableDomain } from "./host.ts";
import { enumerate, type Problem, problem } from "./problem.ts";
import { type Approvals, type Certification, evaluateReviews } from "./review.ts";
import type { Lookup } from "./truth.ts";

/** The bytes that a sandbox may receive in one answer unless its definition was reviewed for more. */
export const DEFAULT_RESPONSE_BYTES = 25 * 1024 * 1024;

/** A compiled grant larger than this is refused: it would fill the caches of every gateway. */
export const MAX_GRANT_BYTES = 512 * 1024;

/** A fact that takes effect only after a PackReview. */
export type Sensitivity = "NetworkDomains" | "TokenURL" | "CustomAuthentication" | "ResponseBytes" | "SharedSuffix";

/** A fact, with a sentence about it. */
export type SensitiveFact = { readonly fact: Sensitivity; readonly message: string };

export type DefinitionFacts = {
  /** The first thing that keeps the definition from being accepted. That a review is missing does not. */
  readonly problem: Problem | undefined;
  /** Facts that need a review. */
  readonly sensitive: readonly SensitiveFact[];
  /** Those of them that no review of the definition as it is now approves. */
  readonly unreviewed: readonly SensitiveFact[];
  /** Declared domains that are in effect now, sorted. Empty while the definition is not accepted. */
  readonly effectiveDomains: readonly string[];
  /** Effective domains to which no credential may go, because how it is obtained or where it goes was never approved. */
  readonly withheldFrom: readonly string[];
  /** The bytes that a sandbox may receive in one answer. */
  readonly maxResponseBytes: number;
  /** `sha256:<hex>` of the facts that a review speaks about. */
  readonly reviewDigest: string;
  /** `sha256:<hex>` of the whole definition. The code is in it by its own digest. */
  readonly contentDigest: string;
  readonly review: {
    readonly required: readonly Sensitivity[];
    readonly approved: readonly Sensitivity[];
    /** The reviewers of the definition as it is now, sorted. */
    readonly by: readonly string[];
  };
  readonly certification: Certification;
  /** The earliest moment after now at which a review or certification that counts expires: milliseconds since 1970. */
  readonly expiresAt: number | undefined;
};

export type DefinitionInput = {
  readonly definition: PackDefinition;
  readonly organization: Lookup<PackOrganization>;
  /** Every domain that was effective since installs exist. */
  readonly known: readonly string[];
  /** The reviews that speak about the pack. */
  readonly reviews: readonly PackReview[];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly rules: DomainRules;
};

/** Used while nobody has written a PackOrganization: the default of its field. */
const DEFAULT_MAX_UNREVIEWED_DOMAINS = 1;

const declaredDomains = ({ spec }: PackDefinition): readonly string[] => spec.networkDomains ?? [];

const authentications = ({ spec }: PackDefinition): readonly Authentication[] =>
  [spec.authentication, spec.systemAuthentication].filter((it) => it !== undefined);

/** The domains to which an authentication sends its credential; the only declared one needs no list. */
const credentialDomains = (definition: PackDefinition, { networkDomains, type }: Authentication): readonly string[] =>
  type === "None" ? [] : (networkDomains ?? declaredDomains(definition));

const domainProblem = ({ definition, rules }: Pick<DefinitionInput, "definition" | "rules">): Problem | undefined => {
  for (const [index, domain] of declaredDomains(definition).entries()) {
    const wrong = declaredDomainProblem(domain, rules);
    if (wrong !== undefined) {
      return problem("InvalidDomain", `\`spec.networkDomains[${index}]\` '${domain}' ${wrong}.`);
    }
  }
  return undefined;
};

/** Names are unique ignoring case for ASCII by the CRD; this covers every script (`Größe` and `GRÖSSE`). */
const duplicateName = (definition: PackDefinition): Problem | undefined => {
  for (const list of ["formulas", "syncTables"] as const) {
    const seen = new Map<string, string>();
    for (const { name } of definition.spec[list] ?? []) {
      const folded = name.normalize("NFKC").toLowerCase().toUpperCase();
      const twin = seen.get(folded);
      if (twin !== undefined) {
        return problem(
          "InvalidSpec",
          `\`spec.${list}\` has '${twin}' and '${name}', which differ only in case; rename one.`,
        );
      }
      seen.set(folded, name);
    }
  }
  return undefined;
};

const sizeProblem = (definition: PackDefinition): Problem | undefined => {
  const size = definitionSize(definition);
  return size <= MAX_GRANT_BYTES
    ? undefined
    : problem(
        "PolicyTooLarge",
        `its compiled policy has ${size} bytes, and ${MAX_GRANT_BYTES} are allowed; declare fewer components or parameters.`,
      );
};

/** What is wrong with a definition whatever anybody else says. */
const ownProblem = perObject((definition: PackDefinition) => duplicateName(definition) ?? sizeProblem(definition));

const ownerOfUrl = (url: string): string | undefined => {
  const host = hostOfUrl(url);
  return host === undefined ? undefined : registrableDomain(host);
};

/**
 * The token URL of an authentication, unless it and the authorization URL belong to the owner of a domain to which the
 * credential goes: what users type there, and the tokens themselves, reach whoever owns it.
 */
const foreignTokenUrl = (definition: PackDefinition, authentication: Authentication): string | undefined => {
  const { oauth2, oauth2ClientCredentials } = authentication;
  const tokenURL = oauth2?.tokenURL ?? oauth2ClientCredentials?.tokenURL;
  if (tokenURL === undefined) return undefined;
  const owners = new Set(credentialDomains(definition, authentication).map(registrableDomain));
  const asked = [tokenURL, ...(oauth2 === undefined ? [] : [oauth2.authorizationURL])].map(ownerOfUrl);
  return asked.every((owner) => owner !== undefined && owners.has(owner)) ? undefined : tokenURL;
};

const foreignTokenUrls = (definition: PackDefinition): readonly string[] => [
  ...new Set(
    authentications(definition)
      .map((it) => foreignTokenUrl(definition, it))
      .filter((url) => url !== undefined),
  ),
];

const sharedCredentialDomains = (definition: PackDefinition): readonly string[] => {
  const all = authentications(definition).flatMap((it) => credentialDomains(definition, it));
  return [...new Set(all)].filter(onSharedSuffix);
};

const askedBytes = ({ spec }: PackDefinition): number => spec.sandbox?.maxResponseBytes ?? DEFAULT_RESPONSE_BYTES;

const mostUnreviewed = (organization: Lookup<PackOrganization>): number =>
  (organization.state === "found" ? organization.value.spec.maxUnreviewedDomains : undefined) ??
  DEFAULT_MAX_UNREVIEWED_DOMAINS;

/**
 * More domains than may go without a review, those in use before included: so the only domain cannot be swapped. Fewer of
 * those in use are no new fact.
 */
const tooManyDomains = ({ definition, known, organization }: DefinitionInput): string | undefined => {
  const declared = declaredDomains(definition);
  const most = mostUnreviewed(organization);
  const before = known.filter((domain) => !declared.includes(domain));
  if (declared.length + before.length <= most) return undefined;
  if (declared.length <= most && declared.every((domain) => known.includes(domain))) return undefined;
  const used = before.length === 0 ? "" : ` (with ${enumerate(before)}, in use before)`;
  const domains = declared.length === 1 ? "the domain" : `${declared.length} domains:`;
  return `it declares ${domains} ${enumerate(declared)}${used}; the organization accepts ${most} without a review (\`maxUnreviewedDomains\`)`;
};

const FACTS: Readonly<
  Record<
    Sensitivity,
    {
      /** What the definition says that needs a review; undefined if it does not. */
      readonly message: (input: DefinitionInput) => string | undefined;
      readonly isApproved: (definition: PackDefinition, approvals: Approvals) => boolean;
    }
  >
> = {
  NetworkDomains: {
    message: tooManyDomains,
    isApproved: (definition, { networkDomains }) =>
      declaredDomains(definition).every((domain) => networkDomains.has(domain)),
  },
  TokenURL: {
    message: ({ definition }) => {
      const urls = foreignTokenUrls(definition);
      if (urls.length === 0) return undefined;
      return `the token URL ${enumerate(urls)}, or the authorization URL beside it, is on another registrable domain than the domains that receive the credential`;
    },
    isApproved: (definition, { tokenURLs }) => foreignTokenUrls(definition).every((url) => tokenURLs.has(url)),
  },
  CustomAuthentication: {
    message: ({ definition }) =>
      authentications(definition).some(({ type }) => type === "Custom") ? "its authentication is 'Custom'" : undefined,
    isApproved: (_, { customAuthentication }) => customAuthentication,
  },
  ResponseBytes: {
    message: ({ definition }) =>
      askedBytes(definition) > DEFAULT_RESPONSE_BYTES
        ? `it asks for answers of up to ${askedBytes(definition)} bytes; the default is ${DEFAULT_RESPONSE_BYTES}`
        : undefined,
    isApproved: (definition, { responseBytes }) => askedBytes(definition) <= responseBytes,
  },
  SharedSuffix: {
    message: ({ definition }) => {
      const shared = sharedCredentialDomains(definition);
      if (shared.length === 0) return undefined;
      return `it takes credentials to ${enumerate(shared)}, on a suffix under which strangers register names`;
    },
    isApproved: (definition, { networkDomains }) =>
      sharedCredentialDomains(definition).every((domain) => networkDomains.has(domain)),
  },
};

const sensitiveFacts = (input: DefinitionInput): readonly SensitiveFact[] =>
  (Object.keys(FACTS) as Sensitivity[]).flatMap((fact) => {
    const message = FACTS[fact].message(input);
    return message === undefined ? [] : [{ fact, message }];
  });

/** What a review speaks about: equal facts give equal bytes, whatever their order and however they are written. */
const reviewedFacts = (definition: PackDefinition): unknown => ({
  networkDomains: [...declaredDomains(definition)].sort(),
  authentications: [definition.spec.authentication, definition.spec.systemAuthentication].map((it) =>
    it === undefined || it.type === "None"
      ? {}
      : {
          networkDomains: [...credentialDomains(definition, it)].sort(),
          authorizationURL: it.oauth2?.authorizationURL,
          tokenURL: it.oauth2?.tokenURL ?? it.oauth2ClientCredentials?.tokenURL,
          custom: it.type === "Custom" ? true : undefined,
        },
  ),
  responseBytes: Math.max(askedBytes(definition), DEFAULT_RESPONSE_BYTES),
});

export type Digests = Pick<DefinitionFacts, "contentDigest" | "reviewDigest">;

/** `sha256:<hex>` of what a review speaks about, and of everything. Computed once for each object. */
export const digestsOf = perObject(
  (definition: PackDefinition): Digests => ({
    reviewDigest: digest(reviewedFacts(definition)),
    contentDigest: digest(definition.spec),
  }),
);

const digest = (value: unknown): string => `sha256:${sha256(stableJson(value))}`;

const domainsInEffect = (
  { definition, known }: DefinitionInput,
  unreviewed: readonly SensitiveFact[],
  { networkDomains }: Approvals,
): readonly string[] => {
  const declared = [...declaredDomains(definition)].sort();
  if (unreviewed.every(({ fact }) => fact !== "NetworkDomains")) return declared;
  return declared.filter((domain) => networkDomains.has(domain) || known.includes(domain));
};

/** How the credential is obtained, or what becomes of it, is nothing that anybody approved. */
const isDoubtful = (
  definition: PackDefinition,
  authentication: Authentication,
  { customAuthentication, tokenURLs }: Approvals,
): boolean => {
  const token = foreignTokenUrl(definition, authentication);
  return (token !== undefined && !tokenURLs.has(token)) || (authentication.type === "Custom" && !customAuthentication);
};

const withheldDomains = (definition: PackDefinition, approvals: Approvals): ReadonlySet<string> => {
  const shared = sharedCredentialDomains(definition).filter((domain) => !approvals.networkDomains.has(domain));
  const doubtful = authentications(definition).filter((it) => isDoubtful(definition, it, approvals));
  return new Set([...shared, ...doubtful.flatMap((it) => credentialDomains(definition, it))]);
};

/** Pure; independent of the order of reviews and domains. One review less never widens anything that is in effect. */
export const evaluateDefinition = (input: DefinitionInput): DefinitionFacts => {
  const { definition, now, reviews } = input;
  const { contentDigest, reviewDigest } = digestsOf(definition);
  const { by, certification, current, expiresAt, kept } = evaluateReviews(
    reviews,
    { definition, contentDigest, reviewDigest },
    now,
  );
  const sensitive = sensitiveFacts(input);
  const unreviewed = sensitive.filter(({ fact }) => !FACTS[fact].isApproved(definition, current));
  const wrong = domainProblem(input) ?? ownProblem(definition);
  const effectiveDomains = wrong === undefined ? domainsInEffect(input, unreviewed, kept) : [];
  const withheld = withheldDomains(definition, kept);
  return {
    problem: wrong,
    sensitive,
    unreviewed,
    effectiveDomains,
    withheldFrom: effectiveDomains.filter((domain) => withheld.has(domain)),
    maxResponseBytes: Math.min(askedBytes(definition), Math.max(DEFAULT_RESPONSE_BYTES, kept.responseBytes)),
    reviewDigest,
    contentDigest,
    review: {
      required: sensitive.map(({ fact }) => fact),
      approved: sensitive.filter((it) => !unreviewed.includes(it)).map(({ fact }) => fact),
      by,
    },
    certification,
    expiresAt,
  };
};

/** The domains to remember while installs exist: what was known, and what is effective now. */
export const nextKnownDomains = (
  known: readonly string[],
  effective: readonly string[],
  installs: number,
): readonly string[] => (installs === 0 ? [] : [...new Set([...known, ...effective])].sort());
