const CONTROL_OR_DIRECTION = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const MAX_PARTS = 32;

/** Why the name cannot be an artifact's, or null: a relative path of ordinary parts, which any machine can store. */
export function refuseArtifactName(name: string): string | null {
  if (name === "" || Buffer.byteLength(name) > 1_024) return "must have 1 to 1,024 bytes";
  if (!name.isWellFormed()) return "must be valid text";
  if (CONTROL_OR_DIRECTION.test(name)) return "must not contain control or text-direction characters";
  if (/[\\:*?"<>|]/.test(name)) return 'must not contain \\ : * ? " < > or |';
  const parts = name.split("/");
  if (parts.length > MAX_PARTS) return `must have at most ${MAX_PARTS} parts`;
  for (const part of parts) {
    if (part === "") return "must be relative, with single slashes between its parts";
    if (part === "." || part === "..") return "must not contain . or .. as a part";
    if (Buffer.byteLength(part) > 255) return "must not have a part of more than 255 bytes";
    if (RESERVED.test(part)) return "must not have a part that is the name of a device on some systems";
    if (/[ .]$/.test(part)) return "must not have a part that ends with a space or a dot";
  }
  return null;
}
