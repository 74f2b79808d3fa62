import { notFound } from "next/navigation";
import { IdText } from "@/lib/contracts/id.ts";

/** The id in an address; anything else answers 404. */
export function idParameter(text: string): number {
  const id = IdText.safeParse(text);
  if (!id.success) notFound();
  return id.data;
}
