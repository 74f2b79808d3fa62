import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";

const DOCUMENTS = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "docs/configuration.md",
  "docs/production/README.md",
];
/** A word in backticks that starts like this, or is a file at the top, is meant as a path. */
const PATH_START = /^(app|lib|scripts|prisma|e2e|bench|docs|public|demo|\.ci)\//;
const TOP_FILE = /^[\w.-]+\.(md|mjs|ts|json|prisma)$/;

/** Complaints about files and folders that the documents name and that do not exist. */
export function checkDocuments(root: string): string[] {
  return DOCUMENTS.flatMap((document) => {
    const file = path.join(root, document);
    if (!existsSync(file)) return [`${document} does not exist.`];
    const text = readFileSync(file, "utf8");
    const missing = [...namedPaths(text), ...linkedPaths(text, path.dirname(document))].filter(
      (name) => !exists(root, name),
    );
    return [...new Set(missing)].map((name) => `${document} names ${name}, which does not exist.`);
  });
}

function namedPaths(text: string): string[] {
  const words = [...text.matchAll(/`([^`\s]+)`/g)].map(([, word = ""]) => word);
  return words
    .filter((word) => PATH_START.test(word) || TOP_FILE.test(word))
    .filter((word) => !/[<>…$]|\.\.\./.test(word));
}

function linkedPaths(text: string, folder: string): string[] {
  const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link)).map((link) => path.join(folder, link));
}

/** Braces and stars mean some file of that shape. Brackets and parentheses are Next's own. */
function exists(root: string, name: string): boolean {
  if (!/[{*]/.test(name)) return existsSync(path.join(root, name));
  return globSync(name.replaceAll(/[[\]()]/g, "\\$&"), { cwd: root }).length > 0;
}
