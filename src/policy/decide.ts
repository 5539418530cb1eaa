/**
 * One invocation (design: policy, section 4): may this user use this building block with these inputs, and with whose
 * account? Absence means denial: what the grant does not say is not allowed.
 */
import { REASONS, type Reason } from "../api/reasons.ts";
import type {
  ComponentKind,
  Contact,
  GrantAccount,
  GrantComponent,
  GrantHost,
  GrantLimits,
  PackGrantSpec,
} from "../api/v1alpha1/index.ts";
import { type AccountChooser, type AccountProblem, compileAccounts } from "./account-choice.ts";
import { matchHost } from "./host.ts";
import { compileInputs, type Delivered, type InputProblem, type InputReader, quoted } from "./inputs.ts";
import { enumerate } from "./problem.ts";
import { type AccessCheck, type AccessProblem, compileAccess, type GroupView } from "./user-access.ts";

/** What somebody asks for. Who he is and what Kubernetes lets him do has been found out before. */
export type InvocationRequest = {
  /** Who sent the request, as Kubernetes knows him. */
  readonly caller: string;
  /** On whose behalf; the caller himself, where he acts for nobody else. */
  readonly user: string;
  /** Whether Kubernetes lets the caller invoke this install, on behalf of this user. */
  readonly mayInvoke: boolean;
  readonly component: { readonly kind: ComponentKind; readonly name: string };
  /** As the caller gave them: any JSON value that `readJson` accepts, or undefined for none. */
  readonly parameters?: unknown;
  /** The data set of a dynamic table, as the caller gave it. */
  readonly dynamicURL?: unknown;
  /** The account that the caller chose, `namespace/name`. */
  readonly account?: string;
};

export type DenialReason =
  | AccessProblem["reason"]
  | InputProblem["reason"]
  | AccountProblem["reason"]
  | Extract<
      Reason,
      | "CallerNotAllowed"
      | "ComponentDisabled"
      | "ComponentUnknown"
      | "ConsentRequired"
      | "GrantNotActive"
      | "HostNotAllowed"
      | "ScopeNotAllowed"
    >;

export type Denial = {
  readonly allowed: false;
  readonly reason: DenialReason;
  /** For the user: what is the case, what would make it pass, and whom to ask. Repeats no value that he gave. */
  readonly message: string;
  /** Whose decision this is; absent only in a grant that says nothing any more. */
  readonly configuration?: string;
  readonly contact?: Contact;
  /** The field of the configuration that is the cause: `spec.components.formulas[GetTasks].parameters[project]`. */
  readonly rule?: string;
  /** With `AccountAmbiguous`: the accounts to choose from. */
  readonly candidates?: readonly string[];
};

/** All that a run needs. */
export type Permission = Delivered & {
  readonly allowed: true;
  readonly component: GrantComponent;
  /** Whose credential is used; absent: nobody's. */
  readonly account?: GrantAccount;
  /** Where the run may reach. */
  readonly hosts: readonly GrantHost[];
  readonly limits: GrantLimits;
};

export type Decision = Permission | Denial;

/** `now`: milliseconds since 1970. Pure; never throws. */
export type Decider = (request: InvocationRequest, groups: GroupView, now: number) => Decision;

/** Decides once. Who decides more often about one grant keeps what {@link compileGrant} returns. */
export const decide = (grant: PackGrantSpec, request: InvocationRequest, groups: GroupView, now: number): Decision =>
  compileGrant(grant)(request, groups, now);

type Draft = {
  readonly reason: DenialReason;
  readonly what: string;
  readonly fix: string;
  readonly rule?: string;
  readonly candidates?: readonly string[];
};

/** A grant, prepared. Building blocks are prepared when they are first asked for. */
export const compileGrant = (grant: PackGrantSpec): Decider => {
  const { limits } = grant;
  if (grant.state !== "Active" || limits === undefined) {
    const denial = deny(grant, notActive(grant));
    return () => denial;
  }
  const checkAccess: AccessCheck = compileAccess(grant.access, grant.audience);
  const chooseAccount = compileAccounts(grant.accounts, grant.accountTypes);
  const components = preparedComponents(grant);
  return (request, groups, now) => {
    if (!request.mayInvoke) return deny(grant, callerNotAllowed(request));
    const access = checkAccess(request.user, groups);
    if (access !== undefined) return deny(grant, access);
    const prepared = components(request.component);
    if (prepared === undefined) return deny(grant, componentUnknown(request));
    const decision = decideUse(prepared, chooseAccount, request, now);
    return "reason" in decision ? deny(grant, decision) : { allowed: true, limits, ...decision };
  };
};

