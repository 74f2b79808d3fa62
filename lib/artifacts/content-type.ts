import path from "node:path";

/** Kinds of files that do nothing when they are opened. Whatever could run something is offered as plain bytes. */
const TYPES: Readonly<Record<string, string>> = {
  ".txt": "text/plain; charset=utf-8",
  ".log": "text/plain; charset=utf-8",
  ".md": "text/plain; charset=utf-8",
  ".json": "application/json",
  ".zip": "application/zip",
  ".gz": "application/gzip",
  ".tgz": "application/gzip",
  ".bz2": "application/x-bzip2",
  ".xz": "application/x-xz",
  ".zst": "application/zstd",
  ".tar": "application/x-tar",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
};

/** The content type of an artifact, by the end of its name. */
export function contentTypeOf(name: string): string {
  return TYPES[path.posix.extname(name).toLowerCase()] ?? "application/octet-stream";
}
