/** What the CRD cannot check of a definition, and which of its domains are in effect (design: policy, section 3). */
import type { PackDefinition, PackOrganization } from "../api/v1alpha1/index.ts";
import { definitionSize } from "./components.ts";
import { type DomainRules, declaredDomainProblem, hostOfUrl, onSharedSuffix, registrableDomain } from "./host.ts";
import { enumerate, type Problem, problem } from "./problem.ts";
import type { Lookup } from "./truth.ts";

/** The bytes that a sandbox may receive in one answer unless its definition was reviewed for more. */
export const DEFAULT_RESPONSE_BYTES = 25 * 1024 * 1024;

/** A compiled grant larger than this is refused: it would fill the caches of every gateway. */
export const MAX_GRANT_BYTES = 512 * 1024;

/** A fact that takes effect only after a PackReview. */
export type Sensitivity = "NetworkDomains" | "TokenURL" | "CustomAuthentication" | "ResponseBytes" | "SharedSuffix";

export type DefinitionFacts = {
  /** The first thing that keeps the definition from being accepted. */
  readonly problem: Problem | undefined;
  /** Facts that need a review, each with a sentence. */
  readonly sensitive: readonly { readonly fact: Sensitivity; readonly message: string }[];
  /** Declared domains that are in effect now, sorted. Empty while the definition is not accepted. */
  readonly effectiveDomains: readonly string[];
};

export type DefinitionInput = {
  readonly definition: PackDefinition;
  readonly organization: Lookup<PackOrganization>;
  /** Every domain that was effective since installs exist. */
  readonly known: readonly string[];
  readonly rules: DomainRules;
};

/** Used while nobody has written a PackOrganization: the default of its field. */
const DEFAULT_MAX_UNREVIEWED_DOMAINS = 1;

const authentications = (definition: PackDefinition) =>
  [definition.spec.authentication, definition.spec.systemAuthentication].filter((it) => it !== undefined);

const domainProblem = ({ definition, rules }: DefinitionInput): Problem | undefined => {
  for (const [index, domain] of (definition.spec.networkDomains ?? []).entries()) {
    const wrong = declaredDomainProblem(domain, rules);
    if (wrong !== undefined) {
      return problem("InvalidDomain", `\`spec.networkDomains[${index}]\` '${domain}' ${wrong}.`);
    }
  }
  return undefined;
};

/** Names are unique ignoring case for ASCII by the CRD; this covers every script (`Größe` and `GRÖSSE`). */
const duplicateName = ({ definition }: DefinitionInput): Problem | undefined => {
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

const tokenUrlOnOtherDomain = (definition: PackDefinition): string | undefined => {
  for (const { oauth2 } of authentications(definition)) {
    if (oauth2 === undefined) continue;
    const authorization = ownerOfUrl(oauth2.authorizationURL);
    if (authorization === undefined || authorization !== ownerOfUrl(oauth2.tokenURL)) {
      return `the token URL '${oauth2.tokenURL}' is on another registrable domain than the authorization URL`;
    }
  }
  return undefined;
};

const ownerOfUrl = (url: string): string | undefined => {
  const host = hostOfUrl(url);
  return host === undefined ? undefined : registrableDomain(host);
};

const sensitiveFacts = (input: DefinitionInput): DefinitionFacts["sensitive"] => {
  const { definition, organization, known } = input;
  const declared = definition.spec.networkDomains ?? [];
  const most =
    organization.state === "found"
      ? (organization.value.spec.maxUnreviewedDomains ?? DEFAULT_MAX_UNREVIEWED_DOMAINS)
      : DEFAULT_MAX_UNREVIEWED_DOMAINS;
  const inAll = new Set([...declared, ...known]).size;
  const facts: { fact: Sensitivity; message: string }[] = [];
  if (inAll > most) {
    const used = known.filter((domain) => !declared.includes(domain));
    const before = used.length === 0 ? "" : ` (with ${enumerate(used)}, in use before)`;
    facts.push({
      fact: "NetworkDomains",
      message: `it declares ${declared.length} domains${before}; the organization accepts ${most} without a review (\`maxUnreviewedDomains\`)`,
    });
  }
  const token = tokenUrlOnOtherDomain(definition);
  if (token !== undefined) facts.push({ fact: "TokenURL", message: token });
  if (authentications(definition).some(({ type }) => type === "Custom")) {
    facts.push({ fact: "CustomAuthentication", message: "its authentication is 'Custom'" });
  }
  const bytes = definition.spec.sandbox?.maxResponseBytes ?? DEFAULT_RESPONSE_BYTES;
  if (bytes > DEFAULT_RESPONSE_BYTES) {
    facts.push({
      fact: "ResponseBytes",
      message: `it asks for answers of up to ${bytes} bytes; the default is ${DEFAULT_RESPONSE_BYTES}`,
    });
  }
  const shared = authentications(definition).some(({ type }) => type !== "None") ? declared.filter(onSharedSuffix) : [];
  if (shared.length > 0) {
    facts.push({
      fact: "SharedSuffix",
      message: `it takes credentials to ${enumerate(shared)}, on a suffix under which strangers register names`,
    });
  }
  return facts;
};

/**
 * Reviews do not take part yet: what needs one is `NotYetSupported`, so that nothing is accepted without it.
 */
const reviewProblem = (sensitive: DefinitionFacts["sensitive"]): Problem | undefined =>
  sensitive.length === 0
    ? undefined
    : problem(
        "NotYetSupported",
        `this definition needs a review, which this version cannot record: ${sensitive.map(({ message }) => message).join("; ")}.`,
      );

export const evaluateDefinition = (input: DefinitionInput): DefinitionFacts => {
  const sensitive = sensitiveFacts(input);
  const wrong =
    domainProblem(input) ?? duplicateName(input) ?? sizeProblem(input.definition) ?? reviewProblem(sensitive);
  return {
    problem: wrong,
    sensitive,
    effectiveDomains: wrong === undefined ? [...(input.definition.spec.networkDomains ?? [])].sort() : [],
  };
};

/** The domains to remember while installs exist: what was known, and what is effective now. */
export const nextKnownDomains = (
  known: readonly string[],
  effective: readonly string[],
  installs: number,
): readonly string[] => (installs === 0 ? [] : [...new Set([...known, ...effective])].sort());
