/** What a job inherits from its build: it differs from push to push and says nothing about what is to be done. */
const INHERITED: ReadonlySet<string> = new Set(["buildid"]);

type Properties = Readonly<Record<string, unknown>>;

/** Whether two jobs were given the same properties by their schedulers, apart from what each inherits from its build. JSON values only. */
export function sameProperties(a: Properties, b: Properties): boolean {
  return sameValue(ownOf(a), ownOf(b));
}

function ownOf(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !INHERITED.has(name)));
}

function sameValue(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameValue(a[name], b[name]))
  );
}

function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null;
}
