/**
 * The accounts that an install may use (design: policy, section 4). Both sides must say yes: the install names the
 * account, and the account names the install or its doc.
 */
import type { Reason } from "../api/reasons.ts";
import type {
  AccountGrant,
  Condition,
  CredentialPlacement,
  GrantAccount,
  PackAccount,
  PackConfiguration,
  PackDefinition,
  PackInstall,
} from "../api/v1alpha1/index.ts";
import { parseTimestamp, toTimestamp } from "../lib/clock.ts";
import { sha256 } from "../lib/stable-json.ts";
import { evaluateAccount } from "./account.ts";
import { type AccountFacts, askedHosts, boundHosts, missingHosts } from "./account-consent.ts";
import { placementOf } from "./account-placement.ts";
import { formulaEnabled, tableEnabled, tableUpdateEnabled } from "./components.ts";
import type { InstallInput } from "./input.ts";
import { enumerate } from "./problem.ts";

export type InstallAccountsInput = Pick<
  InstallInput,
  | "accounts"
  | "accountsKnown"
  | "configurations"
  | "configurationsKnown"
  | "groups"
  | "install"
  | "now"
  | "organization"
  | "unvouched"
>;

/** For the install's condition `AccountsReady`. */
export type AccountsFinding = {
  readonly status: Condition["status"];
  readonly reason: Reason;
  readonly message: string;
};

/** `namespace/name`. */
const keyOf = ({ metadata }: PackAccount): string => `${metadata.namespace ?? ""}/${metadata.name}`;

/** The keys of the accounts that the install names, sorted, each once. */
const namedBy = ({ metadata, spec }: PackInstall): readonly string[] => {
  const keys = (spec.accountRefs ?? []).map(({ name, namespace = metadata.namespace ?? "" }) => `${namespace}/${name}`);
  return [...new Set(keys)].sort();
};

const admits = (grant: AccountGrant, account: PackAccount, install: PackInstall): boolean => {
  const namespace = grant.namespace ?? account.metadata.namespace;
  if (namespace !== install.metadata.namespace) return false;
  return grant.installRef === undefined
    ? grant.docRef !== undefined && grant.docRef.name === install.spec.docRef?.name
    : grant.installRef.name === install.metadata.name;
};

/** Milliseconds since 1970; what cannot be read as a time has passed. */
const endOf = (time: string | undefined): number => {
  if (time === undefined) return Number.POSITIVE_INFINITY;
  try {
    return parseTimestamp(time);
  } catch {
    return Number.NEGATIVE_INFINITY;
  }
};

/**
 * Until when the account's owner lets this install use it, in milliseconds since 1970: the longest of his grants, and no
 * longer than the credential lasts. Undefined: he does not.
 */
const sharedUntil = (account: PackAccount, install: PackInstall): number | undefined => {
  if (account.metadata.deletionTimestamp !== undefined) return undefined;
  if (account.spec.packRef.name !== install.spec.packRef.name) return undefined;
  const ends = (account.spec.grants ?? [])
    .filter((grant) => admits(grant, account, install))
    .map(({ expireTime }) => endOf(expireTime));
  return ends.length === 0 ? undefined : Math.min(Math.max(...ends), endOf(account.status?.expireTime));
};

/** An account that both sides agree about. */
type Agreed = { readonly account: PackAccount; readonly until: number };

const agreedAccounts = ({ accounts, install }: InstallAccountsInput): readonly Agreed[] => {
  const byKey = new Map(accounts.map((account) => [keyOf(account), account]));
  return namedBy(install).flatMap((key) => {
    const account = byKey.get(key);
    const until = account === undefined ? undefined : sharedUntil(account, install);
    return account === undefined || until === undefined ? [] : [{ account, until }];
  });
};

const evaluate = (input: InstallAccountsInput, account: PackAccount, definition: PackDefinition, facts: AccountFacts) =>
  evaluateAccount({ ...input, account, facts, definition: { state: "found", value: definition } });

/**
 * What the grant says of accounts, sorted by name. An account is in it once its status records what its owner consented
 * to, and while its credential may go to a host at all. Whether there is a credential, the gateway finds out.
 */
export const accountsOf = (
  input: InstallAccountsInput,
  definition: PackDefinition,
  facts: AccountFacts,
): readonly GrantAccount[] => {
  const asked = askedHosts(definition, facts);
  const placement = placementOf(definition.spec.authentication);
  return agreedAccounts(input).flatMap(({ account, until }) => {
    if (until <= input.now) return [];
    const { outcome } = evaluate(input, account, definition, facts);
    const bound = outcome === "Accepted" || outcome === "Held" ? boundHosts(account, asked) : [];
    return bound.length === 0 ? [] : [grantAccount(account, until, bound, placement)];
  });
};

