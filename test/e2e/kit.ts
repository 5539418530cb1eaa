/**
 * A cluster with the operator in it: a control plane of its own, the CRDs, `config/`, an organization, and the real
 * controller under its own identity. No node runs pods; the tests play its part.
 */
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  NAMESPACE,
  NETWORK_POLICY,
  PACK_GRANT,
  PACK_INSTALL,
  PACK_KINDS,
  PACK_ORGANIZATION,
  POD,
  type Resource,
} from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import {
  CONTROLLER_SERVICE_ACCOUNT,
  CONTROLLER_USER,
  ORGANIZATION_NAME,
  SANDBOX_NAMESPACE,
  SANDBOX_SERVICE_ACCOUNT,
  SYSTEM_NAMESPACE,
} from "../../src/api/names.ts";
import type {
  PackConfiguration,
  PackDefinition,
  PackDoc,
  PackDocSpec,
  PackFolder,
  PackFolderSpec,
  PackGrant,
  PackGroup,
  PackGroupSpec,
  PackInstall,
  PackOrganization,
} from "../../src/api/v1alpha1/index.ts";
import type { NetworkPolicy, Pod } from "../../src/api/wire.ts";
import type { Client } from "../../src/kube/client.ts";
import { isNotFound } from "../../src/kube/errors.ts";
import { childName } from "../../src/resources/identity.ts";
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from "../cluster/control-plane.ts";
import { type EventuallyOptions, eventually } from "../cluster/eventually.ts";
import { clientFrom, serviceAccountExists } from "../cluster/harness.ts";
import { installConfig, installCrds } from "../cluster/manifests.ts";
import {
  about,
  acceptingDomains,
  type Change,
  changed,
  inNamespace,
  of,
  organization,
  organizedBy,
  packConfiguration,
  packDefinition,
  packDocObject,
  packFolder,
  packGroup,
  packInstall,
} from "../gen/objects.ts";
import { type ControllerOptions, ControllerProcess } from "./controller-process.ts";

const WRITE = { fieldManager: "test" };

export type StageOptions = {
  readonly plane?: ControlPlaneOptions;
  /** Default: true. */
  readonly crds?: boolean;
  /** Default: owns `example.com`, and accepts many domains without a review. `none`: there is no organization. */
  readonly organization?: PackOrganization | "none";
};

/** What a person would set when he writes an object; the rest is the server's. */
const draft = <T extends KubeObject>(object: T): T => {
  const { uid: _, generation: __, creationTimestamp: ___, resourceVersion: ____, ...metadata } = object.metadata;
  const { status: _____, ...rest } = object as T & { status?: unknown };
  return { ...rest, metadata } as unknown as T;
};

const refOf = ({ metadata: { name, namespace } }: KubeObject) =>
  namespace === undefined ? { name } : { name, namespace };

export const ORGANIZATION = organization(acceptingDomains(8));

/** Where a test uninstalls so much that the uninstall guard would stop it. */
export const UNGUARDED = organization(
  acceptingDomains(8),
  organizedBy({ uninstallGuard: { maxPercent: 100, minimum: 100_000 } }),
);

export class Stage {
  readonly plane: ControlPlane;
  /** A member of `system:masters`; the admission policies hold for it. */
  readonly admin: Client;
  /** Kubernetes itself: node agents and add-ons of `kube-system`. The admission policies let it work in the sandboxes' namespace. */
  readonly kubernetes: Client;
  /** Somebody with the controller's name and all rights: no admission policy stops it. */
  readonly saboteur: Client;
  /** The kubeconfig file of the controller's own ServiceAccount. */
  readonly identity: string;
  readonly #started: ControllerProcess[] = [];
  readonly #people = new Map<string, Promise<Client>>();

  private constructor(plane: ControlPlane, clients: Pick<Stage, "admin" | "kubernetes" | "saboteur" | "identity">) {
    this.plane = plane;
    this.admin = clients.admin;
    this.kubernetes = clients.kubernetes;
    this.saboteur = clients.saboteur;
    this.identity = clients.identity;
  }

