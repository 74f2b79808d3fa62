import { redirect } from "next/navigation";
import { sameOriginPath } from "@/lib/auth/redirect.ts";
import { contextFromCookies, server } from "@/lib/server.ts";
import { LoginForm } from "./_components/login-form.tsx";

export const metadata = { title: "Sign in" };

export default async function LoginPage(props: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { callbackUrl, error } = await props.searchParams;
  const next = sameOriginPath(callbackUrl ?? "/", server().env.BASE_URL);
  if (await signedIn()) redirect(next);
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center justify-center gap-2.5">
          {/* biome-ignore lint/performance/noImgElement: a small drawing of our own, needing no optimizer */}
          <img src="/icon.svg" alt="" width={32} height={32} />
          <p className="font-semibold text-xl tracking-tight">Self-Serve</p>
        </div>
        <div className="card px-6 py-6">
          <h1 className="mb-1">Sign in</h1>
          <p className="mb-5 text-ink-2 text-sm">See, cancel, retrigger and raise the jobs of your pushes.</p>
          <LoginForm next={next} fault={typeof error === "string" ? error : null} />
        </div>
        <noscript>
          <p className="mt-4 text-center text-ink-2 text-sm">
            Signing in needs JavaScript, which is off in this browser.
          </p>
        </noscript>
      </div>
    </main>
  );
}

async function signedIn(): Promise<boolean> {
  try {
    await contextFromCookies();
    return true;
  } catch {
    return false; // nobody is, or nobody can say: the form tells when it is used
  }
}
