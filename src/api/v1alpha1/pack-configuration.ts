import type { Resourceful } from "../meta.ts";
import type {
  AccountType,
  Allow,
  AllowDeny,
  CommonStatus,
  ComponentName,
  Count,
  ExternalDomain,
  Message,
  ObjectRef,
  ReasonWord,
  ScopesPolicy,
  StatusName,
  ValueRule,
} from "./common.ts";

/**
 * An administrator's decision about a pack: who may use it, which parts, how, and in which docs.
 * @shortName packcfg
 * @labelName
 * @printColumn STATE string .spec.state
 * @printColumn PACK string .spec.packRef.name
 * @printColumn SCOPE string .spec.access.scope
 * @printColumn INSTALLS integer .status.installs
 * @printColumn VIOLATIONS integer .status.violations
 * @printColumn MODE string .spec.enforcement
 * @selectableField .spec.packRef.name
 * @selectableField .spec.state
 */
export type PackConfiguration = Resourceful<PackConfigurationSpec, PackConfigurationStatus>;

/**
 * What is decided.
 * @rule has(self.packRef) != has(self.packSelector)
 *   message: must have exactly one of `packRef` and `packSelector`
 * @rule (has(self.state) && self.state != 'Configured') || has(self.access)
 *   message: `access` must say who may use the pack if `state` is 'Configured': `scope: Organization`, or `scope: Subjects` with `subjects`
 *   fieldPath: .access
 * @rule !has(self.access) || !has(self.state) || self.state == 'Configured'
 *   message: `access` must be set only if `state` is 'Configured': 'Approved' admits anyone and 'Denied' nobody
 *   fieldPath: .access
 * @rule !has(self.packSelector) || !has(self.components) || !(has(self.components.formulas) || has(self.components.syncTables))
 *   message: `components` may have only `allow`, `fetches` and `actions` beside `packSelector`, because names differ between packs
 *   fieldPath: .components
 * @rule !has(self.enforcement) || self.enforcement != 'Audit' || !has(self.state) || self.state != 'Denied'
 *   message: `enforcement` must be 'Enforce' if `state` is 'Denied'
 *   fieldPath: .enforcement
 */
export type PackConfigurationSpec = {
  /**
   * The pack that this is about.
   * @immutable
   */
  readonly packRef?: ObjectRef;
  /**
   * All packs whose definitions have these labels.
   * @immutable
   */
  readonly packSelector?: PackSelector;
  /**
   * `Configured`: as written below. `Approved`: anyone may use it, outsiders too. `Denied`: nobody may, whatever else is configured.
   * @default "Configured"
   */
  readonly state?: ConfigurationState;
  /** Who may use the pack. Needed with `Configured`, and only there. */
  readonly access?: ConfigurationAccess;
  /** Which building blocks may be used, and how. Absent: all. */
  readonly components?: ConfigurationComponents;
  /** Which accounts may be used. Absent: all. */
  readonly accounts?: ConfigurationAccounts;
  /** Which OAuth scopes may be used. Absent: all. */
  readonly oauthScopes?: ScopesPolicy;
  /** Which domains a pack may reach to fit. Absent: all. */
  readonly network?: ConfigurationNetwork;
  /** In which docs the pack may be. Absent: all. */
  readonly doc?: ConfigurationDoc;
  /**
   * `Enforce`: it counts. `Audit`: it is only reported what it would refuse or uninstall.
   * @default "Enforce"
   */
  readonly enforcement?: Enforcement;
  /**
   * How long a revoked pack waits before it is uninstalled, in seconds.
   * @integer int64
   * @minimum 0
   * @maximum 604800
   * @default 0
   */
  readonly gracePeriodSeconds?: number;
};

/** What an administrator decided about a pack. */
export type ConfigurationState = "Configured" | "Approved" | "Denied";

/** Whether a configuration counts or is only tried. */
export type Enforcement = "Enforce" | "Audit";

/** Packs by the labels of their definitions. */
export type PackSelector = {
  /**
   * All of these labels, with these values.
   * @minProperties 1
   * @maxProperties 8
   */
  readonly matchLabels: Readonly<Record<string, LabelValue>>;
};

/**
 * The value of a label.
 * @maxLength 63
 * @pattern ^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$
 *   message: must be a label value: at most 63 letters, digits, '-', '_' or '.', starting and ending with a letter or digit
 */
export type LabelValue = string;

/** Who may use the pack. */
export type ConfigurationAccess = {
  /** `Organization`: every member. `Subjects`: those in `subjects` only, provided they are members. */
  readonly scope: AccessScope;
  /**
   * Users and groups. With `scope: Subjects` and no list: nobody.
   * @listType map
   * @listMapKey kind
   * @listMapKey name
   * @maxItems 1000
   * @onlyWhen scope=Subjects
   */
  readonly subjects?: readonly Subject[];
};

/** Whether all members or named subjects have access. */
export type AccessScope = "Organization" | "Subjects";

