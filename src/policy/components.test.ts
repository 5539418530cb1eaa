import { describe, expect, test } from "vitest";
import {
  action,
  authenticatedBy,
  type Change,
  changed,
  columnFormat,
  definedBy,
  enabling,
  formula,
  packConfiguration,
  packDefinition,
  syncTable,
} from "../../test/gen/objects.ts";
import type { GrantComponent, PackConfigurationSpec, PackDefinition } from "../api/v1alpha1/index.ts";
import { compileComponents } from "./components.ts";

type Directives = Omit<NonNullable<PackConfigurationSpec["components"]>, "allow">;

const HOSTS = ["api.crm.com"];

/** A fetch, an action, a table, a writable table, and a column format of the fetch. */
const CRM = packDefinition(
  "crm",
  formula("Read"),
  action("Send"),
  syncTable("Deals"),
  syncTable("Notes", { writable: true }),
  columnFormat("Link", "Read"),
);

const compile = (directives?: Directives, definition = CRM, hosts = HOSTS): readonly GrantComponent[] => {
  const configuration = directives && packConfiguration("c", enabling(directives));
  return compileComponents(definition, configuration, hosts);
};

/** `Read`, `Send`, `Deals`, `Notes`, `Notes!` (its update) and `=Link` (the format). */
const shortName = ({ kind, name }: GrantComponent): string =>
  kind === "SyncTableUpdate" ? `${name}!` : kind === "ColumnFormat" ? `=${name}` : name;

const enabled = (components: readonly GrantComponent[]): readonly string[] =>
  components.filter((it) => it.enabled).map(shortName);

const named = (...names: readonly string[]) => names.map((name) => ({ name }));
const EVERYTHING = ["=Link", "Read", "Send", "Deals", "Notes", "Notes!"];
const FETCHES = ["=Link", "Read", "Deals", "Notes"];

describe("enabled (S1-3) are", () => {
  const rows: readonly (readonly [sentence: string, directives: Directives | undefined, on: readonly string[]])[] = [
    ["S1-22 all, if the configuration says nothing", undefined, EVERYTHING],
    ["S1-31 closed world: none, if something is listed and nothing is named", {}, []],
    ["S1-31 closed world: none, if the lists are empty", { formulas: [], syncTables: [] }, []],
    ["S1-29 all that reads, if fetches are allowed", { fetches: "Allow" }, FETCHES],
    [
      "S1-29 all that changes something, if actions are allowed; an update only with its table",
      { actions: "Allow" },
      ["Send"],
    ],
    ["all, if both are allowed", { fetches: "Allow", actions: "Allow" }, EVERYTHING],
    ["none, if both are denied", { fetches: "Deny", actions: "Deny" }, []],
    ["only what reads, if actions are denied too", { fetches: "Allow", actions: "Deny" }, FETCHES],
    ["S1-30 a named fetch with its column format, and nothing else", { formulas: named("Read") }, ["=Link", "Read"]],
    ["S1-30 a named action, and nothing else", { formulas: named("Send") }, ["Send"]],
    ["S1-30 a named table without its update", { syncTables: named("Notes") }, ["Notes"]],
    ["S1-31 not a named fetch, if fetches are denied", { fetches: "Deny", formulas: named("Read") }, []],
    ["S1-31 not a named action, if actions are denied", { actions: "Deny", formulas: named("Send") }, []],
    ["S1-31 not a named table, if fetches are denied", { fetches: "Deny", syncTables: named("Deals") }, []],
    [
      "all that reads and a named action",
      { fetches: "Allow", formulas: named("Send") },
      ["=Link", "Read", "Send", "Deals", "Notes"],
    ],
    [
      "a table and its update, if its entry allows it",
      { syncTables: [{ name: "Notes", update: "Allow" }] },
      ["Notes", "Notes!"],
    ],
    [
      "a table and its update, if actions are allowed",
      { actions: "Allow", syncTables: named("Notes") },
      ["Send", "Notes", "Notes!"],
    ],
    [
      "not the update that an entry denies, though actions are allowed",
      { actions: "Allow", syncTables: [{ name: "Notes", update: "Deny" }] },
      ["Send", "Notes"],
    ],
    [
      "not the update that an entry allows, if actions are denied",
      { actions: "Deny", syncTables: [{ name: "Notes", update: "Allow" }] },
      ["Notes"],
    ],
    [
      "not the update of a table that may not be read",
      { fetches: "Deny", syncTables: [{ name: "Notes", update: "Allow" }] },
      [],
    ],
    ["not the update of a table that is not writable", { syncTables: [{ name: "Deals", update: "Allow" }] }, ["Deals"]],
    ["none by the name of another sort", { formulas: named("Deals"), syncTables: named("Read") }, []],
    ["none by a name in other case", { formulas: named("READ") }, []],
    ["none by a name that the definition lacks", { formulas: named("Gone") }, []],
    ["not a column format by its own name", { formulas: named("Link") }, []],
  ];
  test.each(rows)("%s", (_, directives, on) => {
    expect(enabled(compile(directives))).toEqual(on);
  });

  test("S1-31 closed world: not what a newer definition adds", () => {
    const newer = changed(CRM, formula("Export"), action("Delete"), syncTable("Secrets", { writable: true }));
    const directives = { formulas: named("Read"), syncTables: named("Deals") };
    expect(enabled(compile(directives, newer))).toEqual(enabled(compile(directives)));
  });
});

