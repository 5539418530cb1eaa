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
import { type AccountChooser, type AccountProblem, type AccountRequest, compileAccounts } from "./account-choice.ts";
import { matchHost } from "./host.ts";
import {
  compileInputs,
  type Delivered,
  type InputProblem,
  type InputReader,
  notReadable,
  quoted,
  type Restriction,
} from "./inputs.ts";
import { enumerate } from "./problem.ts";
import { type AccessProblem, compileAccess, type GroupView } from "./user-access.ts";

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
  /** Why what was sent is not strict JSON, as `readJson` says it ("must ..."); then it gives no inputs. */
  readonly unreadable?: string;
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

/** A grant, prepared. Building blocks are prepared when they are first asked for. */
export const compileGrant = (grant: PackGrantSpec): Decider => {
  const open = openGrant(grant);
  if (isDraft(open)) {
    const denial = deny(grant, open);
    return () => denial;
  }
  const { limits } = open;
  return (request, groups, now) => {
    const refusal = open.admit(request, groups);
    if (refusal !== undefined) return deny(grant, refusal);
    const prepared = open.find(request.component);
    if (prepared === undefined) return deny(grant, componentUnknown(request.component));
    const decision = decideUse(prepared, open.accounts, request, now);
    return isDraft(decision) ? deny(grant, decision) : { allowed: true, limits, ...decision };
  };
};

/** What can be asked before there are inputs. */
export type Question = Pick<InvocationRequest, "account" | "caller" | "mayInvoke" | "user"> & {
  /** Only this building block; absent: all that the grant has. */
  readonly component?: InvocationRequest["component"];
};

/** How a building block can be invoked. */
export type Usable = {
  readonly allowed: true;
  /** The account that is used if none is named. Absent while there are `accounts`: one of them must be named. */
  readonly account?: string;
  /** The accounts that may be named. */
  readonly accounts: readonly string[];
  /** The inputs that must be given, and how they are restricted. */
  readonly restrictions: readonly (Restriction & {
    /** The field of the configuration that restricts it. */
    readonly rule: string;
  })[];
};

export type ComponentAnswer = Pick<GrantComponent, "kind" | "name" | "action"> & (Denial | Usable);

/** One answer for each building block, in the order of the grant; or why the user may use none. */
export type Answer = Denial | { readonly allowed: true; readonly components: readonly ComponentAnswer[] };

/**
 * Which building blocks this user can invoke, before he has inputs. What is refused here, {@link decide} refuses with
 * every input and every account. What is allowed here, it allows with inputs that are within the restrictions and with an
 * account that is named here. `now`: milliseconds since 1970. Pure; never throws.
 */
export const check = (grant: PackGrantSpec, question: Question, groups: GroupView, now: number): Answer => {
  const open = openGrant(grant);
  if (isDraft(open)) return deny(grant, open);
  const refusal = open.admit(question, groups);
  if (refusal !== undefined) return deny(grant, refusal);
  const answer = (prepared: Prepared): ComponentAnswer => {
    const { kind, name, action } = prepared.component;
    const use = checkUse(prepared, open.accounts, question, now);
    return { kind, name, action, ...(isDraft(use) ? deny(grant, use) : use) };
  };
  if (question.component === undefined) return { allowed: true, components: open.all().map(answer) };
  const prepared = open.find(question.component);
  if (prepared === undefined) return deny(grant, componentUnknown(question.component));
  return { allowed: true, components: [answer(prepared)] };
};

/** A denial before it is signed by whose decision it is. */
type Draft = {
  readonly reason: DenialReason;
  readonly what: string;
  readonly fix: string;
  readonly rule?: string;
  readonly candidates?: readonly string[];
};

const isDraft = (value: object): value is Draft => "reason" in value;

type OpenGrant = {
  readonly limits: GrantLimits;
  /** Why the caller may use nothing for this user. */
  readonly admit: (asked: Question, groups: GroupView) => Draft | undefined;
  readonly accounts: AccountChooser;
  readonly find: (wanted: InvocationRequest["component"]) => Prepared | undefined;
  readonly all: () => readonly Prepared[];
};

const openGrant = (grant: PackGrantSpec): Draft | OpenGrant => {
  const { limits } = grant;
  if (grant.state !== "Active" || limits === undefined) return notActive(grant);
  const checkAccess = compileAccess(grant.access, grant.audience);
  const components = new Map((grant.components ?? []).map((component) => [keyOf(component), component]));
  const prepared = new Map<string, Prepared>();
  const find = (wanted: InvocationRequest["component"]): Prepared | undefined => {
    const key = keyOf(wanted);
    const known = prepared.get(key);
    if (known !== undefined) return known;
    const component = components.get(key);
    if (component === undefined) return undefined;
    const fresh = prepare(component, grant);
    prepared.set(key, fresh);
    return fresh;
  };
  return {
    limits,
    admit: (asked, groups) => (asked.mayInvoke ? checkAccess(asked.user, groups) : callerNotAllowed(asked)),
    accounts: compileAccounts(grant.accounts, grant.accountTypes),
    find,
    all: () => [...components.values()].flatMap((component) => find(component) ?? []),
  };
};

type Prepared = {
  readonly component: GrantComponent;
  readonly inputs: InputReader;
  readonly hosts: readonly GrantHost[];
  /** Why nobody can use it, whatever he gives it. */
  readonly disabled?: Draft;
  /** Why it cannot be used with an account. */
  readonly scopes?: Draft;
  readonly stranded?: Draft;
};

