/** Where the services for tests answer: those of `lib/testing/services.ts`, or the ones that `TEST_…` variables name. */
export interface TestServices {
  databaseUrl: string;
  redisUrl: string;
  ldap: {
    url: string;
    bindDn: string;
    bindPassword: string;
    userBase: string;
    groupBase: string;
    /** May add, change and remove entries. */
    adminDn: string;
    adminPassword: string;
  };
}

/** The services of this test run. */
export function testServices(): TestServices {
  return {
    databaseUrl: given("TEST_DATABASE_URL"),
    redisUrl: given("TEST_REDIS_URL"),
    ldap: {
      url: given("TEST_LDAP_URL"),
      bindDn: given("TEST_LDAP_BIND_DN"),
      bindPassword: given("TEST_LDAP_BIND_PASSWORD"),
      userBase: given("TEST_LDAP_USER_BASE"),
      groupBase: given("TEST_LDAP_GROUP_BASE"),
      adminDn: given("TEST_LDAP_ADMIN_DN"),
      adminPassword: given("TEST_LDAP_ADMIN_PASSWORD"),
    },
  };
}

function given(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(
      `${name} is not set. Run the test through vitest, whose global setup starts the services and sets it.`,
    );
  return value;
}
