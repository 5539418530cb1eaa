/** What people read about the building blocks of a pack, in one line each. */
import type { Formula, Parameter, SyncTable, ValueType } from "../../api/v1alpha1/index.ts";
import { elementOf } from "../../policy/value-types.ts";

const sentence = (facts: readonly (string | false | undefined)[], description: string | undefined): string => {
  const said = facts.filter((fact) => typeof fact === "string").join(", ");
  return description === undefined || description === "" ? `${said}.` : `${said}. ${description}`;
};

const accountFact = (connection: Formula["connection"]): string | undefined =>
  connection === "Required" ? "needs an account" : connection === "Optional" ? "may use an account" : undefined;

const scopesFact = (scopes: readonly string[] | undefined): string | undefined =>
  scopes === undefined || scopes.length === 0 ? undefined : `needs ${scopes.join(" ")}`;

export const aboutFormula = ({ action, connection, extraOAuthScopes, description }: Formula): string =>
  sentence([action === true ? "Action" : "Fetch", accountFact(connection), scopesFact(extraOAuthScopes)], description);

export const aboutTable = ({ dynamic, writable, connection, extraOAuthScopes, description }: SyncTable): string =>
  sentence(
    [
      dynamic === true ? "Dynamic sync table" : "Sync table",
      writable === true && "rows can be changed",
      accountFact(connection),
      scopesFact(extraOAuthScopes),
    ],
    description,
  );

export const aboutParameter = ({ type, optional, variadic, description }: Parameter): string =>
  sentence(
    [type, optional === true ? "optional" : "required", variadic === true && "may be given several times"],
    description,
  );

/** The fields of a rule that can admit a value of this type. */
export const ruleFieldsOf = (type: ValueType): readonly string[] => {
  switch (elementOf(type).type) {
    case "Number":
      return ["values", "pattern", "minimum", "maximum"];
    case "Boolean":
      return ["values", "pattern"];
    default:
      return ["values", "pattern", "prefix"];
  }
};
