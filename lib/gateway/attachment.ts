/** Content-Disposition for a file that is saved, never opened in place. The name may be anything; what is sent is a safe form of it. */
export function attachment(name: string): string {
  const clean = name
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\\/:*?"<>|]/gu, "_")
    .replace(/^\.+/, "_")
    .slice(0, 150)
    .toWellFormed();
  const plain = clean.replace(/[^A-Za-z0-9 ._-]/g, "_");
  const encoded = encodeURIComponent(clean).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
