/** The controllers of the `controller` process, wired to one world. */
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Metrics } from "../lib/metrics.ts";
import type { Settings } from "../resources/settings.ts";
import { type Controller, createController, type Reconcile } from "../runtime/controller.ts";
import type { EventNote } from "../runtime/events.ts";
import type { Informer } from "../runtime/informer.ts";
import type { Runnable } from "../runtime/manager.ts";
import { observeInstalls, observeNetwork } from "./gauges.ts";
import { createInstallNotes } from "./install-notes.ts";
import { countLosses, createKindsServed } from "./kinds-served.ts";
import { InstallReconciler } from "./pack-install.ts";
import { createConfigurationReconcile, createDefinitionReconcile, createOrganizationReconcile } from "./summaries.ts";
import { createSweeper, recordedUids } from "./sweeper.ts";
import { createUnsupportedReconcile } from "./unsupported.ts";
import { type Controllers, wire } from "./wiring.ts";
import type { World } from "./world.ts";

export type ControllersOptions = {
  readonly client: Client;
  readonly world: World;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly events: { record(note: EventNote): void };
  /** Installs reconciled at once. The API server is saturated from four on; more only adds latency. */
  readonly concurrency: number;
};

export const createControllers = (options: ControllersOptions): readonly Runnable[] => {
  const { client, clock, concurrency, events, logger, metrics, settings, world } = options;
  const kindsServed = createKindsServed(client, countLosses(world));
  const notes = createInstallNotes({ events, metrics, logger });
  const make = (name: string, workers: number, reconcile: Reconcile, seed: () => Iterable<string>): Controller =>
    createController({ name, reconcile, concurrency: workers, clock, logger, metrics, seed });
  const keysOf = (informer: Informer<unknown>) => () => informer.store.keys();
  const installs = new InstallReconciler({ client, world, settings, clock, kindsServed, notes });
  const summaries = { client, world, settings, clock };
  const controllers: Controllers = {
    installs: make("packinstall", concurrency, installs.reconcile, keysOf(world.installs)),
    definitions: make("packdefinition", 1, createDefinitionReconcile(summaries), keysOf(world.definitions)),
    configurations: make("packconfiguration", 1, createConfigurationReconcile(summaries), keysOf(world.configurations)),
    organizations: make("packorganization", 1, createOrganizationReconcile(summaries), keysOf(world.organizations)),
    sweeper: make("sweeper", 1, createSweeper(client, world, kindsServed), () => recordedUids(world)),
  };
  wire(world, controllers, clock);
  observeNetwork(world, metrics);
  observeInstalls(world, metrics);
  const unsupported = world.unsupported.map((informer) => {
    const reconcile = createUnsupportedReconcile(client, clock, informer);
    const controller = make(informer.resource.kind.toLowerCase(), 1, reconcile, keysOf(informer));
    informer.onChange(({ key }) => controller.enqueue(key));
    return controller;
  });
  return [...Object.values(controllers), ...unsupported];
};
