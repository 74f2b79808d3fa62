import { Until } from "@/app/_components/time/times.tsx";
import type { Accuracy, Forecast, JobExplanation } from "@/lib/contracts/explanation.ts";

/** When it will start and end, and how good such forecasts have been. */
export function Estimate({ explanation }: { explanation: JobExplanation }) {
  const { start, finish, noEstimate, accuracy, blockers } = explanation;
  if (start === null && finish === null) {
    const said = noEstimate === null || blockers.some(({ sentence }) => sentence === noEstimate);
    return said ? null : <p className="text-ink-2">{noEstimate}</p>;
  }
  return (
    <div className="grid gap-1">
      <dl className="grid grid-cols-[auto_auto_minmax(0,1fr)] items-baseline gap-x-4 gap-y-1">
        {start && <Row name="Starts" forecast={start} />}
        {finish && <Row name="Ends" forecast={finish} />}
      </dl>
      <p className="text-ink-3 text-xs">{accuracySentence(accuracy)}</p>
    </div>
  );
}

function Row({ name, forecast: { p50, p90 } }: { name: string; forecast: Forecast }) {
  return (
    <>
      <dt className="text-ink-2">{name}</dt>
      <dd className="font-medium text-base tabular-nums">
        <Until at={p50} />
      </dd>
      <dd className="text-ink-3">
        nine times in ten not later than <Until at={p90} />
      </dd>
    </>
  );
}

/** What the last seven days say about such forecasts. */
export function accuracySentence({ compared, byP50, byP90, medianErrorSeconds }: Accuracy): string {
  if (byP50 === null || byP90 === null || medianErrorSeconds === null) {
    return "Too few forecasts of the last seven days have come to pass to say how good they are.";
  }
  const share = (value: number) => `${Math.round(value * 100)} %`;
  return (
    `Of ${compared.toLocaleString("en")} forecasts of the last seven days, ${share(byP50)} had started by the first time ` +
    `and ${share(byP90)} by the second; half were off by less than ${Math.round(medianErrorSeconds)} s.`
  );
}