/** A user or group. */
export type Subject = {
  /** What the name is of. */
  readonly kind: "User" | "Group";
  /**
   * The user as `kubectl auth whoami` shows him, or the group as its PackGroup names it.
   * @minLength 1
   * @maxLength 512
   * @pattern ^\S(.*\S)?$
   *   message: must be the user or group name exactly, without spaces around it
   */
  readonly name: string;
};

/** Which building blocks may be used. */
export type ConfigurationComponents = {
  /** `All` for everything, `Listed` for only what the fields below enable. */
  readonly allow: Allow;
  /**
   * Building blocks that only read: allow all, or deny all.
   * @onlyWhen allow=Listed
   */
  readonly fetches?: AllowDeny;
  /**
   * Building blocks that change something: allow all, or deny all.
   * @onlyWhen allow=Listed
   */
  readonly actions?: AllowDeny;
  /**
   * Single formulas to enable, each with rules for its parameters.
   * @listType map
   * @listMapKey name
   * @maxItems 100
   * @onlyWhen allow=Listed
   */
  readonly formulas?: readonly FormulaDirective[];
  /**
   * Single sync tables to enable, each with rules for its parameters.
   * @listType map
   * @listMapKey name
   * @maxItems 100
   * @onlyWhen allow=Listed
   */
  readonly syncTables?: readonly SyncTableDirective[];
};

/** A formula that is enabled. */
export type FormulaDirective = {
  /** The formula. */
  readonly name: ComponentName;
  /**
   * What may be written in its parameters. A parameter with a rule must be given.
   * @listType map
   * @listMapKey name
   * @minItems 1
   * @maxItems 32
   */
  readonly parameters?: readonly ParameterRule[];
};

/** A sync table that is enabled. */
export type SyncTableDirective = {
  /** The sync table. */
  readonly name: ComponentName;
  /**
   * What may be written in its parameters. A parameter with a rule must be given.
   * @listType map
   * @listMapKey name
   * @minItems 1
   * @maxItems 32
   */
  readonly parameters?: readonly ParameterRule[];
  /** Which data sets of a dynamic table may be chosen, by their normalised URL. */
  readonly dynamicURL?: ValueRule;
  /** Whether rows may be changed. Absent: not, unless `actions` allows it. */
  readonly update?: AllowDeny;
};

/** A rule for one parameter. */
export type ParameterRule = {
  /** The parameter. */
  readonly name: ComponentName;
  /** What may be written in it. */
  readonly rule: ValueRule;
};

/** Which accounts may be used. */
export type ConfigurationAccounts = {
  /** `All` for every account, `Listed` for those of `types` only. */
  readonly allow: Allow;
  /**
   * The types of accounts that may be used.
   * @listType set
   * @maxItems 2
   * @onlyWhen allow=Listed
   */
  readonly types?: readonly AccountType[];
};

/** Which domains a pack may reach to fit. */
export type ConfigurationNetwork = {
  /** `All` for any domain, `Listed` for those under `allowedDomains` only. */
  readonly allow: Allow;
  /**
   * The pack fits only if each of its effective domains equals or lies under one of these.
   * @listType set
   * @maxItems 64
   * @onlyWhen allow=Listed
   */
  readonly allowedDomains?: readonly ExternalDomain[];
};

/** In which docs the pack may be. */
export type ConfigurationDoc = {
  /** Rules about docs and whom they are shared with. */
  readonly sharing: ConfigurationSharing;
};

/** Rules about docs. */
export type ConfigurationSharing = {
  /** `All` for any doc, `Listed` for `allowedDocs` only. */
  readonly allow: Allow;
  /**
   * The docs: `namespace/name` of a PackDoc, its id or its URL; the name of a namespace that is used as a doc.
   * @listType set
   * @maxItems 500
   * @onlyWhen allow=Listed
   */
  readonly allowedDocs?: readonly DocDesignation[];
  /** Whether everybody whom the doc is shared with must have access to this configuration. */
  readonly enforcePackConfigurationPermissions?: boolean;
};

/**
 * A doc: `namespace/name`, an id or a URL.
 * @minLength 1
 * @maxLength 1024
 * @pattern ^\S+$
 *   message: must be 'namespace/name' of a PackDoc, its id or its URL, or the name of a namespace; without spaces
 */
export type DocDesignation = string;

/** What the controller knows about the configuration. */
export type PackConfigurationStatus = CommonStatus & {
  /**
   * Who may do what, in one line.
   * @maxLength 512
   */
  readonly summary?: string;
  /** How many installs are bound to it. */
  readonly installs?: Count;
  /** For how many installs an audit would have refused or uninstalled the pack. */
  readonly violations?: Count;
  /**
   * Some of those installs.
   * @listType atomic
   * @maxItems 50
   */
  readonly violating?: readonly Violation[];
};

/** An install that an audit would have refused or uninstalled. */
export type Violation = {
  /** Its namespace. */
  readonly namespace: StatusName;
  /** Its name. */
  readonly name: StatusName;
  /** Why, in one word. */
  readonly reason: ReasonWord;
  /** Why, in a sentence. */
  readonly message?: Message;
};