describe("S1-54 what is off says why:", () => {
  const rows: readonly (readonly [sentence: string, directives: Directives, reasons: Record<string, string>])[] = [
    [
      "nothing is named",
      {},
      {
        Read: "NotListed",
        Send: "NotListed",
        Deals: "NotListed",
        Notes: "NotListed",
        "Notes!": "NotListed",
        "=Link": "FormulaDisabled",
      },
    ],
    [
      "its class is denied",
      { fetches: "Deny", actions: "Deny" },
      {
        Read: "FetchesDenied",
        Send: "ActionsDenied",
        Deals: "FetchesDenied",
        Notes: "FetchesDenied",
        "Notes!": "FetchesDenied",
        "=Link": "FormulaDisabled",
      },
    ],
    [
      "the entry denies the update",
      { fetches: "Allow", actions: "Allow", syncTables: [{ name: "Notes", update: "Deny" }] },
      { "Notes!": "UpdateNotAllowed" },
    ],
    [
      "the entry does not allow the update",
      { fetches: "Allow", syncTables: [{ name: "Notes" }] },
      { Send: "NotListed", "Notes!": "UpdateNotAllowed" },
    ],
    [
      "the entry allows the update, and actions are denied",
      { fetches: "Allow", actions: "Deny", syncTables: [{ name: "Notes", update: "Allow" }] },
      { Send: "ActionsDenied", "Notes!": "ActionsDenied" },
    ],
    [
      "the table may be read as all others, and no entry allows the update",
      { fetches: "Allow" },
      { Send: "NotListed", "Notes!": "NotListed" },
    ],
  ];
  test.each(rows)("%s", (_, directives, reasons) => {
    const off = compile(directives).filter((it) => !it.enabled);
    expect(Object.fromEntries(off.map((it) => [shortName(it), it.reason]))).toEqual(reasons);
  });

  test("what is on gives no reason", () => {
    expect(compile().every((it) => it.reason === undefined)).toBe(true);
  });
});

describe("the hosts of a component", () => {
  const narrowed = packDefinition(
    "crm",
    formula("Read", { hosts: ["files.crm.com", "api.crm.com"] }),
    syncTable("Deals"),
    columnFormat("Link", "Read"),
  );
  const by = (hosts: readonly string[]) =>
    Object.fromEntries(
      compile(undefined, narrowed, [...hosts]).map((it) => [shortName(it), [it.enabled, it.hosts, it.reason]]),
    );

  test("are those that it names, sorted; absent where it names none", () => {
    const both = [true, ["api.crm.com", "files.crm.com"], undefined];
    expect(by(["crm.com"])).toEqual({ Read: both, "=Link": both, Deals: [true, undefined, undefined] });
  });

  test("are only those in effect", () => {
    expect(by(["api.crm.com"])["Read"]).toEqual([true, ["api.crm.com"], undefined]);
  });

  test("narrow its column format in the same way", () => {
    expect(by(["api.crm.com"])["=Link"]).toEqual([true, ["api.crm.com"], undefined]);
  });

  test("are not opened to all where none is left: the component and its column format are off", () => {
    const off = [false, [], "HostNotAllowed"];
    expect(by(["mail.crm.com"])).toEqual({ Read: off, "=Link": off, Deals: [true, undefined, undefined] });
  });

  test("do not hide why the rules keep it off", () => {
    const [off] = compileComponents(
      packDefinition("crm", formula("Read", { hosts: ["gone.com"] })),
      packConfiguration("c", enabling()),
      HOSTS,
    );
    expect([off?.enabled, off?.reason]).toEqual([false, "NotListed"]);
  });
});

