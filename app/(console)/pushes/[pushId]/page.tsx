import { pushQueries } from "@/app/_queries/pushes.ts";
import { idParameter } from "@/app/(console)/_components/id-parameter.ts";
import { Prefetched } from "@/app/(console)/_components/prefetched.tsx";
import { getPush } from "@/lib/scheduler/get-push.ts";
import { PushView } from "./_components/push-view.tsx";

interface PushPageProps {
  params: Promise<{ pushId: string }>;
}

export async function generateMetadata({ params }: PushPageProps) {
  return { title: `Push ${(await params).pushId}` };
}

export default async function PushPage({ params }: PushPageProps) {
  const pushId = idParameter((await params).pushId);
  return (
    <Prefetched
      read={(queries, ctx) =>
        queries.fetchQuery({ ...pushQueries.one(pushId), queryFn: () => getPush(ctx, { pushId }) })
      }
    >
      <PushView pushId={pushId} />
    </Prefetched>
  );
}
