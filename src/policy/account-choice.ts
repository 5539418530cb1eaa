/**
 * Which account a run uses (design: policy, section 4). Nothing that is said to a user depends on private accounts of
 * others: with them and without them every answer is the same.
 */
import type { Reason } from "../api/reasons.ts";
import type { AccountType, Connection, GrantAccount } from "../api/v1alpha1/index.ts";
import { parseTimestamp } from "../lib/clock.ts";
import { enumerate } from "./problem.ts";

export type AccountRequest = {
  /** Who uses the building block. */
  readonly user: string;
  readonly component: string;
  readonly action: boolean;
  readonly connection: Connection;
  /** The account that the caller names, `namespace/name`. */
  readonly chosen: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
};

/** `what` and `fix` are sentences. */
export type AccountProblem = {
  readonly reason: Extract<Reason, "AccountAmbiguous" | "AccountNotAllowed" | "AccountRequired">;
  readonly what: string;
  readonly fix: string;
  /** The field of the configuration that is the cause. */
  readonly rule?: string;
  /** The accounts to choose from. */
  readonly candidates?: readonly string[];
};

/** An account, undefined for none, or why not. */
export type AccountResult =
  | { readonly ok: true; readonly account: GrantAccount | undefined }
  | { readonly ok: false; readonly problem: AccountProblem };

export type AccountChooser = {
  readonly choose: (request: AccountRequest) => AccountResult;
  /** The accounts that the caller may name, whatever he named. */
  readonly choices: (request: AccountRequest) => readonly GrantAccount[];
};

/** Whom an account serves for one kind of use: its owner, everybody in the doc, or, undefined, nobody. */
type Service = AccountType | undefined;

type Known = {
  readonly account: GrantAccount;
  readonly fetch: Service;
  readonly action: Service;
  /** Milliseconds since 1970; from then on it may not be used. */
  readonly ends: number;
};

/** A fetch is served to everybody or to nobody, the owner included: what is fetched is seen by everybody in the doc. */
const fetchService = ({ viewData }: GrantAccount): Service => (viewData === "DocMembers" ? "Shared" : undefined);

/** `DocMembers` beside `viewData: Nobody` is refused by the API; here it serves nobody. */
const actionService = ({ viewData, takeActions }: GrantAccount): Service => {
  if (takeActions === "Owner") return "Private";
  return takeActions === "DocMembers" && viewData === "DocMembers" ? "Shared" : undefined;
};

/** What cannot be read as a time has passed. */
const endOf = ({ expireTime }: GrantAccount): number => {
  if (expireTime === undefined) return Number.POSITIVE_INFINITY;
  try {
    return parseTimestamp(expireTime);
  } catch {
    return Number.NEGATIVE_INFINITY;
  }
};

/** `types`: the types of accounts that may be used; absent: none. */
export const compileAccounts = (
  accounts: readonly GrantAccount[] | undefined,
  types: readonly AccountType[] | undefined,
): AccountChooser => {
  const allowed = new Set(types);
  const known = (accounts ?? []).map(
    (account): Known => ({
      account,
      fetch: fetchService(account),
      action: actionService(account),
      ends: endOf(account),
    }),
  );
  const own = Map.groupBy(known, ({ account }) => account.owner);
  const shared = {
    fetch: known.filter((it) => it.fetch === "Shared"),
    action: known.filter((it) => it.action === "Shared"),
  };
  const mineFor = ({ user }: AccountRequest): readonly Known[] => own.get(user) ?? [];
  const usable = (request: AccountRequest, from: readonly Known[]): readonly Known[] => {
    const use = useOf(request);
    return from.filter((it) => it[use] !== undefined && allowed.has(it[use]) && it.ends > request.now);
  };
  const choices = (request: AccountRequest): readonly Known[] => {
    if (request.connection === "None") return [];
    const others = shared[useOf(request)].filter(({ account }) => account.owner !== request.user);
    return usable(request, [...mineFor(request), ...others]);
  };
  return {
    choose: (request) => {
      if (request.connection === "None") return request.chosen === undefined ? NONE : refuse(notNeeded(request));
      const mine = mineFor(request);
      if (request.chosen !== undefined) {
        const chosen = choices(request).find(({ account }) => account.name === request.chosen);
        return chosen === undefined ? refuse(unusable(request, mine)) : take(chosen);
      }
      const ready = usable(request, mine);
      const candidates = ready.length > 0 ? ready : usable(request, shared[useOf(request)]);
      const [first, second] = candidates;
      if (second !== undefined) return refuse(ambiguous(candidates));
      if (first !== undefined) return take(first);
      return request.connection === "Optional" ? NONE : refuse(absent(request, mine, allowed));
    },
    choices: (request) => choices(request).map(({ account }) => account),
  };
};

