import Link from "next/link";
import { EmptyState } from "@/app/_components/ui/states.tsx";
import type { PushFilter } from "@/app/_queries/keys.ts";

/** What to do when a list of pushes is empty. */
export function NoPushes({ filter }: { filter: PushFilter }) {
  if (filter.owner === "me") {
    return (
      <EmptyState title="You have no pushes here yet">
        <p>
          Push to a watched branch, and it appears here within seconds. A push counts as yours when the hook names you,
          or when the commit's author has your mail address.
        </p>
        <p className="mt-2">
          <Link href="/pushes" className="link">
            See everybody's pushes
          </Link>
        </p>
      </EmptyState>
    );
  }
  if (filter.owner !== undefined || filter.branch !== undefined) {
    return (
      <EmptyState title="No push fits">
        <Link href="/pushes" className="link">
          See everybody's pushes to all branches
        </Link>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No pushes yet">
      Add a repository with its branches to <code className="font-mono">selfserve.yml</code>, and push to one of them.
      The file is read again as soon as it is saved.
    </EmptyState>
  );
}
