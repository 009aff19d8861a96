/** What one document may be. Bytes are UTF-8; depth counts nested maps and lists; tasks count those inside groups too. */
export interface DocumentLimits {
  readonly maxBytes: number;
  readonly maxDepth: number;
  readonly maxTasks: number;
  /** Uses of YAML aliases (`*name`). */
  readonly maxAliases: number;
  /** Values that all aliases together may stand for. */
  readonly maxAliasedValues: number;
  readonly maxProblems: number;
}

export const DOCUMENT_LIMITS: DocumentLimits = {
  maxBytes: 256 * 1024,
  maxDepth: 32,
  maxTasks: 1_000,
  maxAliases: 50,
  maxAliasedValues: 5_000,
  maxProblems: 100,
};
