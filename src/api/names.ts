/** Names that several processes and people rely on: labels, annotations, finalizers, field managers, namespaces. */
import { GROUP } from "./kinds.ts";

export const SYSTEM_NAMESPACE = "packs-system";
export const SANDBOX_NAMESPACE = "packs-sandboxes";
export const CONTROLLER_SERVICE_ACCOUNT = "packs-controller";
export const GATEWAY_SERVICE_ACCOUNT = "packs-gateway";
/** The ServiceAccount that sandbox pods run under; it holds no rights at all. */
export const SANDBOX_SERVICE_ACCOUNT = "packs-sandbox";
/** The user name by which the API server knows the controller. */
export const CONTROLLER_USER = `system:serviceaccount:${SYSTEM_NAMESPACE}:${CONTROLLER_SERVICE_ACCOUNT}`;

export const LABEL = {
  pack: `${GROUP}/pack`,
  install: `${GROUP}/install`,
  installNamespace: `${GROUP}/install-namespace`,
  installUid: `${GROUP}/install-uid`,
  /** On every sandbox pod, `"true"`. */
  sandbox: `${GROUP}/sandbox`,
  managedBy: "app.kubernetes.io/managed-by",
  component: "app.kubernetes.io/component",
  name: "app.kubernetes.io/name",
} as const;

/** The value of `app.kubernetes.io/managed-by` on everything that the controller writes. */
export const MANAGED_BY = "packs-operator";
/** The value of `app.kubernetes.io/name` on the gateway's pods; sandboxes are fenced to pods with this label. */
export const GATEWAY_APP = "packs-gateway";
/** The NetworkPolicy that denies everything in the sandboxes' namespace; it ships with the manifests. */
export const BASELINE_POLICY = "deny-everything";

export const ANNOTATION = {
  /** A new value asks the controller to install again after an uninstall. */
  reinstallRequestedAt: `${GROUP}/reinstall-requested-at`,
  /** A new value asks for one more evaluation; echoed in `status.lastHandledReconcileAt`. */
  reconcileRequestedAt: `${GROUP}/reconcile-requested-at`,
  /** On a NetworkPolicy: the declared domains, for people. Not enforced by the policy engine, but by the gateway. */
  domains: `${GROUP}/domains`,
  /** On a Namespace that is used as a doc (no PackDoc): the user who owns it. */
  owner: `${GROUP}/owner`,
  /** On a PackAccount: a new value says that its owner agrees to what the pack asks for now. */
  consentRequestedAt: `${GROUP}/consent-requested-at`,
  /** On the PackOrganization: a new value lets the uninstalls go on that the guard has stopped. */
  uninstallResumeRequestedAt: `${GROUP}/uninstall-resume-requested-at`,
  /** On a sandbox pod: the hash of the pod as the controller wanted it. */
  podHash: `${GROUP}/pod-hash`,
} as const;

export const INSTALL_FINALIZER = `${GROUP}/uninstall`;

/** One field manager per controller. */
export const FIELD_MANAGER = {
  install: "packs-operator/install",
  definition: "packs-operator/definition",
  configuration: "packs-operator/configuration",
  organization: "packs-operator/organization",
  review: "packs-operator/review",
  group: "packs-operator/group",
  doc: "packs-operator/doc",
  folder: "packs-operator/folder",
  request: "packs-operator/request",
  account: "packs-operator/account",
  sweeper: "packs-operator/sweeper",
  leader: "packs-operator/leader",
  unsupported: "packs-operator/unsupported",
} as const;

export const LEADER_LEASE = "packs-controller";
/** Who reports the controller's events. */
export const REPORTING_CONTROLLER = `${GROUP}/controller`;
/** `metadata.name` of the only PackOrganization. */
export const ORGANIZATION_NAME = "default";