type Prepared = {
  readonly component: GrantComponent;
  readonly read: InputReader;
  readonly hosts: readonly GrantHost[];
  /** Why nobody can use it, whatever he gives it. */
  readonly disabled?: Draft;
  /** Why it cannot be used with an account. */
  readonly scopes?: Draft;
  readonly stranded?: Draft;
};

/** The order is the order in which people can do something about it. */
const decideUse = (
  { component, read, hosts, disabled, scopes, stranded }: Prepared,
  chooseAccount: AccountChooser,
  request: InvocationRequest,
  now: number,
): Omit<Permission, "allowed" | "limits"> | Draft => {
  if (disabled !== undefined) return disabled;
  const input = read(request.parameters, request.dynamicURL);
  if (!input.ok) return restrictedBy(component, input.problem);
  const choice = chooseAccount({
    user: request.user,
    component: component.name,
    action: component.action,
    connection: component.connection,
    chosen: request.account,
    now,
  });
  if (!choice.ok) return choice.problem;
  const problem = scopes ?? consentProblem(component, choice.account, request.user) ?? stranded;
  if (problem !== undefined) return problem;
  return { component, ...input.inputs, ...(choice.account === undefined ? {} : { account: choice.account }), hosts };
};

const preparedComponents = (
  grant: PackGrantSpec,
): ((wanted: InvocationRequest["component"]) => Prepared | undefined) => {
  const declared = new Map((grant.components ?? []).map((component) => [keyOf(component), component]));
  const prepared = new Map<string, Prepared>();
  return (wanted) => {
    const key = keyOf(wanted);
    const known = prepared.get(key);
    if (known !== undefined) return known;
    const component = declared.get(key);
    if (component === undefined) return undefined;
    const fresh = prepare(component, grant);
    prepared.set(key, fresh);
    return fresh;
  };
};

const keyOf = ({ kind, name }: InvocationRequest["component"]): string => `${kind}/${name}`;