describe("a compiled component", () => {
  const rule = { name: "project", rule: { values: ["A"] } };
  const oauth: Change<PackDefinition> = authenticatedBy({
    type: "OAuth2",
    oauth2: { authorizationURL: "https://crm.com/a", tokenURL: "https://crm.com/t", scopes: ["read", "base"] },
  });

  test("carries the scopes of the pack and its own, once each and sorted", () => {
    const definition = packDefinition("crm", oauth, formula("Read", { extraOAuthScopes: ["admin", "read"] }));
    expect(compile(undefined, definition)[0]?.scopes).toEqual(["admin", "base", "read"]);
  });

  test("carries its parameters without what is only for people", () => {
    const parameters = [{ name: "project", type: "String" as const, optional: true, description: "for people" }];
    const definition = packDefinition("crm", formula("Read", { parameters }));
    expect(compile(undefined, definition)[0]?.parameters).toEqual([
      { name: "project", type: "String", optional: true },
    ]);
  });

  test("carries the rules of its entry, sorted by name", () => {
    const rules = [rule, { name: "account", rule: { prefix: "https://crm.com/" } }];
    const [read] = compile({ formulas: [{ name: "Read", parameters: rules }] }, packDefinition("crm", formula("Read")));
    expect(read?.rules?.map(({ name }) => name)).toEqual(["account", "project"]);
  });

  test("carries the rules of its table's entry for updates too", () => {
    const directives: Directives = {
      syncTables: [
        { name: "Notes", update: "Allow", parameters: [rule], dynamicURL: { prefix: "https://crm.com/a/" } },
      ],
    };
    const tables = compile(directives).filter(({ name }) => name === "Notes");
    expect(tables.map((it) => [it.kind, it.rules, it.dynamicURL])).toEqual([
      ["SyncTable", [rule], { prefix: "https://crm.com/a/" }],
      ["SyncTableUpdate", [rule], { prefix: "https://crm.com/a/" }],
    ]);
  });

  test("says whether it is a dynamic table, for reading and for updates", () => {
    const tables = packDefinition(
      "crm",
      syncTable("Fixed", { dynamic: false }),
      syncTable("Open", { dynamic: true, writable: true }),
      formula("Read"),
    );
    expect(compile(undefined, tables).map((it) => [shortName(it), it.dynamic])).toEqual([
      ["Read", undefined],
      ["Fixed", undefined],
      ["Open", true],
      ["Open!", true],
    ]);
  });

  test("has the values of its rules in one order", () => {
    const restricted = packDefinition("crm", formula("Read"), syncTable("Deals", { dynamic: true }));
    const by = (...values: readonly string[]) =>
      compile(
        {
          formulas: [{ name: "Read", parameters: [{ name: "project", rule: { values } }] }],
          syncTables: [{ name: "Deals", dynamicURL: { values } }],
        },
        restricted,
      );
    expect(by("B", "A")).toEqual(by("A", "B"));
    expect(by("B", "A")[0]?.rules?.[0]?.rule.values).toEqual(["A", "B"]);
  });

  test("is an action if the definition says so, and if it updates a table", () => {
    expect(
      compile()
        .filter((it) => it.action)
        .map(shortName),
    ).toEqual(["Send", "Notes!"]);
  });

  test("stands at the same place whatever the order of the definition is", () => {
    const { formulas = [], syncTables = [] } = CRM.spec;
    const turned = definedBy({ formulas: formulas.toReversed(), syncTables: syncTables.toReversed() });
    expect(compile(undefined, changed(CRM, turned))).toEqual(compile());
  });
});
