import type { Resourceful } from "../meta.ts";
import type {
  AccountType,
  Allow,
  AuthenticationType,
  CommonStatus,
  ComponentKind,
  Connection,
  Isolation,
  Message,
  ReasonWord,
  StatusName,
  TakeActions,
  Timestamp,
  Uid,
  ValueType,
  ViewData,
} from "./common.ts";
import type { StatusScope } from "./pack-account.ts";
import type { AccessScope, ConfigurationState } from "./pack-configuration.ts";
import type { SubjectName } from "./pack-doc.ts";
import type { Contact } from "./pack-install.ts";
import type { Membership } from "./pack-organization.ts";

/**
 * What one install may do right now. Compiled and written by the controller only; what is absent is denied.
 * @shortName packgrant
 * @printColumn READY string .spec.state
 * @printColumn REASON string .spec.reason
 * @printColumn PACK string .spec.pack
 * @printColumn NAMESPACE string .spec.install.namespace
 * @printColumn INSTALL string .spec.install.name
 * @printColumn CONFIG string .spec.configuration.name
 */
export type PackGrant = Resourceful<PackGrantSpec, PackGrantStatus>;

/**
 * The grant. All but `install`, `pack` and `state` is absent in a revoked one.
 * @rule self.state != 'Active' || (has(self.access) && has(self.audience) && has(self.limits) && has(self.configuration))
 *   message: an active grant must have `access`, `audience`, `limits` and `configuration`
 */
export type PackGrantSpec = {
  /** The install that it is for. */
  readonly install: GrantInstall;
  /** The pack. */
  readonly pack: StatusName;
  /** `Active`: as written. `Suspended`: nothing now, but it may come back. `Revoked`: nothing any more. */
  readonly state: GrantState;
  /** Why it is not active, in one word. */
  readonly reason?: ReasonWord;
  /** Why it is not active, in a sentence. */
  readonly message?: Message;
  /**
   * The domains that may be reached.
   * @listType atomic
   * @maxItems 32
   */
  readonly hosts?: readonly GrantHost[];
  /**
   * The building blocks. One that is not here cannot be called.
   * @listType atomic
   * @maxItems 350
   */
  readonly components?: readonly GrantComponent[];
  /** Who may use it. */
  readonly access?: GrantAccess;
  /**
   * The accounts that may be used.
   * @listType atomic
   * @maxItems 200
   */
  readonly accounts?: readonly GrantAccount[];
  /** The OAuth scopes that may be used. Absent: none. */
  readonly allowedScopes?: GrantScopes;
  /**
   * The types of accounts that may be used. Absent: none.
   * @listType atomic
   * @maxItems 2
   */
  readonly accountTypes?: readonly AccountType[];
  /** Who is in the doc. */
  readonly audience?: GrantAudience;
  /** How much one run may take. */
  readonly limits?: GrantLimits;
  /** Whose decision this is. */
  readonly configuration?: GrantConfiguration;
};

/** Which OAuth scopes may be used. */
export type GrantScopes = {
  /** `All` for every scope of the pack, `Listed` for those in `allowed` only. */
  readonly allow: Allow;
  /**
   * The scopes that may be used.
   * @listType atomic
   * @maxItems 64
   */
  readonly allowed?: readonly StatusScope[];
};

/** Whether a grant is in force. */
export type GrantState = "Active" | "Revoked" | "Suspended";

/** The install of a grant. */
export type GrantInstall = {
  /** Its namespace. */
  readonly namespace: StatusName;
  /** Its name. */
  readonly name: StatusName;
  /** Its UID. */
  readonly uid: Uid;
};

/** A domain that may be reached. */
export type GrantHost = {
  /** The domain; it covers its sub-domains. */
  readonly domain: StatusName;
  /** Whose credential is sent there. */
  readonly auth: HostAuth;
};

/** Whose credential is sent to a domain: nobody's, the user's account, the organization's own, or either. */
export type HostAuth = "None" | "User" | "System" | "UserAndSystem";

/** A building block of a grant. */
export type GrantComponent = {
  /** What sort it is. */
  readonly kind: ComponentKind;
  /**
   * Its name.
   * @maxLength 50
   */
  readonly name: string;
  /** Whether it changes something at the other service. */
  readonly action: boolean;
  /** Whether it needs the user's account. */
  readonly connection: Connection;
  /**
   * The scopes that it needs.
   * @listType atomic
   * @maxItems 80
   */
  readonly scopes?: readonly StatusScope[];
  /**
   * Only these hosts. Absent: all of the grant's.
   * @listType atomic
   * @maxItems 32
   */
  readonly hosts?: readonly StatusName[];
  /**
   * Its parameters. No other is delivered.
   * @listType atomic
   * @maxItems 32
   */
  readonly parameters?: readonly GrantParameter[];
  /**
   * What may be written in them.
   * @listType atomic
   * @maxItems 32
   */
  readonly rules?: readonly GrantParameterRule[];
  /** Whether it is a table of which the user chooses the data set by a URL. */
  readonly dynamic?: boolean;
  /** Which data sets of a dynamic table may be chosen. */
  readonly dynamicURL?: GrantValueRule;
  /** Whether it can be used. */
  readonly enabled: boolean;
  /** Why not. */
  readonly reason?: ReasonWord;
};

