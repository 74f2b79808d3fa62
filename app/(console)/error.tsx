"use client";

import { ErrorState } from "../_components/ui/states.tsx";

export default function ConsoleError({ retry }: { error: unknown; retry: () => void }) {
  const sentence = "This page could not be read just now. The jobs themselves are not affected. Try again shortly.";
  return (
    <div className="card">
      <h1 className="sr-only">The page could not be read</h1>
      <ErrorState error={new Error(sentence)} retry={retry} />
    </div>
  );
}
