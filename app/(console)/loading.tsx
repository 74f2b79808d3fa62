import { Skeleton, SkeletonRows } from "../_components/ui/states.tsx";

export default function Loading() {
  return (
    <>
      <h1 className="sr-only">Loading</h1>
      <Skeleton className="mb-5 h-7 w-48" />
      <div className="card">
        <SkeletonRows />
      </div>
    </>
  );
}