  static async start(options: StageOptions = {}): Promise<Stage> {
    const plane = await startControlPlane(options.plane);
    const admin = clientFrom(plane.kubeconfig);
    try {
      if (options.crds ?? true) await installCrds(admin);
      await installConfig(admin);
      await serviceAccountExists(admin, SANDBOX_NAMESPACE, SANDBOX_SERVICE_ACCOUNT);
      const addon = "system:serviceaccount:kube-system:addon";
      const stage = new Stage(plane, {
        admin,
        kubernetes: clientFrom(
          await plane.kubeconfigFor(addon, ["system:masters", "system:serviceaccounts:kube-system"]),
        ),
        saboteur: clientFrom(await plane.kubeconfigFor(CONTROLLER_USER, ["system:masters"])),
        identity: await plane.serviceAccountKubeconfig(SYSTEM_NAMESPACE, CONTROLLER_SERVICE_ACCOUNT, {
          expirationSeconds: 86_400,
        }),
      });
      if (options.organization !== "none" && (options.crds ?? true)) {
        await stage.create(options.organization ?? ORGANIZATION);
      }
      return stage;
    } catch (error) {
      await admin.close();
      await plane.stop();
      throw error;
    }
  }

  /** Starts a controller under its own identity; it ends with the stage. */
  launch(options: Partial<ControllerOptions> = {}): ControllerProcess {
    const controller = new ControllerProcess({ kubeconfig: this.identity, ...options });
    this.#started.push(controller);
    return controller;
  }

  /** The controller's kubeconfig, but for the address of the server. */
  async identityAt(url: string): Promise<string> {
    const path = join(this.plane.endpoint.directory, `proxied-${randomBytes(4).toString("hex")}.kubeconfig`);
    const text = (await readFile(this.identity, "utf8")).replaceAll(this.plane.endpoint.url, url);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  }