const prepare = (component: GrantComponent, grant: PackGrantSpec): Prepared => {
  const hosts = reachOf(component, grant.hosts ?? []);
  const disabled = component.enabled ? undefined : componentDisabled(component);
  const scopes = scopesProblem(component, grant);
  const stranded = component.hosts !== undefined && hosts.length === 0 ? hostNotAllowed(component) : undefined;
  return {
    component,
    read: compileInputs(component),
    hosts,
    ...(disabled === undefined ? {} : { disabled }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(stranded === undefined ? {} : { stranded }),
  };
};

/** A host that a component names is reached as the narrowest domain of the grant above it is. */
const reachOf = (component: GrantComponent, granted: readonly GrantHost[]): readonly GrantHost[] => {
  if (component.hosts === undefined) return granted;
  return component.hosts.flatMap((domain) => {
    const covering = granted
      .filter((host) => matchHost(domain, host.domain))
      .sort((a, b) => b.domain.length - a.domain.length)[0];
    return covering === undefined ? [] : [{ domain, auth: covering.auth }];
  });
};

/** What takes no account uses no scope. */
const scopesProblem = (
  { name, connection, scopes = [] }: GrantComponent,
  { allowedScopes }: PackGrantSpec,
): Draft | undefined => {
  if (connection === "None" || allowedScopes?.allow === "All") return undefined;
  const allowed = new Set(allowedScopes?.allowed);
  const outside = scopes.filter((scope) => !allowed.has(scope));
  if (outside.length === 0) return undefined;
  return {
    reason: "ScopeNotAllowed",
    what: `'${name}' needs the OAuth ${scopesText(outside)}, which the administrator did not allow.`,
    fix: "An administrator must add it.",
    rule: "spec.oauthScopes.allowed",
  };
};

const consentProblem = (
  { name, scopes = [] }: GrantComponent,
  account: GrantAccount | undefined,
  user: string,
): Draft | undefined => {
  if (account === undefined) return undefined;
  const missing = scopes.filter((scope) => account.grantedScopes?.includes(scope) !== true);
  if (missing.length === 0) return undefined;
  const own = account.owner === user;
  return {
    reason: "ConsentRequired",
    what: `'${name}' needs the OAuth ${scopesText(missing)}, which ${own ? "your account" : "the account"} '${account.name}' was not granted.`,
    fix: own ? "Open `status.consentURL` of the account and agree." : "The owner of the account must agree to it.",
  };
};

const scopesText = (scopes: readonly string[]): string =>
  scopes.length === 1 ? `scope ${enumerate(scopes)}` : `scopes ${enumerate(scopes)}`;

const notActive = ({ message }: PackGrantSpec): Draft => ({
  reason: "GrantNotActive",
  what: message === undefined ? REASONS.GrantNotActive.text : `${REASONS.GrantNotActive.text} ${asSentence(message)}`,
  fix: REASONS.GrantNotActive.advice,
});

const asSentence = (message: string): string => {
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}`;
  return /[.…!?]$/.test(sentence) ? sentence : `${sentence}.`;
};

const callerNotAllowed = ({ caller, user }: InvocationRequest): Draft => ({
  reason: "CallerNotAllowed",
  what:
    caller === user
      ? "Kubernetes does not let you invoke this install."
      : `Kubernetes does not let ${quoted(caller)} invoke this install on behalf of ${quoted(user)}.`,
  fix:
    caller === user
      ? "Ask for the verb `invoke` on the PackInstall."
      : "Ask for the verb `invoke` on the PackInstall and the verb `invoke-as` on the user's name.",
});

const componentUnknown = ({ component }: InvocationRequest): Draft => ({
  reason: "ComponentUnknown",
  what: `The pack has no ${KIND_TEXT[component.kind] ?? "building block"} ${quoted(component.name)}.`,
  fix: REASONS.ComponentUnknown.advice,
});

const KIND_TEXT: Readonly<Record<ComponentKind, string>> = {
  Formula: "formula",
  SyncTable: "sync table",
  SyncTableUpdate: "writable sync table",
  ColumnFormat: "column format",
};

/** The field of the configuration that switched a component off. */
const DISABLED_BY = {
  NotListed: "spec.components",
  FetchesDenied: "spec.components.fetches",
  ActionsDenied: "spec.components.actions",
  UpdateNotAllowed: "spec.components.syncTables",
  FormulaDisabled: "spec.components.formulas",
} as const satisfies Partial<Readonly<Record<Reason, string>>>;

const componentDisabled = (component: GrantComponent): Draft => {
  const { name, reason = "ComponentDisabled" } = component;
  if (reason === "HostNotAllowed") return hostNotAllowed(component);
  const known = isDisabledBy(reason);
  const { text, advice } = REASONS[known ? reason : "ComponentDisabled"];
  return {
    reason: "ComponentDisabled",
    what: `'${name}' is switched off. ${text}`,
    fix: advice,
    rule: known ? DISABLED_BY[reason] : "spec.components",
  };
};

const isDisabledBy = (reason: string): reason is keyof typeof DISABLED_BY => Object.hasOwn(DISABLED_BY, reason);

const hostNotAllowed = ({ name }: GrantComponent): Draft => ({
  reason: "HostNotAllowed",
  what: `'${name}' works only with hosts that the pack may not reach at present.`,
  fix: "The pack's definition must declare their domains, and a reviewer approve them where that is needed.",
});

const restrictedBy = ({ kind, name }: GrantComponent, { restricted, ...problem }: InputProblem): Draft => {
  if (restricted === undefined) return problem;
  const list = kind === "SyncTable" || kind === "SyncTableUpdate" ? "syncTables" : "formulas";
  return { ...problem, rule: `spec.components.${list}[${name}].${restricted}` };
};

const deny = ({ configuration }: PackGrantSpec, { reason, what, fix, rule, candidates }: Draft): Denial => ({
  allowed: false,
  reason,
  message: rule === undefined ? `${what} ${fix}` : `${what} ${fix} ${whoDecided(configuration)}`,
  ...(configuration === undefined ? {} : { configuration: configuration.name }),
  ...(configuration?.contact === undefined ? {} : { contact: configuration.contact }),
  ...(rule === undefined ? {} : { rule }),
  ...(candidates === undefined ? {} : { candidates }),
});

const whoDecided = (configuration: PackGrantSpec["configuration"]): string => {
  const whom = configuration?.contact ?? "an administrator";
  return configuration === undefined
    ? `Ask ${whom}.`
    : `This is a rule of the configuration '${configuration.name}'; ask ${whom} if you need more.`;
};
