import { type Document, isNode, isScalar, visit } from "yaml";

/** Aliases that a file may use, and that one value may stand for. */
export const MAX_ALIASES = 100;
/** How deep lists and sections may stand in each other. */
export const MAX_DEPTH = 50;

/** Something wrong with the structure of a document, before anybody asks what it means. */
export interface Fault {
  offset: number;
  key: string;
  message: string;
}

/** Repeated keys, too many aliases, too much depth; in linear time, whatever the document is. */
export function structuralFaults(document: Document): Fault[] {
  const faults: Fault[] = [];
  const fault = (node: unknown, message: string, key = "") => faults.push({ offset: startOf(node) ?? 0, key, message });
  let aliases = 0;
  visit(document, {
    Alias: (_key, node, ancestors) => {
      aliases += 1;
      if (aliases <= MAX_ALIASES) {
        const anchor = node.resolve(document);
        if (!anchor) fault(node, `Nothing before this place has the anchor &${node.source}.`);
        else if (ancestors.includes(anchor))
          fault(node, `The alias *${node.source} stands inside of what it stands for.`);
        return undefined;
      }
      fault(node, `The file has more than ${MAX_ALIASES} aliases (*name); write the values out.`);
      return visit.BREAK;
    },
    Collection: (_key, node, ancestors) => {
      if (ancestors.length <= 2 * MAX_DEPTH) return undefined;
      fault(node, `The file is nested more than ${MAX_DEPTH} levels deep.`);
      return visit.BREAK;
    },
    Map: (_key, node) => {
      const seen = new Set<string>();
      for (const { key } of node.items) {
        const text = keyText(key);
        if (seen.has(text)) fault(key, `The key ${text} stands here twice; keep one of them.`, text);
        seen.add(text);
      }
      return undefined;
    },
  });
  return faults;
}

/** Where a node begins in the text, or undefined for one that is not there. */
export function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Whether nothing is written after a key. */
export function isEmpty(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null && !node.source);
}

/** A key as text. */
export function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}
