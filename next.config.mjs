/** @type {import("next").NextConfig} */
export default {
  // Tests build beside the product: scripts/start/build.ts names the folder.
  distDir: process.env.NEXT_DIST_DIR ?? ".next",
  poweredByHeader: false,
  reactStrictMode: true,
  // No optimizer: /_next/image answers 404.
  images: { unoptimized: true },
  experimental: { serverActions: { bodySizeLimit: "256kb" } },
  // `npm run verify` checks types, with the same compiler and in a tenth of the time.
  typescript: { ignoreBuildErrors: true },
  // Read from disk at run time, so a bundler cannot see them.
  outputFileTracingIncludes: { "/*": ["./lib/scheduler/queue/lua/*.lua"] },
  serverExternalPackages: ["@prisma/adapter-pg", "ioredis", "ldapts", "pg", "pino", "prom-client"],
};
