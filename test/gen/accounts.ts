/** Builders of accounts for tests, in the manner of `objects.ts`. */
import { API_VERSION } from "../../src/api/kinds.ts";
import { ANNOTATION } from "../../src/api/names.ts";
import type {
  AccountAccess,
  AccountGrant,
  PackAccount,
  PackAccountSpec,
  PackAccountStatus,
  PackInstall,
} from "../../src/api/v1alpha1/index.ts";
import type { AccountFacts } from "../../src/policy/account-consent.ts";
import { ANN, type Change, changed } from "./objects.ts";

type AccountChange = Change<PackAccount>;

/** Of the pack `crm` in the namespace `team`, {@link ANN}'s, private; shared with no install yet, and not looked at. */
export const packAccount = (name: string, ...changes: readonly AccountChange[]): PackAccount =>
  changed<PackAccount>(
    {
      apiVersion: API_VERSION,
      kind: "PackAccount",
      metadata: { name, namespace: "team", uid: `uid-of-account-${name}`, generation: 1 },
      spec: { packRef: { name: "crm" }, owner: ANN, credential: { secretRef: { name: "token" } } },
    },
    ...changes,
  );

export const connectedBy =
  (spec: Partial<PackAccountSpec>): AccountChange =>
  (account) => ({ ...account, spec: { ...account.spec, ...spec } });

export const ownedBy = (owner: string): AccountChange => connectedBy({ owner });

export const usable = (
  viewData: NonNullable<AccountAccess["viewData"]>,
  takeActions: NonNullable<AccountAccess["takeActions"]>,
): AccountChange => connectedBy({ access: { viewData, takeActions } });

export const sharedWith = (...grants: readonly AccountGrant[]): AccountChange => connectedBy({ grants });

export const knownAs =
  (status: Partial<PackAccountStatus>): AccountChange =>
  (account) => ({ ...account, status: { ...account.status, ...status } });

/** Accepted at the generation that it has now, when its owner agreed to these hosts. */
export const consentingTo =
  (...consentedDomains: readonly string[]): AccountChange =>
  (account) =>
    knownAs({
      consentedDomains,
      observedGeneration: account.metadata.generation ?? 0,
      conditions: [
        {
          type: "Accepted",
          status: "True",
          reason: "Accepted",
          message: "Every check is passed.",
          lastTransitionTime: "2026-01-02T11:00:00Z",
          observedGeneration: account.metadata.generation ?? 0,
        },
      ],
    })(account);

export const agreeing =
  (mark: string): AccountChange =>
  (account) => ({
    ...account,
    metadata: {
      ...account.metadata,
      annotations: { ...account.metadata.annotations, [ANNOTATION.consentRequestedAt]: mark },
    },
  });

/** Keys: `name`, or `namespace/name`. */
export const naming =
  (...accounts: readonly string[]): Change<PackInstall> =>
  (install) => ({
    ...install,
    spec: {
      ...install.spec,
      accountRefs: accounts.map((key) => {
        const [namespace = "", name] = key.split("/");
        return name === undefined ? { name: namespace } : { namespace, name };
      }),
    },
  });

/** What is in effect of a definition that reaches these domains. */
export const inEffect = (...effectiveDomains: readonly string[]): AccountFacts => ({
  problem: undefined,
  effectiveDomains: [...effectiveDomains].sort(),
  withheldFrom: [],
});
