/**
 * The floor: the writes of the controller for each install, and nothing else. It watches nothing, decides nothing and
 * compares nothing; the objects are templates, and it is told of each install. Same client, same identity, same
 * concurrency as the controller. A child process that takes each {@link Order} as a message.
 */
import { NETWORK_POLICY, PACK_CONFIGURATION, PACK_GRANT, PACK_INSTALL, POD } from "../../src/api/kinds.ts";
import { FIELD_MANAGER, INSTALL_FINALIZER } from "../../src/api/names.ts";
import type { PackConfiguration, PackGrant, PackInstall } from "../../src/api/v1alpha1/index.ts";
import { configurationStatus } from "../../src/resources/configuration-status.ts";
import { addFinalizer } from "../../src/runtime/finalizer.ts";
import { clientFrom } from "../cluster/connect.ts";
import { forEach } from "./pool.ts";
import { type Declared, over, type Templates, templatesFor } from "./templates.ts";

export type Order =
  /** From now on installs are like `sample`. */
  | { readonly kind: "prepare"; readonly sample: PackInstall; readonly declared: Declared }
  /** This install was just created. */
  | { readonly kind: "created"; readonly install: PackInstall }
  /** The configuration is about to be edited: be ready to bring every install up to date. */
  | { readonly kind: "prepareEdit"; readonly sample: PackInstall; readonly before: Declared; readonly after: Declared }
  | { readonly kind: "edited"; readonly configuration: PackConfiguration };

const WRITE = { fieldManager: FIELD_MANAGER.install };

/** What the API server answered with last for one install. */
type Stored = { readonly install: PackInstall; readonly grant: PackGrant };

class Floor {
  readonly #client;
  readonly #concurrency: number;
  readonly #waiting: PackInstall[] = [];
  #stored: Stored[] = [];
  #busy = 0;
  #templates: Templates | undefined;

  constructor(kubeconfig: string, concurrency: number) {
    this.#client = clientFrom(kubeconfig, { userAgent: "packs-operator-bench (floor)" });
    this.#concurrency = concurrency;
  }

  async obey(order: Order): Promise<void> {
    switch (order.kind) {
      case "prepare":
        this.#stored = [];
        this.#templates = templatesFor(order.sample, order.declared);
        return;
      case "created":
        this.#waiting.push(order.install);
        return this.#work();
      case "prepareEdit":
        this.#templates = templatesFor(order.sample, order.after, order.before);
        return;
      case "edited":
        await this.#summarize(order.configuration);
        return forEach(this.#stored, this.#concurrency, (stored) => this.#update(stored));
    }
  }

  async #work(): Promise<void> {
    if (this.#busy === this.#concurrency) return;
    this.#busy += 1;
    for (let install = this.#waiting.shift(); install !== undefined; install = this.#waiting.shift()) {
      await this.#install(install);
    }
    this.#busy -= 1;
  }

  async #install(created: PackInstall): Promise<void> {
    const { name, namespace = "" } = created.metadata;
    const operations = addFinalizer(created, INSTALL_FINALIZER);
    const patched = await this.#client.jsonPatch<PackInstall>(PACK_INSTALL, { name, namespace }, operations, WRITE);
    const objects = this.#objects(patched);
    await this.#client.create(NETWORK_POLICY, objects.networkPolicy, WRITE);
    const grant = await this.#client.create(PACK_GRANT, objects.grant, WRITE);
    await this.#client.create(POD, objects.pod, WRITE);
    const installed = over(objects.installed, patched.metadata.resourceVersion);
    const install = await this.#client.replaceStatus(PACK_INSTALL, installed, WRITE);
    this.#stored.push({ install, grant });
  }

  async #update({ install, grant }: Stored): Promise<void> {
    const objects = this.#objects(install);
    const { resourceVersion, uid } = grant.metadata;
    await this.#client.replace(PACK_GRANT, over(objects.grant, resourceVersion, uid), WRITE);
    await this.#client.replaceStatus(PACK_INSTALL, over(objects.installed, install.metadata.resourceVersion), WRITE);
  }

  /** The one write of the configuration's own status. */
  async #summarize(configuration: PackConfiguration): Promise<void> {
    const status = configurationStatus({
      now: Date.now(),
      configuration,
      definition: undefined,
      partsOf: () => [],
      installs: 0,
      violating: [],
    });
    const options = { fieldManager: FIELD_MANAGER.configuration };
    await this.#client.replaceStatus(PACK_CONFIGURATION, { ...configuration, status }, options);
  }

  #objects(install: PackInstall) {
    if (this.#templates === undefined) throw new Error("told of an install before it was told what installs are like");
    return this.#templates.of(install);
  }
}

const [kubeconfig = "", concurrency] = process.argv.slice(2);
const floor = new Floor(kubeconfig, Number(concurrency));
process.on("message", (order: Order) => void floor.obey(order));
process.send?.("ready");
