/** A revision by its first digits, in full as its title. */
export function Revision({ revision }: { revision: string }) {
  return (
    <code title={revision} className="font-mono text-[0.92em] text-ink-2">
      {revision.slice(0, 10)}
    </code>
  );
}