const useOf = ({ action }: AccountRequest): "action" | "fetch" => (action ? "action" : "fetch");

const NONE: AccountResult = { ok: true, account: undefined };
const take = ({ account }: Known): AccountResult => ({ ok: true, account });
const refuse = (problem: AccountProblem): AccountResult => ({ ok: false, problem });

const notNeeded = ({ component }: AccountRequest): AccountProblem => ({
  reason: "AccountNotAllowed",
  what: `'${component}' uses no account.`,
  fix: "Name none.",
});

const ambiguous = (usable: readonly Known[]): AccountProblem => {
  const candidates = usable.map(({ account }) => account.name).sort();
  return {
    reason: "AccountAmbiguous",
    what: "Several accounts could be used.",
    fix: `Choose one of ${enumerate(candidates)}.`,
    candidates,
  };
};

/** The same words for an account that does not exist and for one that is private to somebody else. */
const unusable = (request: AccountRequest, mine: readonly Known[]): AccountProblem => {
  const own = mine.find(({ account }) => account.name === request.chosen);
  if (own !== undefined) return whyNotOwn(own, request);
  return {
    reason: "AccountNotAllowed",
    what: `The account that you chose cannot be used for '${request.component}'.`,
    fix: "Use an account of your own, or one that is shared with the doc.",
  };
};

const absent = (request: AccountRequest, mine: readonly Known[], allowed: ReadonlySet<AccountType>): AccountProblem => {
  if (allowed.size === 0) return typesForbid(`'${request.component}' needs an account, and no accounts are allowed.`);
  if (!request.action && !allowed.has("Shared")) {
    return typesForbid(`'${request.component}' needs a shared account, and only private ones are allowed.`);
  }
  const [own] = mine;
  if (own !== undefined) return whyNotOwn(own, request);
  return {
    reason: "AccountRequired",
    what: `'${request.component}' needs an account, and there is none that you may use.`,
    fix: `Connect your own account${settingsFor(request, allowed)}, and let the install name it.`,
  };
};

/** Those that a new account does not have by itself, and that it needs to serve this use. */
const settingsFor = ({ action }: AccountRequest, allowed: ReadonlySet<AccountType>): string => {
  if (!action) return " with `viewData: DocMembers`";
  return allowed.has("Private") ? "" : " with `viewData` and `takeActions` set to 'DocMembers'";
};

const typesForbid = (what: string): AccountProblem => ({
  reason: "AccountNotAllowed",
  what,
  fix: "The configuration must allow that type of account, and the pack must offer it.",
  rule: "spec.accounts.types",
});

const whyNotOwn = ({ account, ends, ...services }: Known, request: AccountRequest): AccountProblem => {
  const service = request.action ? services.action : services.fetch;
  if (service === undefined) {
    return {
      reason: "AccountNotAllowed",
      what: `Your account '${account.name}' does not serve '${request.component}'.`,
      fix: request.action
        ? "Set its `takeActions` to 'Owner', or to 'DocMembers' beside `viewData: DocMembers`."
        : "Set its `viewData` to 'DocMembers': fetched data is seen by everybody in the doc.",
    };
  }
  if (ends <= request.now) {
    return {
      reason: "AccountNotAllowed",
      what: `The time of your account '${account.name}' is over.`,
      fix: "Extend its `expireTime`, or connect it again.",
    };
  }
  return typesForbid(
    `Your account '${account.name}' is ${service.toLowerCase()} for this use, and such accounts are not allowed.`,
  );
};
