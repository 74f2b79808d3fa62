/** What `--help` prints. */
export const HELP = `Usage: node lib/worker/main.ts [options]

Claims jobs of its pools from a Self-Serve server and runs them. Every option can be given by its variable instead.

  --server URL        SELFSERVE_SERVER      address of the server (http://127.0.0.1:3000)
  --name NAME         SELFSERVE_WORKER      name of this worker, unique in the deployment (the host's name)
  --pools A,B         SELFSERVE_POOLS       pools to serve
  --token-file FILE   SELFSERVE_TOKEN_FILE  registration token of the pools, or lines of the form POOL=TOKEN
                      SELFSERVE_TOKEN       the same as text; there is no flag, because others can read a command line
  --slots N           SELFSERVE_SLOTS       runs at the same time, 1 to 256 (half of the processors)
  --work-dir DIR      SELFSERVE_WORK_DIR    object stores, cache and checkouts; one agent each (./worker)
  --run-as USER       SELFSERVE_RUN_AS      user that steps run as, by name or UID:GID; needs an agent run by root (the agent's own)
  --wrapper COMMAND   SELFSERVE_WRAPPER     command that starts each step, such as a sandbox; {dir} is the run's directory
  --step-path PATH    SELFSERVE_STEP_PATH   PATH of the steps (the agent's own)
  --speed N           SELFSERVE_SPEED       how fast this machine is, 1 is ordinary (1)
  --cache-bytes N     SELFSERVE_CACHE_BYTES bound of the cache of needed artifacts (5368709120)
  --help
`;
