import Link from "next/link";
import { EmptyState } from "../_components/ui/states.tsx";

export default function NotHere() {
  return (
    <div className="card">
      <EmptyState title="There is no such page">
        The address may be mistyped, or what it named does not exist.{" "}
        <Link href="/branches" className="link">
          See all branches
        </Link>
        .
      </EmptyState>
    </div>
  );
}
