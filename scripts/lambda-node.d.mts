export function lambdaNode(): string;
export function prepareLambdaNode(options: { readonly say: (line: string) => void }): {
  readonly ready: boolean;
  readonly missing: readonly string[];
  readonly advice: string;
};
