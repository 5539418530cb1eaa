import type { Resourceful } from "../meta.ts";
import type {
  CommonStatus,
  ComponentKind,
  Generation,
  Message,
  ObjectName,
  ObjectRef,
  ReasonWord,
  StatusName,
  Timestamp,
  Uid,
  UserName,
} from "./common.ts";

/**
 * One pack in one doc. Without `docRef` the namespace is the doc.
 * @shortName packinst
 * @labelName
 * @printColumn PACK string .spec.packRef.name
 * @printColumn CONFIG string .status.boundConfiguration.name
 * @printColumn INSTALLER string .spec.installer
 * @printColumn DOC string .spec.docRef.name
 * @selectableField .spec.packRef.name
 * @selectableField .spec.configurationRef.name
 * @selectableField .spec.docRef.name
 * @selectableField .spec.installer
 * @selectableField .status.boundConfiguration.name
 * @rule !(has(oldSelf.status) && has(oldSelf.status.conditions) && oldSelf.status.conditions.exists(c, c.type == 'Installed' && c.status == 'True'))
 *   || (has(self.spec.configurationRef) == has(oldSelf.spec.configurationRef) && (!has(self.spec.configurationRef) || self.spec.configurationRef.name == oldSelf.spec.configurationRef.name))
 *   || (has(self.spec.configurationRef) && has(oldSelf.status.boundConfiguration) && self.spec.configurationRef.name == oldSelf.status.boundConfiguration.name)
 *   message: `configurationRef` must not be changed while the pack is installed; delete the install and create it again
 *   fieldPath: .spec.configurationRef
 *   reason: FieldValueForbidden
 */
export type PackInstall = Resourceful<PackInstallSpec, PackInstallStatus>;

/** What is to be installed, for whom. */
export type PackInstallSpec = {
  /**
   * The pack.
   * @immutable
   */
  readonly packRef: ObjectRef;
  /** The configuration to bind. Absent: the only one that the installer has access to. Fixed while installed. */
  readonly configurationRef?: ObjectRef;
  /**
   * The PackDoc in this namespace. Absent: the namespace itself is the doc.
   * @immutable
   */
  readonly docRef?: ObjectRef;
  /**
   * Who installs: you, unless you hold the verb `install-as` on that name.
   * @immutable
   */
  readonly installer: UserName;
  /**
   * Accounts that may be used here. The account must name this install or doc, too.
   * @listType atomic
   * @maxItems 32
   * @rule self.all(x, self.exists_one(y, x == y))
   *   message: each account must be named once; remove the repetition
   */
  readonly accountRefs?: readonly AccountRef[];
  /** Whether the pack rests: it stays installed, but nothing runs. */
  readonly suspend?: boolean;
};

/** An account. */
export type AccountRef = {
  /** Its namespace. Absent: that of the install. */
  readonly namespace?: ObjectName;
  /** Its name. */
  readonly name: ObjectName;
};

/** What the controller knows about the install. */
export type PackInstallStatus = CommonStatus & {
  /** The configuration that governs this install. */
  readonly boundConfiguration?: BoundConfiguration;
  /**
   * Configurations to choose from with `configurationRef`.
   * @listType atomic
   * @maxItems 32
   */
  readonly candidates?: readonly StatusName[];
  /**
   * Every building block, and whether it can be used.
   * @listType atomic
   * @maxItems 350
   */
  readonly components?: readonly ComponentState[];
  /**
   * The domains that this install can reach now.
   * @listType atomic
   * @maxItems 32
   */
  readonly hosts?: readonly StatusName[];
  /** The objects that were made for it. */
  readonly sandbox?: SandboxObjects;
  /**
   * The folders above the doc, nearest first, when the pack last fitted.
   * @listType atomic
   * @maxItems 16
   */
  readonly folders?: readonly StatusName[];
  /**
   * The configurations on trial that would have refused or uninstalled the pack.
   * @listType atomic
   * @maxItems 32
   */
  readonly trials?: readonly TrialFinding[];
  /** Only while an uninstall waits for its grace period: nothing runs, and it can still be averted. */
  readonly pendingUninstall?: PendingUninstall;
  /** Only after an uninstall: when and why. */
  readonly uninstalled?: Uninstalled;
  /**
   * What happened before, newest first.
   * @listType atomic
   * @maxItems 10
   */
  readonly history?: readonly HistoryEntry[];
  /** The value of the annotation `packs.dev/reconcile-requested-at` that was last acted on. */
  readonly lastHandledReconcileAt?: RequestMark;
  /** The value of the annotation `packs.dev/reinstall-requested-at` that was last acted on. */
  readonly lastHandledReinstallAt?: RequestMark;
};

