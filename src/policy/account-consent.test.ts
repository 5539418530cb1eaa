import { describe, expect, test } from "vitest";
import { agreeing, connectedBy, consentingTo, inEffect, knownAs, packAccount } from "../../test/gen/accounts.ts";
import { authenticatedBy, packDefinition, reaching } from "../../test/gen/objects.ts";
import { askedHosts, boundHosts, consentOf, declaredHosts, missingHosts } from "./account-consent.ts";

const bearer = (networkDomains?: readonly string[]) =>
  authenticatedBy({ type: "HeaderBearerToken", ...(networkDomains === undefined ? {} : { networkDomains }) });

describe("the hosts that a pack asks for", () => {
  test("are none without an authentication", () => {
    expect(declaredHosts(packDefinition("crm", reaching("a.com")))).toEqual([]);
    const odd = authenticatedBy({ type: "None", networkDomains: ["a.com"] });
    expect(declaredHosts(packDefinition("crm", reaching("a.com"), odd))).toEqual([]);
  });

  test("are those of the authentication, or all that the pack declares", () => {
    expect(declaredHosts(packDefinition("crm", reaching("a.com", "b.com"), bearer()))).toEqual(["a.com", "b.com"]);
    expect(declaredHosts(packDefinition("crm", reaching("a.com", "b.com"), bearer(["b.com"])))).toEqual(["b.com"]);
    const { networkDomains: _, ...spec } = packDefinition("crm", bearer()).spec;
    expect(declaredHosts({ ...packDefinition("crm"), spec })).toEqual([]);
  });

  test("are asked for while they are in effect and nothing is withheld, sorted", () => {
    const definition = packDefinition("crm", reaching("c.com", "b.com", "a.com"), bearer());
    const facts = { ...inEffect("a.com", "b.com", "c.com"), withheldFrom: ["b.com"] };
    expect(askedHosts(definition, facts)).toEqual(["a.com", "c.com"]);
    expect(askedHosts(definition, inEffect("b.com"))).toEqual(["b.com"]);
  });
});

describe("the hosts that a credential may go to", () => {
  test("are those that the owner agreed to and the pack still asks for", () => {
    const account = packAccount("mine", consentingTo("b.com", "gone.com"));
    expect(boundHosts(account, ["a.com", "b.com"])).toEqual(["b.com"]);
    expect(missingHosts(account, ["a.com", "b.com"])).toEqual(["a.com"]);
  });

  test("are none while nothing is written down", () => {
    for (const account of [packAccount("mine"), packAccount("mine", knownAs({ conditions: [] }))]) {
      expect(boundHosts(account, ["a.com"])).toEqual([]);
      expect(missingHosts(account, ["a.com"])).toEqual(["a.com"]);
    }
  });

  test("shrink to the account's own server where they cover it, each once and sorted", () => {
    const account = packAccount(
      "mine",
      consentingTo("crm.com", "eu.crm.com", "a.com", "z.com"),
      connectedBy({ endpointURL: "https://me.eu.crm.com/v1" }),
    );
    expect(boundHosts(account, ["z.com", "crm.com", "eu.crm.com", "a.com"])).toEqual([
      "a.com",
      "me.eu.crm.com",
      "z.com",
    ]);
  });
});

describe("a word of the owner", () => {
  const shown = (mark: string | undefined, handled?: string) =>
    consentOf(
      packAccount(
        "mine",
        consentingTo("a.com"),
        knownAs({ missingDomains: ["b.com"], ...(handled === undefined ? {} : { lastHandledConsentAt: handled }) }),
        ...(mark === undefined ? [] : [agreeing(mark)]),
      ),
      ["a.com", "b.com"],
      true,
    );
  const agreed = (mark: string) => ({ domains: ["a.com", "b.com"], missing: [], handled: mark });
  const silent = (handled?: string) => ({ domains: ["a.com"], missing: ["b.com"], handled });

  test("is one with a new value", () => {
    expect(shown("1")).toEqual(agreed("1"));
    expect(shown("2", "1")).toEqual(agreed("2"));
  });

  test("is none with the value that was acted on, without a value, or once it is taken away", () => {
    expect(shown("1", "1")).toEqual(silent("1"));
    expect(shown("")).toEqual(silent());
    expect(shown("", "1")).toEqual(silent("1"));
    expect(shown(undefined)).toEqual(silent());
    expect(shown(undefined, "1")).toEqual(silent("1"));
  });
});
