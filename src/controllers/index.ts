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
import { gatherUnvouched } from "./gather.ts";
import { observeInstalls, observeNetwork, observeRequests, observeTrials } from "./gauges.ts";
import { createInstallNotes } from "./install-notes.ts";
import { countLosses, createKindsServed } from "./kinds-served.ts";
import { createAccountReconcile } from "./pack-account.ts";
import { createConfigurationReconcile } from "./pack-configuration.ts";
import { createDefinitionReconcile } from "./pack-definition.ts";
import { createDocReconcile } from "./pack-doc.ts";
import { createFolderReconcile } from "./pack-folder.ts";
import { createGroupReconcile } from "./pack-group.ts";
import { InstallReconciler } from "./pack-install.ts";
import { createOrganizationReconcile, observeOrganization } from "./pack-organization.ts";
import { createRequestReconcile } from "./pack-request.ts";
import { createReviewReconcile } from "./pack-review.ts";
import { createSweeper, recordedUids } from "./sweeper.ts";
import { UninstallGuard } from "./uninstall-guard.ts";
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
  const shared = { client, world, settings, clock };
  const guard = new UninstallGuard(shared);
  const unvouched = () => gatherUnvouched(world, settings);
  const make = (informer: Informer<unknown>, reconcile: Reconcile, workers = 1): Controller =>
    createController({
      name: informer.resource.kind.toLowerCase(),
      reconcile,
      concurrency: workers,
      clock,
      logger,
      metrics,
      seed: () => informer.store.keys(),
    });
  const installs = new InstallReconciler({ ...shared, kindsServed, guard, notes });
  const controllers: Controllers = {
    installs: make(world.installs, installs.reconcile, concurrency),
    definitions: make(world.definitions, createDefinitionReconcile(shared)),
    reviews: make(world.reviews, createReviewReconcile(shared)),
    requests: make(world.requests, createRequestReconcile({ ...shared, unvouched })),
    configurations: make(world.configurations, createConfigurationReconcile(shared)),
    groups: make(world.groups, createGroupReconcile(shared)),
    docs: make(world.docs, createDocReconcile(shared)),
    folders: make(world.folders, createFolderReconcile(shared)),
    accounts: make(world.accounts, createAccountReconcile(shared)),
    organizations: make(world.organizations, createOrganizationReconcile({ ...shared, events, guard })),
    sweeper: createController({
      name: "sweeper",
      reconcile: createSweeper(client, world, kindsServed),
      concurrency: 1,
      clock,
      logger,
      metrics,
      seed: () => recordedUids(world),
    }),
  };
  wire(world, guard.attach(controllers), clock);
  observeNetwork(world, metrics);
  observeInstalls(world, metrics);
  observeOrganization(world, settings, metrics);
  observeRequests(world, metrics);
  observeTrials(world, metrics);
  return Object.values(controllers);
};