/**
 * The value of a request annotation.
 * @maxLength 256
 */
export type RequestMark = string;

/**
 * Whom to ask.
 * @maxLength 512
 */
export type Contact = string;

/** What is needed of the bound configuration, even after it is gone. */
export type BoundConfiguration = {
  /** Its name; `(allow all)` if it is the organization's default access. */
  readonly name: StatusName;
  /** Its UID. */
  readonly uid?: Uid;
  /** Its generation when it was last looked at. */
  readonly generation?: Generation;
  /**
   * How long an uninstall waits, in seconds.
   * @integer int64
   * @minimum 0
   * @maximum 604800
   */
  readonly gracePeriodSeconds?: number;
  /** Whether it is the organization's default access rather than a PackConfiguration. */
  readonly builtIn?: boolean;
  /** The PackRequest through which the default access is bound; absent where the organization grants it to members. */
  readonly request?: BoundRequest;
};

/** The approved request that admitted an install. */
export type BoundRequest = {
  /** Its namespace. */
  readonly namespace: StatusName;
  /** Its name. */
  readonly name: StatusName;
  /** Its UID. */
  readonly uid: Uid;
};

/** What a configuration on trial would have done. */
export type TrialFinding = {
  /** The configuration with `enforcement: Audit`. */
  readonly configuration: StatusName;
  /** Why, in one word. */
  readonly reason: ReasonWord;
  /** Why, in a sentence. */
  readonly message: Message;
};

/** Whether one building block can be used. */
export type ComponentState = {
  /** What sort it is. */
  readonly kind: ComponentKind;
  /**
   * Its name.
   * @maxLength 50
   */
  readonly name: string;
  /** Whether it can be used. */
  readonly state: "Enabled" | "Disabled";
  /** Why not. */
  readonly reason?: ReasonWord;
};

/** The objects of one install. */
export type SandboxObjects = {
  /** The namespace of pod and policy. */
  readonly namespace?: StatusName;
  /** The pod. */
  readonly pod?: StatusName;
  /** The NetworkPolicy. */
  readonly networkPolicy?: StatusName;
  /** The PackGrant in packs-system. */
  readonly grant?: StatusName;
};

/** An uninstall that waits. */
export type PendingUninstall = {
  /** Since when nothing runs. */
  readonly since: Timestamp;
  /** When it becomes final. */
  readonly deadline: Timestamp;
  /** Why, in one word. */
  readonly reason: ReasonWord;
  /** Why, in a sentence. */
  readonly message: Message;
  /** The configuration that it was bound to. */
  readonly configuration?: StatusName;
};

/** An uninstall. */
export type Uninstalled = {
  /** When. */
  readonly time: Timestamp;
  /** Why, in one word. */
  readonly reason: ReasonWord;
  /** Why, in a sentence. */
  readonly message: Message;
  /** The configuration that it was bound to. */
  readonly configuration?: StatusName;
  /** Whom to ask. */
  readonly contact?: Contact;
  /** The generation of the install at that time. A newer one is a wish to install again. */
  readonly observedGeneration?: Generation;
};

/** Something that happened to an install. */
export type HistoryEntry = {
  /** When. */
  readonly time: Timestamp;
  /** What, in one word. */
  readonly reason: ReasonWord;
  /** What, in a sentence. */
  readonly message?: Message;
  /** The configuration at that time. */
  readonly configuration?: StatusName;
};
