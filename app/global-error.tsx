"use client";

import "./globals.css";

export default function GlobalError({ retry }: { error: unknown; retry: () => void }) {
  return (
    <html lang="en">
      <body>
        <title>Self-Serve</title>
        <main className="mx-auto grid min-h-dvh max-w-prose content-center justify-items-center gap-3 px-6 text-center">
          <h1>Something went wrong on our side</h1>
          <p className="text-ink-2">The jobs themselves are not affected.</p>
          <button type="button" onClick={() => retry()} className="rounded-md bg-accent px-3 py-1.5 text-on-accent">
            Try again
          </button>
        </main>
      </body>
    </html>
  );
}
