import Link from "next/link";

export default function NotFound() {
  return (
    <main className="mx-auto grid min-h-dvh max-w-prose content-center gap-3 px-6 text-center">
      <h1>There is nothing at this address</h1>
      <p className="text-ink-2">
        The address may be mistyped.{" "}
        <Link href="/" className="link">
          Go to your pushes
        </Link>
        .
      </p>
    </main>
  );
}