/** A parameter in a grant. */
export type GrantParameter = {
  /**
   * Its name.
   * @maxLength 50
   */
  readonly name: string;
  /** What may be written in it. */
  readonly type: ValueType;
  /** Whether it may be left out. */
  readonly optional?: boolean;
  /** Whether it may be given several times. */
  readonly variadic?: boolean;
};

/** A rule for one parameter, in a grant. */
export type GrantParameterRule = {
  /**
   * The parameter.
   * @maxLength 50
   */
  readonly name: string;
  /** What may be written in it. */
  readonly rule: GrantValueRule;
};

/** What may be written: exactly one of `values`, `pattern`, `minimum` and/or `maximum`, `prefix`. */
export type GrantValueRule = {
  /**
   * These values.
   * @listType atomic
   * @maxItems 100
   */
  readonly values?: readonly GrantText[];
  /** What matches this as a whole. */
  readonly pattern?: GrantText;
  /** No number below this. */
  readonly minimum?: GrantText;
  /** No number above this. */
  readonly maximum?: GrantText;
  /** URLs that start with this. */
  readonly prefix?: GrantText;
};

/**
 * Text of a rule.
 * @maxLength 256
 */
export type GrantText = string;

/** Who may use a pack. */
export type GrantAccess = {
  /** What the administrator decided. */
  readonly state: ConfigurationState;
  /** Whether all members or only those listed have access. */
  readonly scope: AccessScope;
  /** Who is a member. */
  readonly members: Membership;
  /**
   * These users.
   * @listType atomic
   * @maxItems 1000
   */
  readonly users?: readonly SubjectName[];
  /**
   * The members of these groups.
   * @listType atomic
   * @maxItems 1000
   */
  readonly groups?: readonly SubjectName[];
  /**
   * The organization's mail domains.
   * @listType atomic
   * @maxItems 200
   */
  readonly ownedDomains?: readonly StatusName[];
};

/** An account that may be used. */
export type GrantAccount = {
  /** Its name: `namespace/name`. */
  readonly name: AccountKey;
  /** Whose it is. */
  readonly owner: SubjectName;
  /** Who may see data that was fetched through it. */
  readonly viewData: ViewData;
  /** Who may take actions through it. */
  readonly takeActions: TakeActions;
  /** The vaulted Secret in packs-system. */
  readonly secret: StatusName;
  /**
   * The hosts that its credential may go to.
   * @listType atomic
   * @maxItems 32
   */
  readonly boundHosts?: readonly StatusName[];
  /** Where in a request the credential is put. */
  readonly placement: CredentialPlacement;
  /**
   * The scopes that the other service granted.
   * @listType atomic
   * @maxItems 256
   */
  readonly grantedScopes?: readonly StatusScope[];
  /** From when on it may not be used any more. */
  readonly expireTime?: Timestamp;
};

/**
 * An account: `namespace/name`.
 * @maxLength 320
 */
export type AccountKey = string;

/** Where in a request a credential is put. */
export type CredentialPlacement = {
  /** The way of authenticating. */
  readonly type: AuthenticationType;
  /**
   * Headers that carry a token.
   * @listType atomic
   * @maxItems 8
   */
  readonly headers?: readonly HeaderPlacement[];
  /**
   * Query parameters or placeholders that carry a token.
   * @listType atomic
   * @maxItems 8
   */
  readonly params?: readonly PlacementName[];
  /** The AWS service that requests are signed for. */
  readonly service?: PlacementName;
};

/** A header that carries a token. */
export type HeaderPlacement = {
  /** The header. */
  readonly name: PlacementName;
  /**
   * What comes before the token.
   * @maxLength 32
   */
  readonly prefix?: string;
};

/**
 * The name of a header, parameter or service.
 * @maxLength 64
 */
export type PlacementName = string;

/** Who is in the doc. */
export type GrantAudience = {
  /**
   * These users.
   * @listType atomic
   * @maxItems 5000
   */
  readonly users?: readonly SubjectName[];
  /**
   * The members of these groups.
   * @listType atomic
   * @maxItems 5000
   */
  readonly groups?: readonly SubjectName[];
  /**
   * Everybody of these mail domains.
   * @listType atomic
   * @maxItems 5000
   */
  readonly domains?: readonly StatusName[];
  /** Anyone whom Kubernetes lets invoke. */
  readonly anyone?: boolean;
};

/** How much one run may take. */
export type GrantLimits = {
  /**
   * Seconds.
   * @integer int64
   * @minimum 1
   * @maximum 300
   */
  readonly timeoutSeconds: number;
  /**
   * Bytes of one response.
   * @integer int64
   * @minimum 1024
   * @maximum 104857600
   */
  readonly maxResponseBytes: number;
  /**
   * Runs at a time.
   * @integer int64
   * @minimum 1
   * @maximum 64
   */
  readonly maxConcurrentRuns: number;
  /** Whether each user gets a process of his own, or each run. */
  readonly isolation: Isolation;
};

/** Whose decision a grant is. */
export type GrantConfiguration = {
  /** The configuration; `(allow all)` if it is the organization's default access. */
  readonly name: StatusName;
  /** Whom to ask. */
  readonly contact?: Contact;
};

/** A grant's status. Nobody needs it: `spec.state` says all. */
export type PackGrantStatus = CommonStatus;
