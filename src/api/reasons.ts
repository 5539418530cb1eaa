/**
 * Every reason that a condition, a denial or an event can carry: one table, closed. A reason is an API: programs compare
 * it, so it is never renamed. `text` says what is the case, `advice` what makes it pass; neither names a particular
 * object (the message of the condition does).
 */

export type ReasonText = {
  /** What is the case, a sentence. */
  readonly text: string;
  /** What to do, a sentence; empty if there is nothing to do. */
  readonly advice: string;
};

const reason = (text: string, advice = ""): ReasonText => ({ text, advice });

export const REASONS = {
  // All is well.
  Accepted: reason("The object passes every check."),
  Active: reason("The grant is in force."),
  Allowed: reason("It is allowed."),
  Approved: reason("An administrator said yes."),
  Bound: reason("Exactly one configuration is bound."),
  Certified: reason("A certifier vouches for this definition as it is now."),
  Connected: reason("The account is connected."),
  Consented: reason("The account's owner agreed to all that the pack needs."),
  Enforced: reason("The pod proved from inside that it reaches the gateway and nothing else."),
  Fresh: reason("The members are as new as the group asks for."),
  Installed: reason("The pack is installed."),
  NoAccountNeeded: reason("No building block needs an account."),
  NoReviewNeeded: reason("Nothing in this definition needs a review."),
  Resolved: reason("Everything that is named exists."),
  Reviewed: reason("Everything that needs a review is approved."),
  SandboxReady: reason("The sandbox's pod is ready."),
  Succeeded: reason("Everything is as it should be."),
  WithinPolicy: reason("No configuration that is being tried would refuse or uninstall the pack."),

  // On the way.
  Deleting: reason("The object is being deleted.", "Wait; its sandbox and grant are removed first."),
  Progressing: reason("Changes are being made.", "Wait."),
  Proving: reason("The pod has not yet proved that the gateway is all it can reach.", "Wait; it takes a few seconds."),
  SandboxPending: reason("The sandbox's pod has not started yet.", "Wait, or look at the pod's events."),
  Uninstalling: reason(
    "The pack is revoked and will be uninstalled when the grace period ends.",
    "Undo the cause before `status.pendingUninstall.deadline` and nothing is lost.",
  ),
  Suspended: reason("The install is suspended: it stays installed, and nothing runs.", "Set `spec.suspend: false`."),

  // Somebody else must act.
  PackNotFound: reason("There is no such PackDefinition.", "Create it, or correct `packRef`."),
  DefinitionNotAccepted: reason(
    "The PackDefinition is not accepted.",
    "Read the condition Accepted of the definition and correct it.",
  ),
  ReviewRequired: reason(
    "The PackDefinition has facts that a reviewer must approve first.",
    "Ask a reviewer for a PackReview with the definition's `status.reviewDigest`.",
  ),
  ReviewOutdated: reason(
    "The review speaks about an older state of the definition.",
    "Review again, with the definition's `status.reviewDigest` of now.",
  ),
  ReviewExpired: reason("The review's time is over.", "Review again."),
  SelfCertification: reason(
    "A maker of the pack certifies it.",
    "Ask a certifier who is not among `spec.maker.users`.",
  ),
  ChecklistFailed: reason(
    "The review certifies the pack although a point of its checklist failed.",
    "Remove `certify`, or check again and correct `spec.checklist`.",
  ),
  NotCertified: reason("Nobody vouches for this definition as it is now.", "Ask a certifier, if your rules need one."),
  ApprovalPending: reason(
    "The pack must be approved before it is used.",
    "Create a PackRequest, or wait for its decision.",
  ),
  ConfigurationNotFound: reason("There is no such PackConfiguration.", "Create it, or correct `configurationRef`."),
  ConfigurationNotAccepted: reason(
    "The PackConfiguration is not accepted.",
    "Read the condition Accepted of the configuration and correct it.",
  ),
  DocNotFound: reason("There is no such PackDoc in this namespace.", "Create it, or correct `docRef`."),
  FolderNotFound: reason("There is no such PackFolder in this namespace.", "Create it, or correct the reference."),
  OrganizationNotFound: reason(
    "There is no PackOrganization, so nobody can tell who is a member.",
    "Create the PackOrganization named `default`.",
  ),
  KindNotServed: reason(
    "A kind of this API is missing or being deleted, so nobody can tell what is absent from it.",
    "Install the CRDs again.",
  ),
  AdmissionMissing: reason(
    "The admission policies are not installed or do not deny, so names in objects cannot be trusted.",
    "Apply the manifests in config/policies; until then nothing new is acted on.",
  ),
  AdmissionEnforced: reason("The admission policies and their bindings are installed and deny."),
  AdmissionUnchecked: reason(
    "The controller was told not to look for the admission policies, so names in objects are taken as true.",
    "Apply the manifests in config/policies, or another check of your own, and start the controller without that flag.",
  ),
  AudienceUnknown: reason(
    "It is not known with whom the doc is shared.",
    "Describe the doc in a PackDoc and name it in `docRef`; check its folders for loops.",
  ),
  GroupDataStale: reason(
    "The members of a group are older than the group allows, or not known yet.",
    "Check the group's source; membership counts as unknown until it reports again.",
  ),
  GroupNotFound: reason("There is no such PackGroup, so it has no members.", "Create it, or correct the name."),
  ComponentNotFound: reason(
    "The configuration names a building block or parameter that the definition does not have.",
    "Correct the name; until then the entry does nothing.",
  ),
  AccountRequired: reason(
    "A building block needs an account, and none is connected.",
    "Create a PackAccount and name it in `accountRefs`.",
  ),
  AccountNotFound: reason("There is no such PackAccount.", "Create it, or correct `accountRefs`."),
  ConsentRequired: reason(
    "The account's owner must agree first.",
    "Open `status.consentURL` of the account as its owner.",
  ),
  DomainsChanged: reason(
    "The pack's domains changed since the account was connected, so its credential goes nowhere new.",
    "The owner agrees by setting the annotation packs.dev/consent-requested-at to a new value.",
  ),
  AccountNotAccepted: reason(
    "The PackAccount is not accepted.",
    "Read the condition Accepted of the account and correct it.",
  ),
  AccountExpired: reason(
    "The time for which the account may be used is over.",
    "Its owner extends `expireTime` in `grants`, or connects it again.",
  ),
  CredentialNotChecked: reason(
    "Nobody has checked the credential yet, so nobody can tell whether it works.",
    "Wait for a version that connects accounts; nothing is sent with the credential until then.",
  ),

  // Refused.
  NotYetSupported: reason(
    "The object uses something that this version does not enforce yet, so it is not accepted.",
    "Remove the field that the message names, or wait for a version that has it.",
  ),
  InvalidDomain: reason(
    "A domain is not a name of the public internet that a pack may declare.",
    "Declare the names that the pack really calls, such as `api.example.com`.",
  ),
  InvalidSpec: reason("A rule that the API server cannot check is broken.", "Correct what the message names."),
  DuplicateName: reason("Two entries have one name, ignoring case.", "Rename one of them."),
  NameConflict: reason(
    "Another object holds what this one needs: a name, an id or a URL.",
    "Choose another, or remove the other object.",
  ),
  PolicyTooLarge: reason(
    "The compiled policy would be larger than 512 KiB.",
    "Use fewer or shorter building blocks, rules or subjects.",
  ),
  PackDenied: reason(
    "A configuration denies this pack to everybody.",
    "Ask the administrator who wrote it; nothing else overrides it.",
  ),
  ApprovalDenied: reason("The request for this pack was denied.", "Read its `decisionReason`, or ask again."),
  NoAccessibleConfiguration: reason(
    "No configuration gives the installer access to this pack.",
    "Ask an administrator to name the installer, or a group of his, in a PackConfiguration.",
  ),
  ConfigurationAmbiguous: reason(
    "Several configurations give the installer access.",
    "Choose one of `status.candidates` in `configurationRef`.",
  ),
  ConfigurationNotAccessible: reason(
    "The installer has no access to the configuration that the install names.",
    "Name another one, or ask an administrator for access.",
  ),
  DocNotAllowed: reason(
    "The configuration does not allow this pack in this doc.",
    "Use another doc, or ask an administrator to add it to `allowedDocs`.",
  ),
  SharingIncompatible: reason(
    "The doc is shared with people who have no access to the configuration.",
    "Share the doc with fewer people, or ask an administrator to give them access.",
  ),
  FolderIncompatible: reason(
    "The doc's folder is shared with people who have no access to the configuration.",
    "Move the doc, or ask an administrator to give them access.",
  ),
  DomainsNotAllowed: reason(
    "The pack reaches domains that the configuration does not allow.",
    "Remove the domains from the pack, or ask an administrator to add them to `allowedDomains`.",
  ),
  AlreadyInstalled: reason(
    "The pack is already installed in this doc by an older install.",
    "Use the older install, or delete it.",
  ),
  NoAuthentication: reason("The pack authenticates nobody, so it takes no accounts.", "Delete the account."),
  AccountTypeNotOffered: reason(
    "The pack does not offer this type of account.",
    "Change `access` to the type that the message names.",
  ),
  NotAMember: reason(
    "The user does not belong to the organization.",
    "Ask an administrator; outsiders need `Approved`.",
  ),

  // Uninstalled.
  Uninstalled: reason(
    "The pack was uninstalled and does not come back by itself.",
    "Remove the cause, then set the annotation packs.dev/reinstall-requested-at to a new value.",
  ),
  ConfigurationDeleted: reason(
    "The configuration that the install was bound to is gone.",
    "Install again with another configuration.",
  ),
  InstallerAccessLost: reason(
    "Neither the installer nor the doc's owner has access to the configuration any more.",
    "Ask an administrator for access, then install again.",
  ),
  UninstallPaused: reason(
    "So many packs would be uninstalled at once that it stopped; they are revoked, and nothing is removed.",
    "Remove the cause, or resume with the annotation packs.dev/uninstall-resume-requested-at on the PackOrganization.",
  ),
  NotInstalled: reason("The pack is not installed."),

  // The fence and the sandbox.
  NetworkWidened: reason(
    "A foreign NetworkPolicy lets the sandbox reach more than the gateway, so the grant is suspended.",
    "Delete the NetworkPolicy that the message names; the pack comes back by itself.",
  ),
  EgressOpen: reason(
    "The pod can reach something beside the gateway.",
    "Check that the cluster's network plugin enforces NetworkPolicy.",
  ),
  OwnNodeReachable: reason(
    "The pod can reach its own node.",
    "Use a network plugin that fences the node off, or allow it in the settings.",
  ),
  GatewayUnreachable: reason("The pod cannot reach the gateway.", "Check that the gateway runs and is ready."),
  SourceRewritten: reason(
    "The gateway sees another address than the pod's, so it cannot tell pods apart.",
    "Switch off address translation between sandboxes and the gateway.",
  ),
  SandboxNotReady: reason("The sandbox's pod is not ready.", "Look at the pod's status and events."),
  SandboxFailed: reason("The sandbox's pod failed.", "Look at the pod's status; it is replaced."),
  SandboxBlocked: reason(
    "An object that belongs to somebody else has the sandbox's name.",
    "Remove the object that the message names.",
  ),
  ApplyFailed: reason(
    "The API server refused what the controller wanted to write.",
    "Read the message; it is tried again.",
  ),
  CredentialInvalid: reason("The credential is missing or was refused.", "Connect the account again."),
  ReconcileFailed: reason("The controller could not finish.", "Read the message; it is tried again."),

  // One building block.
  NotListed: reason(
    "The configuration allows only listed building blocks, and this one is not listed.",
    "Ask an administrator to list it.",
  ),
  FetchesDenied: reason("The configuration denies everything that reads.", "Ask an administrator to allow fetches."),
  ActionsDenied: reason(
    "The configuration denies everything that changes something.",
    "Ask an administrator to allow actions.",
  ),
  UpdateNotAllowed: reason(
    "The configuration does not allow to change rows of this table.",
    "Ask an administrator for `update: Allow` on its entry.",
  ),
  FormulaDisabled: reason("The formula that it uses is disabled.", "Ask an administrator to enable that formula."),

  // One invocation.
  GrantNotActive: reason("The pack is not active here.", "Look at the conditions of the install."),
  CallerNotAllowed: reason("The caller may not invoke this install.", "Ask for the verb `invoke` on the install."),
  UserNotInAudience: reason("The doc is not shared with the user.", "Ask the doc's owner to share it."),
  UserNotAllowed: reason("The user has no access to the configuration.", "Ask an administrator for access."),
  ComponentUnknown: reason("The pack has no such building block.", "Correct the name."),
  ComponentDisabled: reason(
    "The configuration does not allow this building block.",
    "Ask an administrator to allow it.",
  ),
  InputNotReadable: reason(
    "The inputs are not JSON that every reader understands alike.",
    "Send JSON in UTF-8, each key once, without `__proto__` and without numbers that JavaScript cannot hold.",
  ),
  ParameterUnknown: reason("The building block has no such parameter.", "Remove it."),
  ParameterMissing: reason("A parameter that is needed is missing.", "Give it a value."),
  ParameterTypeWrong: reason("A parameter has a value of another type.", "Give it a value of its type."),
  ParameterNotAllowed: reason("The configuration does not allow this value.", "Use a value that the message names."),
  DynamicURLNotAllowed: reason("The configuration does not allow this data set.", "Choose one that the message names."),
  AccountAmbiguous: reason("Several accounts could be used.", "Choose one."),
  AccountNotAllowed: reason("This account may not be used for that.", "Use an account of your own."),
  ScopeNotAllowed: reason(
    "The configuration does not allow an OAuth scope that is needed.",
    "Ask an administrator to allow it.",
  ),
  HostNotAllowed: reason("The pack may not reach this host.", "Declare its domain in the PackDefinition."),
} as const satisfies Readonly<Record<string, ReasonText>>;

