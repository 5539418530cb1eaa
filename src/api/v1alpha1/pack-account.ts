import type { Resourceful } from "../meta.ts";
import type {
  CommonStatus,
  HttpsUrl,
  ObjectName,
  ObjectRef,
  StatusName,
  SubdomainName,
  TakeActions,
  Timestamp,
  UserName,
  ViewData,
} from "./common.ts";
import type { RequestMark } from "./pack-install.ts";

/**
 * A user's account at the service that a pack talks to.
 * @shortName packacc
 * @labelName
 * @printColumn PACK string .spec.packRef.name
 * @printColumn OWNER string .spec.owner
 * @printColumn EXPIRES date .status.expireTime
 * @selectableField .spec.packRef.name
 * @selectableField .spec.owner
 */
export type PackAccount = Resourceful<PackAccountSpec, PackAccountStatus>;

/**
 * The account.
 * @rule !has(self.consume) || !self.consume || has(self.credential.secretRef)
 *   message: `consume` must be set only beside `credential.secretRef`: there is no other Secret to delete
 *   fieldPath: .consume
 */
export type PackAccountSpec = {
  /**
   * The pack.
   * @immutable
   */
  readonly packRef: ObjectRef;
  /**
   * Whose account it is: yours, unless you hold the verb `connect-as` on that name.
   * @immutable
   */
  readonly owner: UserName;
  /**
   * Who else may use it. Absent: only the owner, for actions.
   * @default {}
   */
  readonly access?: AccountAccess;
  /** Where the credential comes from. */
  readonly credential: AccountCredential;
  /** Whether your Secret is deleted once its content is in the vault. */
  readonly consume?: boolean;
  /** The address of your server, where the pack asks for one. */
  readonly endpointURL?: HttpsUrl;
  /**
   * Where it may be used. The install must name the account, too.
   * @listType atomic
   * @maxItems 100
   */
  readonly grants?: readonly AccountGrant[];
};

/**
 * Who may use an account.
 * @rule !has(self.takeActions) || self.takeActions != 'DocMembers' || (has(self.viewData) && self.viewData == 'DocMembers')
 *   message: `takeActions` must be 'Owner' or 'Nobody' unless `viewData` is 'DocMembers'
 *   fieldPath: .takeActions
 */
export type AccountAccess = {
  /**
   * Who may see data that was fetched through it.
   * @default "Nobody"
   */
  readonly viewData?: ViewData;
  /**
   * Who may take actions through it.
   * @default "Owner"
   */
  readonly takeActions?: TakeActions;
};

/**
 * Where a credential comes from.
 * @rule has(self.secretRef) != has(self.oauth2)
 *   message: must have exactly one of `secretRef` and `oauth2`
 */
export type AccountCredential = {
  /** A Secret in this namespace. Its keys depend on the pack's authentication. */
  readonly secretRef?: SecretRef;
  /** Consent at the other service, in the browser. */
  readonly oauth2?: AccountOAuth2;
};

/** A Secret. */
export type SecretRef = {
  /** The name of the Secret. */
  readonly name: SubdomainName;
};

/** Consent in the browser. */
export type AccountOAuth2 = {
  /** The Secret with `clientID` and `clientSecret` of the OAuth application. */
  readonly clientSecretRef: SecretRef;
};

/**
 * Where an account may be used.
 * @rule has(self.docRef) != has(self.installRef)
 *   message: must have exactly one of `docRef` and `installRef`
 */
export type AccountGrant = {
  /** The namespace of the doc or install. Absent: that of the account. */
  readonly namespace?: ObjectName;
  /** A PackDoc. */
  readonly docRef?: ObjectRef;
  /** A PackInstall. */
  readonly installRef?: ObjectRef;
  /** From when on not any more. */
  readonly expireTime?: Timestamp;
};

/** What the controller knows about the account. */
export type PackAccountStatus = CommonStatus & {
  /**
   * How the other service names the account.
   * @maxLength 256
   */
  readonly displayName?: string;
  /**
   * The hosts that the owner agreed to.
   * @listType atomic
   * @maxItems 32
   */
  readonly consentedDomains?: readonly StatusName[];
  /**
   * The hosts that the pack asks for and the owner did not agree to. To agree to these, and to no others, the owner
   * sets the annotation `packs.dev/consent-requested-at` to a new value.
   * @listType atomic
   * @maxItems 32
   */
  readonly missingDomains?: readonly StatusName[];
  /**
   * The scopes that the other service granted.
   * @listType atomic
   * @maxItems 256
   */
  readonly grantedScopes?: readonly StatusScope[];
  /**
   * The scopes that the pack needs and the other service did not grant.
   * @listType atomic
   * @maxItems 256
   */
  readonly missingScopes?: readonly StatusScope[];
  /** When the credential ends. */
  readonly expireTime?: Timestamp;
  /**
   * Where the owner consents.
   * @maxLength 4096
   */
  readonly consentURL?: string;
  /** The value of the annotation `packs.dev/consent-requested-at` that was last acted on. */
  readonly lastHandledConsentAt?: RequestMark;
};

/**
 * A scope, in a status.
 * @maxLength 256
 */
export type StatusScope = string;
