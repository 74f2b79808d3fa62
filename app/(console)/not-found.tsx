import Link from "next/link";

export default function NotHere() {
  return (
    <div className="card grid justify-items-center gap-2 px-6 py-16 text-center">
      <h1>There is no such page</h1>
      <p className="text-ink-2">
        The address may be mistyped, or what it named does not exist.{" "}
        <Link href="/branches" className="link">
          See all branches
        </Link>
        .
      </p>
    </div>
  );
}
