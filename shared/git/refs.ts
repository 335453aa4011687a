/** Full ref name (`refs/heads/main`) → oid (40 hex digits). Heads and tags only: what CodeCommit's API and events know. */
export type RefMap = ReadonlyMap<string, string>