const grantAccount = (
  account: PackAccount,
  until: number,
  bound: readonly string[],
  placement: CredentialPlacement,
): GrantAccount => {
  const { access, owner } = account.spec;
  const scopes = account.status?.grantedScopes ?? [];
  return {
    name: keyOf(account),
    owner,
    viewData: access?.viewData ?? "Nobody",
    takeActions: access?.takeActions ?? "Owner",
    secret: vaultName(account),
    boundHosts: bound,
    placement,
    ...(scopes.length === 0 ? {} : { grantedScopes: [...new Set(scopes)].sort() }),
    ...(until === Number.POSITIVE_INFINITY ? {} : { expireTime: toTimestamp(until) }),
  };
};

const NAME_PART = 46;
const HASH_PART = 16;

/**
 * The name of an account's vaulted Secret in packs-system. The UID is in it: who creates an account anew under the name
 * of another does not inherit its credential.
 */
export const vaultName = (account: PackAccount): string => {
  const { name, uid = "" } = account.metadata;
  const hash = sha256(`${keyOf(account)}/${uid}`).slice(0, HASH_PART);
  return `${name.slice(0, NAME_PART).replace(/-+$/, "")}-${hash}`;
};

/** `configuration`: the bound one; undefined for the organization's default access. */
export const accountsReady = (
  input: InstallAccountsInput,
  definition: PackDefinition,
  facts: AccountFacts,
  configuration: PackConfiguration | undefined,
): AccountsFinding => {
  if (!needsAccount(definition, configuration)) {
    return { status: "True", reason: "NoAccountNeeded", message: "No building block needs an account." };
  }
  const named = namedBy(input.install);
  if (named.length === 0) return REQUIRED;
  const agreed = new Map(agreedAccounts(input).map((it) => [keyOf(it.account), it]));
  const findings = named.map((key) => findingOf(input, key, agreed.get(key), definition, facts));
  return findings.find(({ status }) => status !== "True") ?? CONNECTED;
};

const REQUIRED: AccountsFinding = {
  status: "False",
  reason: "AccountRequired",
  message:
    "Some building blocks need an account at the other service; calls to them are refused until one is connected and named in `spec.accountRefs`.",
};

const CONNECTED: AccountsFinding = { status: "True", reason: "Connected", message: "The accounts are connected." };

/** Whether anything that is enabled cannot work without an account. */
const needsAccount = (definition: PackDefinition, configuration: PackConfiguration | undefined): boolean => {
  const { authentication, formulas = [], syncTables = [] } = definition.spec;
  const rules = configuration?.spec.components;
  return (
    authentication.type !== "None" &&
    (formulas.some((it) => it.connection === "Required" && formulaEnabled(it, rules).enabled) ||
      syncTables.some(
        (it) =>
          it.connection === "Required" && (tableEnabled(it, rules).enabled || tableUpdateEnabled(it, rules).enabled),
      ))
  );
};

/** An account that does not exist and one whose owner does not share it look alike: its name was only guessed, perhaps. */
const findingOf = (
  input: InstallAccountsInput,
  key: string,
  agreed: Agreed | undefined,
  definition: PackDefinition,
  facts: AccountFacts,
): AccountsFinding => {
  if (agreed === undefined) {
    return input.accountsKnown
      ? no(
          "AccountNotFound",
          `There is no PackAccount '${key}' of this pack that names this install or its doc in \`spec.grants\`.`,
        )
      : { status: "Unknown", reason: "KindNotServed", message: "The PackAccounts cannot be listed at present." };
  }
  const { account, until } = agreed;
  if (until <= input.now) return no("AccountExpired", `The time of the account '${key}' is over.`);
  const evaluation = evaluate(input, account, definition, facts);
  if (evaluation.outcome === "Waiting" || evaluation.outcome === "Refused") {
    return no(
      "AccountNotAccepted",
      `The account '${key}' is not accepted (${evaluation.problem.reason}); its condition Accepted says why.`,
    );
  }
  const open = missingHosts(account, askedHosts(definition, facts));
  if (open.length > 0) {
    return no(
      "ConsentRequired",
      `The owner of the account '${key}' must agree that its credential goes to ${enumerate(open)}.`,
    );
  }
  return connectionOf(account);
};

const no = (reason: Reason, message: string): AccountsFinding => ({ status: "False", reason, message });

/** As the account's own status says; it knows the credential. */
const connectionOf = (account: PackAccount): AccountsFinding => {
  const connected = account.status?.conditions?.find(({ type }) => type === "Connected");
  if (connected?.status === "True") return CONNECTED;
  return connected?.reason === "CredentialInvalid"
    ? no(
        "CredentialInvalid",
        `The credential of the account '${keyOf(account)}' does not work; its owner connects it again.`,
      )
    : {
        status: "Unknown",
        reason: "CredentialNotChecked",
        message: `Nobody has checked the credential of the account '${keyOf(account)}' yet.`,
      };
};

/** The next moment after now, in milliseconds since 1970, at which an account ends for this install. */
export const accountsEnd = (input: InstallAccountsInput): number | undefined => {
  const ends = agreedAccounts(input)
    .map(({ until }) => until)
    .filter((until) => until > input.now && until !== Number.POSITIVE_INFINITY);
  return ends.length === 0 ? undefined : Math.min(...ends);
};
