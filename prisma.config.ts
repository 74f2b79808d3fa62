import { defineConfig } from "prisma/config";

// Commands that need no database (generate, diff of two schemas) work without DATABASE_URL.
const url = process.env.DATABASE_URL;

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  ...(url && { datasource: { url } }),
});