  /** Somebody who may do everything, in his own name. */
  as(user: string): Promise<Client> {
    const known = this.#people.get(user);
    if (known !== undefined) return known;
    const client = this.plane.kubeconfigFor(user, ["system:masters"]).then(clientFrom);
    this.#people.set(user, client);
    return client;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#started.filter(({ running }) => running).map((controller) => controller.kill()));
    const people = await Promise.all(this.#people.values());
    await Promise.all([this.admin, this.kubernetes, this.saboteur, ...people].map((client) => client.close()));
    await this.plane.stop();
  }

  /** As a person would apply it. */
  create<T extends KubeObject>(object: T, client: Client = this.admin): Promise<T> {
    return client.create(resourceFor(object), draft(object), WRITE);
  }

  /** Merges into the spec; null removes a field. */
  edit<T extends KubeObject>(object: T, spec: object, client: Client = this.admin): Promise<T> {
    return client.mergePatch(resourceFor(object), refOf(object), { spec }, WRITE);
  }

  annotate(object: KubeObject, annotations: Readonly<Record<string, string | null>>): Promise<KubeObject> {
    return this.admin.mergePatch(resourceFor(object), refOf(object), { metadata: { annotations } }, WRITE);
  }

  async remove(object: KubeObject, client: Client = this.admin): Promise<void> {
    try {
      await client.delete(resourceFor(object), refOf(object));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Undefined: there is none. */
  async find<T extends KubeObject>(
    resource: Resource,
    ref: { name: string; namespace?: string },
  ): Promise<T | undefined> {
    try {
      return await this.admin.get<T>(resource, ref);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** A namespace, a pack and names of its own, so that scenes do not see each other. */
  async scene(title: string): Promise<Scene> {
    const name = `${title}-${randomBytes(3).toString("hex")}`;
    await this.admin.create(NAMESPACE, { apiVersion: "v1", kind: "Namespace", metadata: { name } }, WRITE);
    return new Scene(this, name);
  }
}

const RESOURCES: Readonly<Record<string, Resource>> = Object.fromEntries(
  [NAMESPACE, NETWORK_POLICY, POD, ...PACK_KINDS].map((resource) => [resource.kind, resource]),
);

const resourceFor = ({ kind }: KubeObject): Resource => {
  const resource = RESOURCES[kind];
  if (resource === undefined) throw new Error(`the kit knows no ${kind}`);
  return resource;
};

export type Children = {
  readonly grant: PackGrant | undefined;
  readonly policy: NetworkPolicy | undefined;
  readonly pod: Pod | undefined;
};

/** `{ Ready: "False PackNotFound" }`; null: there is no such condition. */
export type Wanted = Readonly<Record<string, string | null>>;

export class Scene {
  readonly stage: Stage;
  /** Also the name of the pack, and how its configuration's name begins. */
  readonly name: string;

  constructor(stage: Stage, name: string) {
    this.stage = stage;
    this.name = name;
  }

  /** The pack of this scene; reaches `api.crm.com`. */
  define(...changes: readonly Change<PackDefinition>[]): Promise<PackDefinition> {
    return this.stage.create(packDefinition(this.name, ...changes));
  }

  /** About the pack of this scene; for every member. */
  configure(suffix = "members", ...changes: readonly Change<PackConfiguration>[]): Promise<PackConfiguration> {
    return this.stage.create(packConfiguration(`${this.name}-${suffix}`, about(this.name), ...changes));
  }

  /** The pack of this scene in its namespace, by ann@example.com. */
  install(name = "crm", ...changes: readonly Change<PackInstall>[]): Promise<PackInstall> {
    return this.stage.create(packInstall(name, inNamespace(this.name), of(this.name), ...changes));
  }

  /** Its name begins with that of this scene. */
  group(suffix: string, spec: PackGroupSpec): Promise<PackGroup> {
    return this.stage.create(packGroup(`${this.name}-${suffix}`, spec));
  }

  /** Owned by ann@example.com, and shared with nobody else. */
  doc(name = "plan", spec: Partial<PackDocSpec> = {}): Promise<PackDoc> {
    return this.stage.create(changed(packDocObject(name, spec), inNamespace(this.name)));
  }

  folder(name: string, spec: PackFolderSpec = {}): Promise<PackFolder> {
    return this.stage.create(changed(packFolder(name, spec), inNamespace(this.name)));
  }

  /** Definition, configuration and install, ready and reached by no doubt. */
  async running(): Promise<PackInstall> {
    await this.define();
    await this.configure();
    await this.install();
    return this.ready();
  }

  /** Plays the node, and waits until the install is ready. */
  async ready(name = "crm"): Promise<PackInstall> {
    await this.startPod(name);
    return this.until(name, { Ready: "True Succeeded" });
  }

  get(name = "crm", namespace = this.name): Promise<PackInstall> {
    return this.stage.admin.get<PackInstall>(PACK_INSTALL, { namespace, name });
  }

  /** Waits until the conditions of an install are these, for its newest generation. */
  async until(
    name: string,
    wanted: Wanted,
    options: EventuallyOptions & { namespace?: string } = {},
  ): Promise<PackInstall> {
    const { namespace = this.name, ...rest } = options;
    const ref = { namespace, name };
    return untilConditions(this.stage, PACK_INSTALL, ref, wanted, rest) as Promise<PackInstall>;
  }

  /** The generated objects of an install. */
  async children(install = "crm", namespace = this.name): Promise<Children> {
    const name = childName(namespace, install);
    const [grant, policy, pod] = await Promise.all([
      this.stage.find<PackGrant>(PACK_GRANT, { namespace: SYSTEM_NAMESPACE, name }),
      this.stage.find<NetworkPolicy>(NETWORK_POLICY, { namespace: SANDBOX_NAMESPACE, name }),
      this.stage.find<Pod>(POD, { namespace: SANDBOX_NAMESPACE, name }),
    ]);
    return { grant, policy, pod };
  }

  /** Waits until the generated objects are as `check` says. */
  untilChildren(
    what: string,
    check: (children: Children) => boolean,
    install = "crm",
    options: EventuallyOptions = {},
  ): Promise<Children> {
    const look = async (): Promise<Children> => {
      const children = await this.children(install);
      if (check(children)) return children;
      throw new Error(JSON.stringify(summaryOf(children)));
    };
    return eventually(what, look, options);
  }

  /** Plays the node: the proof ends with this result, and the sandbox answers. */
  async startPod(install = "crm", { result = "Enforced", ready = true, namespace = this.name } = {}): Promise<Pod> {
    const ref = { namespace: SANDBOX_NAMESPACE, name: childName(namespace, install) };
    return eventually(`the pod of ${install} runs`, async () => {
      const pod = await this.stage.kubernetes.get<Pod>(POD, ref);
      if (pod.metadata.deletionTimestamp !== undefined) throw new Error("the pod is being deleted");
      return this.stage.kubernetes.replaceStatus<Pod>(POD, { ...pod, status: podStatus(result, ready) } as Pod, WRITE);
    });
  }
}

export const nothingLeft = ({ grant, policy, pod }: Children): boolean =>
  grant === undefined && policy === undefined && pod === undefined;

export const allThere = ({ grant, policy, pod }: Children): boolean =>
  grant !== undefined && policy !== undefined && pod !== undefined;

const summaryOf = ({ grant, policy, pod }: Children): object => ({
  grant: grant?.spec.state,
  hosts: grant?.spec.hosts?.map(({ domain }) => domain),
  policy: policy?.spec,
  pod: pod?.metadata.uid,
});

const podStatus = (result: string, ready: boolean): object => {
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const enforced = result === "Enforced";
  const condition = (type: string, value: boolean) => ({
    type,
    status: value ? "True" : "False",
    lastTransitionTime: now,
  });
  return {
    phase: enforced ? "Running" : "Pending",
    hostIP: "127.0.0.1",
    podIP: "10.1.0.7",
    podIPs: [{ ip: "10.1.0.7" }],
    conditions: [
      condition("PodScheduled", true),
      condition("Initialized", enforced),
      condition("ContainersReady", enforced && ready),
      condition("Ready", enforced && ready),
    ],
    initContainerStatuses: [
      {
        name: "prove",
        ready: enforced,
        restartCount: 0,
        image: "packs-operator:latest",
        imageID: "",
        state: {
          terminated: {
            exitCode: enforced ? 0 : 1,
            message: JSON.stringify({ result, detail: enforced ? "" : `the proof says ${result}.` }),
          },
        },
      },
    ],
    containerStatuses: [
      {
        name: "sandbox",
        ready: enforced && ready,
        restartCount: 0,
        image: "packs-operator:latest",
        imageID: "",
        state: enforced ? { running: { startedAt: now } } : { waiting: { reason: "PodInitializing" } },
      },
    ],
  };
};

type Conditioned = KubeObject & {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
    }[];
  };
};

/** `{ Ready: "False PackNotFound", ... }`. */
export const conditionsOf = (object: Conditioned): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (object.status?.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
  );

/** The message of a condition. */
export const messageOf = (object: Conditioned, type = "Ready"): string =>
  object.status?.conditions?.find((condition) => condition.type === type)?.message ?? "";

/** Waits until the conditions of an object are these, for its newest generation. A word without a reason: any reason. */
export const untilConditions = <T extends Conditioned>(
  stage: Stage,
  resource: Resource,
  ref: { readonly name: string; readonly namespace?: string },
  wanted: Wanted,
  options: EventuallyOptions = {},
): Promise<T> =>
  eventually(
    `${resource.kind} ${ref.name} has ${JSON.stringify(wanted)}`,
    async () => {
      const object = await stage.admin.get<T>(resource, ref);
      const has = conditionsOf(object);
      const fits = Object.entries(wanted).every(([type, value]) =>
        value === null ? has[type] === undefined : has[type] === value || has[type]?.startsWith(`${value} `) === true,
      );
      if (fits && object.status?.observedGeneration === object.metadata.generation) return object;
      throw new Error(
        `it has ${JSON.stringify(has)} of generation ${object.status?.observedGeneration}: ${messageOf(object)}`,
      );
    },
    options,
  ).catch((error: Error) => {
    throw new Error(`${error.message}\n${(error.cause as Error | undefined)?.message ?? ""}`, { cause: error });
  });

/** Waits until the controller has seen an object as it is: it says so in the status. */
export const untilSeen = <T extends Conditioned>(stage: Stage, object: T): Promise<T> =>
  untilConditions<T>(stage, resourceFor(object), refOf(object), {});

export const untilOrganization = (stage: Stage, wanted: Wanted): Promise<PackOrganization> =>
  untilConditions(stage, PACK_ORGANIZATION, { name: ORGANIZATION_NAME }, wanted);

/** Waits until the controller has written nothing to what `read` shows for a while. */
export const settled = async <T>(read: () => T, quietMs = 600, deadlineMs = 20_000): Promise<void> => {
  let last = JSON.stringify(read());
  let since = performance.now();
  await eventually(
    "nothing changes any more",
    () => {
      const now = JSON.stringify(read());
      if (now !== last) since = performance.now();
      last = now;
      return performance.now() - since >= quietMs;
    },
    { deadlineMs },
  );
};
