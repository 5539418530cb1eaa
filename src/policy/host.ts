/**
 * Domains (design: policy, section 5). One parser for every name in the product: what it does not accept is refused,
 * never repaired, except that upper case is folded.
 */
import { domainToASCII, domainToUnicode } from "node:url";
import { getPublicSuffix } from "tldts";

/** A canonical host: ASCII A-labels, lower case, two labels or more, no trailing dot, at most 253 characters. */
export type Host = string & { readonly __brand: "Host" };

export type HostResult = { readonly ok: true; readonly host: Host } | { readonly ok: false; readonly problem: string };

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const MAX_LENGTH = 253;

/** Names that lead into the cluster or the machine, or that the DNS reserves (RFC 6761, RFC 8375, RFC 9476 and custom). */
const SPECIAL_USE = [
  "svc",
  "cluster.local",
  "internal",
  "local",
  "localhost",
  "localdomain",
  "home.arpa",
  "arpa",
  "invalid",
  "example",
  "onion",
  "alt",
  "intranet",
  "corp",
  "lan",
  "home",
  "private",
] as const;

export type DomainRules = {
  /** The cluster's own DNS domain, refused beside `cluster.local`. */
  readonly clusterDomain: string;
  /** Allows names under `test` (RFC 6761), for test set-ups only. */
  readonly testMode: boolean;
};

const refuse = (problem: string): HostResult => ({ ok: false, problem });

/** Parses one host name. The problem is a sentence without a subject: "must ...". */
export const parseHost = (text: string): HostResult => {
  if (/[^ -~]/u.test(text)) return refuse("must be ASCII; write an international name in its A-label form (`xn--...`)");
  const folded = text.toLowerCase();
  if (folded.length === 0) return refuse("must not be empty");
  if (folded.length > MAX_LENGTH) return refuse(`must have at most ${MAX_LENGTH} characters`);
  const labels = folded.split(".");
  if (labels.length < 2) return refuse("must have two labels or more, such as 'example.com'");
  const bad = labels.find((label) => !LABEL.test(label));
  if (bad !== undefined) {
    return refuse(
      `must consist of labels of letters, digits and inner hyphens; no wildcard, port, scheme, path, underscore or trailing dot ('${bad}' is not such a label)`,
    );
  }
  if (/^[0-9]/.test(labels.at(-1) ?? ""))
    return refuse("must be a name, not an address: the last label must start with a letter");
  const reserved = labels.find((label) => label.slice(2, 4) === "--" && !label.startsWith("xn--"));
  if (reserved !== undefined) return refuse(`must not have '--' at the third place of the label '${reserved}'`);
  if (labels.some((label) => label.startsWith("xn--")) && !isALabelForm(folded)) {
    return refuse("must be a valid A-label form: the `xn--` part does not decode to an allowed name");
  }
  return { ok: true, host: folded as Host };
};

/** Every `xn--` label decodes, and what it decodes to is written so. A label that does not decode stays as it is. */
const isALabelForm = (host: string): boolean => {
  const decoded = domainToUnicode(host);
  return !decoded.split(".").some((label) => label.startsWith("xn--")) && domainToASCII(decoded) === host;
};

const isUnder = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

/** A declared domain covers itself and every sub-domain. Both must be canonical. */
export const matchHost = (host: Host | string, domain: Host | string): boolean => isUnder(host, domain);

/** Whether every domain equals or lies under one of `allowed`; gives those that do not. */
export const domainsOutside = (domains: readonly string[], allowed: readonly string[]): readonly string[] =>
  domains.filter((domain) => !allowed.some((cover) => isUnder(domain, cover)));

/**
 * What is wrong with a domain that a pack declares, or `undefined`. Beyond {@link parseHost}: public suffixes, private
 * section included, and names that lead into the cluster. An upper-case name is refused too: declarations are canonical.
 */
export const declaredDomainProblem = (domain: string, rules: DomainRules): string | undefined => {
  const parsed = parseHost(domain);
  if (!parsed.ok) return parsed.problem;
  if (parsed.host !== domain) return "must be lower case";
  const special = [...SPECIAL_USE, rules.clusterDomain, ...(rules.testMode ? [] : ["test"])].find((name) =>
    isUnder(domain, name),
  );
  if (special !== undefined) return `must not be under '${special}', which is reserved or leads into the cluster`;
  if (getPublicSuffix(domain, { allowPrivateDomains: true }) === domain) {
    return "must not be a public suffix: everybody may register names under it; declare the name of the service itself";
  }
  return undefined;
};

/** The domain under which one owner registers names: `api.example.co.uk` -> `example.co.uk`; undefined for a suffix. */
export const registrableDomain = (host: string): string | undefined => {
  const suffix = getPublicSuffix(host, { allowPrivateDomains: true });
  if (suffix === null || suffix === host) return undefined;
  const owner = host
    .slice(0, host.length - suffix.length - 1)
    .split(".")
    .at(-1);
  return owner === undefined ? undefined : `${owner}.${suffix}`;
};

/** Whether a domain sits on a suffix that strangers share (`github.io`, `herokuapp.com`): the list's private section. */
export const onSharedSuffix = (host: string): boolean =>
  getPublicSuffix(host, { allowPrivateDomains: true }) !== getPublicSuffix(host, { allowPrivateDomains: false });

/** The host of an https URL that the CRD's pattern has accepted; undefined for anything else. */
export const hostOfUrl = (url: string): Host | undefined => {
  const match = /^https:\/\/([^/?#:@]+)(\/|$)/.exec(url);
  const parsed = match?.[1] === undefined ? undefined : parseHost(match[1]);
  return parsed?.ok ? parsed.host : undefined;
};
