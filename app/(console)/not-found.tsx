import Link from "next/link";

export default function NotHere() {
  return (
    <div className="card grid justify-items-center gap-2 px-6 py-16 text-center">
      <h1>There is nothing at this address</h1>
      <p className="text-ink-2">
        It may be mistyped, or the job, push, branch or pool that it names does not exist.{" "}
        <Link href="/branches" className="link">
          See all branches
        </Link>
        .
      </p>
    </div>
  );
}