/** A word of the closed list. */
export type Reason = keyof typeof REASONS;

/** Whether a word is one of the closed list. */
export const isReason = (word: string): word is Reason => Object.hasOwn(REASONS, word);

/** What is the case and what to do, as one text. */
export const explainReason = (word: Reason): string => {
  const { text, advice } = REASONS[word];
  return advice === "" ? text : `${text} ${advice}`;
};

const COMMON = ["Succeeded", "Accepted", "Progressing", "Deleting", "NotYetSupported", "ReconcileFailed"] as const;

/** Reasons that the conditions of each kind carry. */
export const REASONS_OF = {
  PackDefinition: [
    ...COMMON,
    "InvalidDomain",
    "InvalidSpec",
    "DuplicateName",
    "PolicyTooLarge",
    "NoReviewNeeded",
    "Reviewed",
    "ReviewRequired",
    "Certified",
    "NotCertified",
    "OrganizationNotFound",
  ],
  PackReview: [
    ...COMMON,
    "PackNotFound",
    "ReviewOutdated",
    "ReviewExpired",
    "SelfCertification",
    "ChecklistFailed",
    "AdmissionMissing",
  ],
  PackConfiguration: [
    ...COMMON,
    "InvalidSpec",
    "PackNotFound",
    "ComponentNotFound",
    "Resolved",
    "GroupNotFound",
    "GroupDataStale",
  ],
  PackInstall: [
    ...COMMON,
    "Bound",
    "Installed",
    "Enforced",
    "SandboxReady",
    "NoAccountNeeded",
    "Connected",
    "WithinPolicy",
    "Suspended",
    "Proving",
    "SandboxPending",
    "PackNotFound",
    "DefinitionNotAccepted",
    "ReviewRequired",
    "PackDenied",
    "ApprovalPending",
    "ApprovalDenied",
    "ConfigurationNotFound",
    "ConfigurationNotAccepted",
    "ConfigurationNotAccessible",
    "NoAccessibleConfiguration",
    "ConfigurationAmbiguous",
    "ConfigurationDeleted",
    "InstallerAccessLost",
    "DomainsNotAllowed",
    "DocNotFound",
    "DocNotAllowed",
    "SharingIncompatible",
    "FolderIncompatible",
    "AudienceUnknown",
    "GroupDataStale",
    "OrganizationNotFound",
    "AdmissionMissing",
    "AlreadyInstalled",
    "AccountRequired",
    "AccountNotFound",
    "AccountNotAccepted",
    "AccountExpired",
    "CredentialNotChecked",
    "CredentialInvalid",
    "ConsentRequired",
    "KindNotServed",
    "PolicyTooLarge",
    "Uninstalling",
    "Uninstalled",
    "UninstallPaused",
    "NotInstalled",
    "NetworkWidened",
    "EgressOpen",
    "OwnNodeReachable",
    "GatewayUnreachable",
    "SourceRewritten",
    "SandboxNotReady",
    "SandboxFailed",
    "SandboxBlocked",
    "ApplyFailed",
  ],
  PackAccount: [
    ...COMMON,
    "PackNotFound",
    "DefinitionNotAccepted",
    "ReviewRequired",
    "KindNotServed",
    "AdmissionMissing",
    "OrganizationNotFound",
    "GroupDataStale",
    "PackDenied",
    "NoAuthentication",
    "AccountTypeNotOffered",
    "InvalidSpec",
    "NotAMember",
    "UserNotAllowed",
    "CredentialNotChecked",
    "Connected",
    "CredentialInvalid",
    "Consented",
    "ConsentRequired",
    "DomainsChanged",
  ],
  PackRequest: [...COMMON, "PackNotFound", "Approved", "ApprovalPending", "ApprovalDenied", "AdmissionMissing"],
  PackGroup: [...COMMON, "Fresh", "GroupDataStale"],
  PackDoc: [...COMMON, "InvalidSpec", "NameConflict", "FolderNotFound", "AudienceUnknown"],
  PackFolder: [...COMMON, "FolderNotFound", "AudienceUnknown"],
  PackOrganization: [...COMMON, "AdmissionEnforced", "AdmissionMissing", "AdmissionUnchecked", "UninstallPaused"],
  PackGrant: [],
} as const satisfies Readonly<Record<string, readonly Reason[]>>;
