import { commandQueries } from "@/app/_queries/commands.ts";
import { idParameter } from "@/app/(console)/_components/id-parameter.ts";
import { Prefetched } from "@/app/(console)/_components/prefetched.tsx";
import { getCommand } from "@/lib/scheduler/get-command.ts";
import { CommandView } from "./_components/command-view.tsx";

interface CommandPageProps {
  params: Promise<{ commandId: string }>;
}

export async function generateMetadata({ params }: CommandPageProps) {
  return { title: `Command ${(await params).commandId}` };
}

export default async function CommandPage({ params }: CommandPageProps) {
  const commandId = idParameter((await params).commandId);
  return (
    <Prefetched
      read={(queries, ctx) =>
        queries.fetchInfiniteQuery({
          ...commandQueries.items(commandId, undefined),
          queryFn: () => getCommand(ctx, { commandId, limit: commandQueries.pageSize }),
        })
      }
    >
      <CommandView commandId={commandId} />
    </Prefetched>
  );
}