/** The order is the order in which people can do something about it. */
const decideUse = (
  prepared: Prepared,
  accounts: AccountChooser,
  request: InvocationRequest,
  now: number,
): Omit<Permission, "allowed" | "limits"> | Draft => {
  const { component, disabled, hosts, inputs } = prepared;
  if (disabled !== undefined) return disabled;
  if (request.unreadable !== undefined) return notReadable(request.unreadable);
  const input = inputs.read(request.parameters, request.dynamicURL);
  if (!input.ok) return restrictedBy(component, input.problem);
  const use = resolveAccount(prepared, accounts, accountRequest(component, request, now));
  if (isDraft(use)) return use;
  return { component, ...input.inputs, ...use, hosts };
};

/** The same, but for the inputs: there it counts only whether any could pass. */
const checkUse = (prepared: Prepared, accounts: AccountChooser, question: Question, now: number): Draft | Usable => {
  const { component, disabled, inputs } = prepared;
  if (disabled !== undefined) return disabled;
  if (inputs.hopeless !== undefined) return restrictedBy(component, inputs.hopeless);
  const request = accountRequest(component, question, now);
  const use = resolveAccount(prepared, accounts, request);
  const choices = accounts
    .choices(request)
    .filter(({ name }) => request.chosen === undefined || name === request.chosen)
    .filter((account) => accountProblem(prepared, account, request.user) === undefined);
  if (isDraft(use) && choices.length === 0) return use;
  return {
    allowed: true,
    ...(isDraft(use) || use.account === undefined ? {} : { account: use.account.name }),
    accounts: choices.map(({ name }) => name).sort(),
    restrictions: inputs.restrictions.map((it) => ({ ...it, rule: ruleFor(component, it.restricted) })),
  };
};

const accountRequest = (
  { action, connection, name }: GrantComponent,
  { account, user }: Question,
  now: number,
): AccountRequest => ({ user, component: name, action, connection, chosen: account, now });

const resolveAccount = (
  prepared: Prepared,
  accounts: AccountChooser,
  request: AccountRequest,
): Draft | { readonly account?: GrantAccount } => {
  const choice = accounts.choose(request);
  if (!choice.ok) return choice.problem;
  const { account } = choice;
  return accountProblem(prepared, account, request.user) ?? (account === undefined ? {} : { account });
};

const accountProblem = (
  { component, scopes, stranded }: Prepared,
  account: GrantAccount | undefined,
  user: string,
): Draft | undefined => scopes ?? consentProblem(component, account, user) ?? stranded;

const keyOf = ({ kind, name }: InvocationRequest["component"]): string => `${kind}/${name}`;

const prepare = (component: GrantComponent, grant: PackGrantSpec): Prepared => {
  const hosts = reachOf(component, grant.hosts ?? []);
  const disabled = component.enabled ? undefined : componentDisabled(component);
  const scopes = scopesProblem(component, grant);
  const stranded = component.hosts !== undefined && hosts.length === 0 ? hostNotAllowed(component) : undefined;
  return {
    component,
    inputs: compileInputs(component),
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

const callerNotAllowed = ({ caller, user }: Question): Draft => ({
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

const componentUnknown = ({ kind, name }: InvocationRequest["component"]): Draft => ({
  reason: "ComponentUnknown",
  what: `The pack has no ${KIND_TEXT[kind] ?? "building block"} ${quoted(name)}.`,
  fix: REASONS.ComponentUnknown.advice,
});

const KIND_TEXT: Readonly<Record<ComponentKind, string>> = {
  Formula: "formula",
  SyncTable: "sync table",
  SyncTableUpdate: "writable sync table",
  ColumnFormat: "column format",
};

/** The field of the configuration that switched a component off; for a table's update it is that of its entry. */
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
  const { text, advice } = REASONS[isDisabledBy(reason) ? reason : "ComponentDisabled"];
  return {
    reason: "ComponentDisabled",
    what: `'${name}' is switched off. ${text}`,
    fix: advice,
    rule: disabledBy(name, reason),
  };
};

/** The field of the configuration that switched a component off for this reason. */
export const disabledBy = (name: string, reason: string): string => {
  if (reason === "UpdateNotAllowed") return `${DISABLED_BY[reason]}[${name}].update`;
  return isDisabledBy(reason) ? DISABLED_BY[reason] : "spec.components";
};

const isDisabledBy = (reason: string): reason is keyof typeof DISABLED_BY => Object.hasOwn(DISABLED_BY, reason);

const hostNotAllowed = ({ name }: GrantComponent): Draft => ({
  reason: "HostNotAllowed",
  what: `'${name}' works only with hosts that the pack may not reach at present.`,
  fix: "The pack's definition must declare their domains, and a reviewer approve them where that is needed.",
});

const restrictedBy = (component: GrantComponent, { restricted, ...problem }: InputProblem): Draft =>
  restricted === undefined ? problem : { ...problem, rule: ruleFor(component, restricted) };

/** The field of the configuration that restricts an input. The rules of a column format are those of its formula, which the grant does not name. */
export const ruleFor = ({ kind, name }: GrantComponent, restricted: string): string => {
  if (kind === "ColumnFormat") return DISABLED_BY.FormulaDisabled;
  return `spec.components.${kind === "Formula" ? "formulas" : "syncTables"}[${name}].${restricted}`;
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
